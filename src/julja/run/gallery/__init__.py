"""Gathers what a report shows of benchmarks of pictures: samples, worst first, and charts."""
