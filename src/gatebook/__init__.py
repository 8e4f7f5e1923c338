"""Gatebook: the ledger a gatekeeper keeps for an infrastructure cloud."""

__version__ = "0.1.0"
