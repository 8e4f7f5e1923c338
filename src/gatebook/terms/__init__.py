"""Nouns that two verbs share. Nothing here acts; everything is frozen."""
