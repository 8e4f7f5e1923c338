"""Adapters for state: SQL databases, memory, files."""
