"""The set handed over on a demand: what it holds, what it says of itself, and how a stranger tests it."""
