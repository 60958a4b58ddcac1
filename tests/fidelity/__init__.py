"""Recomputes published numbers from recorded outputs: `python -m tests.fidelity`."""
