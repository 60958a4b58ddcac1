"""Recomputes published numbers from recorded outputs; `python -m tests.fidelity` writes docs/fidelity.md."""
