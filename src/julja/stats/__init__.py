"""From scores to estimates: intervals, paired comparison, power. Pure functions."""
