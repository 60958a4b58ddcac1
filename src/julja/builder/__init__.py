"""BenchBuilder: raw prompts -> clusters -> quality -> a benchmark."""
