"""Open-ended answers that judges grade or compare."""
