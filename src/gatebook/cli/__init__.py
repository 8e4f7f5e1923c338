"""The command-line shell: parse, call one procedure, render. It never prints what the API cannot return."""
