"""Sanctions administered by the Office of Foreign Assets Control (31 CFR chapter V)."""
