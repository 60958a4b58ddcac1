"""Benchmarks of vision-language models: a question about pictures, an answer as text."""
