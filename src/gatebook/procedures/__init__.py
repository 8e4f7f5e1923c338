"""One file per thing the house does. A procedure owns the order of steps and the transactions."""
