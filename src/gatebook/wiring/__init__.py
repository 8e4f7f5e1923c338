"""Wiring: the only place that builds adapters and hands them to procedures."""
