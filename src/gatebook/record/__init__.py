"""Record: the ledger of what happened, the vault of what is personal, and the one door between them."""
