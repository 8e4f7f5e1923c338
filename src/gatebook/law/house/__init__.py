"""House policy: what a provider asks of itself."""
