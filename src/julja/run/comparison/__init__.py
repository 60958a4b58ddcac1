"""Comparison of runs over their tasks, the same samples paired.

sides (runs with their scores) -> what differs in how they were made -> pairs -> entries
(difference, test, what it would take) -> verdicts over the whole family -> one JSON object

`julja.run.compare` is the way in.
"""
