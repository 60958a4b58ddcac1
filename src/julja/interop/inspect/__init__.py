"""Logs of inspect_ai: read (`.eval`, JSON) and written (JSON)."""
