"""Identify: which evidence is needed, and each claim tested against the evidence there is."""
