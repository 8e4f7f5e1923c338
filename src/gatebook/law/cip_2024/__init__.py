"""The proposal of 29 January 2024 (89 FR 5698): proposed, never final; its numbers are unconfirmed parameters."""
