"""Scores of pictures and clips: boxes, masks, label maps, classes, answers, captions."""
