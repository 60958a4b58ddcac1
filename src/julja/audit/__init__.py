"""Audits of the measuring itself: benchmarks, judges, and whether rankings agree."""
