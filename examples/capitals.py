"""A benchmark in Python: `julja run examples/capitals.py -m llamacpp/smollm2`."""

from julja import Sample, Task, scorer, task
from julja.tasks.task import Form

ROWS = [
    {"country": "France", "capital": "Paris"},
    {"country": "Japan", "capital": "Tokyo"},
    {"country": "Kenya", "capital": "Nairobi"},
]


@scorer(metrics="acc")
def names_it():
    return lambda sample, response: sample.target[0].lower() in response.text.lower()


@task
def capitals() -> Task:
    return Task(
        name="capitals",
        rows=ROWS,
        sample=lambda row: Sample(row["country"], row["country"], (row["capital"],)),
        forms={"generate": Form(prompt="The capital of {{ input }} is", scorer=names_it())},
    )
