"""Judges held against people: reading the tables, and each bias."""
