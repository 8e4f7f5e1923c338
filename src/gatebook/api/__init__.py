"""The HTTP shell: parse, call one procedure, render."""
