"""What julja serves over HTTP: the arena's API."""
