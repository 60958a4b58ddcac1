"""Truthfulness: questions that people answer wrongly out of a common belief."""
