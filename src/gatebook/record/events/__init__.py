"""Access events as their sources write them: every form read into one, and nothing dropped."""
