"""Screen: lists, and comparing a person with listed parties; why each candidate matched."""
