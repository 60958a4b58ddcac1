"""A suite: tasks that are run together and summed up in one score."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suite:
    """A named list of tasks; its score is the plain mean of their primary metrics."""

    name: str
    tasks: Sequence[str]
    title: str = ""
    summary: str = ""
