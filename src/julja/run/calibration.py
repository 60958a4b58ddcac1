"""Calibration of a run's choices: the chance of the chosen one against whether it is right."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from julja.types import ChoiceLikelihood, Json, Record

# The metric whose answer is the likeliest choice, as the confidence is of that one.
_ACC = "acc"


class Watch:
    """Notes confidence and truth of records that pass by, task by task."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        self.tasks = [str(task["task"]) for task in result["results"]]
        self.seen: dict[str, tuple[list[float], list[float]]] = {}

    def watch(self, records: Iterable[Record]) -> Iterator[Record]:
        """Let records pass."""
        for record in records:
            self._note(record)
            yield record

    def _note(self, record: Record) -> None:
        if record.response is None or record.score is None or record.state != "scored":
            return
        right = record.score.values.get(_ACC)
        if right not in (0.0, 1.0):
            return
        share = confidence(record.response.choices)
        if share is None:
            return
        names = [t for t in self.tasks if record.task == t or record.task.startswith(f"{t}/")]
        task = max(names, key=len, default=record.task)
        sure, true = self.seen.setdefault(task, ([], []))
        sure.append(share)
        true.append(float(right))

    def found(self) -> list[dict[str, Json]]:
        """The calibration of each task that has enough of such answers."""
        import numpy as np

        from julja.stats.reliability import reliability

        made = []
        for task, (sure, true) in self.seen.items():
            item = reliability(np.array(sure), np.array(true))
            if item is not None:
                made.append({"task": task, **item.to_json()})
        return made


def confidence(choices: Iterable[ChoiceLikelihood]) -> float | None:
    """The share of the likeliest choice among all; None where there is no choice to be made.

    Of ranked choices the totals of their log-likelihoods count, of letters their probabilities.
    """
    values = [choice.loglikelihood for choice in choices]
    if len(values) < 2 or max(values) == -math.inf:
        return None
    best = max(values)
    return 1 / math.fsum(math.exp(value - best) for value in values)
