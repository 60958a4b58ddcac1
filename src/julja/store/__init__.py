"""Records on disk: durable the moment they arrive."""
