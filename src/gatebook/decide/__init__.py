"""Decide: put facts to the clauses in force on a day; a determination with reasons."""
