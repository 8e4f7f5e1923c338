"""An independent verifier of Gatebook ledgers: standard library only, and nothing of Gatebook."""
