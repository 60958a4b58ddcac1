"""Leaderboards: models by benchmarks, from a store or from files, with ties instead of ranks."""
