"""Models as judges: what they are asked, how their verdicts are read, what a score is made of.

Pure: a judged scorer makes questions and reads answers; the run asks (`julja.run.judging`).
"""
