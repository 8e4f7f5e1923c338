"""State in the memory of this process, with the same promises except lasting."""
