"""Reading: questions whose answer stands in a passage."""
