"""From requests to responses: one file for each wire dialect or runtime, and the limiter."""
