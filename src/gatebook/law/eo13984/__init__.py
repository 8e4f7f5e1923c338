"""Executive Order 13984 of 19 January 2021 (86 FR 6837)."""
