"""From a response to scores: extraction, match, choice, maths, code, instructions."""
