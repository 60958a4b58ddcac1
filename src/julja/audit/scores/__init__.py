"""Tables of scores, whatever file they are published in."""
