"""Lists: one file per published form, each from bytes to a list edition with every row accounted for."""
