"""What a report shows of benchmarks of pictures: thumbnails with what was drawn on them, charts."""
