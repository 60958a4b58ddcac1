"""Joins the stages: plan, schedule, resume, re-score."""
