"""Battles between models: the table of verdicts, matchmaking, votes and rating tables."""
