"""Benchmarks of vision: classification, detection, segmentation, video."""
