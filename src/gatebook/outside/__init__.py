"""Adapters for the world: mail, text messages, webhooks, key files, list feeds, address files."""
