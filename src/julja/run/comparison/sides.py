"""One run as a comparison reads it: its result by task, and its scores by leaf and sample."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

from julja.run.results import sample_value
from julja.store.rows import RunRow
from julja.store.sqlite import Store
from julja.types import Json, Metric, Sample, State

# The state and the values (as kept: JSON text) of each epoch of a sample.
Epochs: TypeAlias = tuple[tuple[State, str], ...]


@dataclass(frozen=True, slots=True)
class Side:
    """A run: its `tasks`, and the `results` of these and of their subsets, by name.

    `scores` are by leaf and sample: of all that have a record, answered or lost to an error.
    `sources` is the hash of each leaf's data.
    """

    store: Store
    row: RunRow
    result: Mapping[str, Any]
    tasks: tuple[str, ...]
    results: Mapping[str, Mapping[str, Any]]
    scores: Mapping[str, Mapping[str, Epochs]]
    sources: Mapping[str, str]
    _values: dict[str, Mapping[str, float]] = field(default_factory=dict)

    def leaves(self, task: str) -> list[str]:
        """The leaves of a task that have records."""
        return sorted(name for name in self.scores if _belongs(name, task))

    def epochs(self, leaf: str, sample: str) -> list[tuple[State, Mapping[str, float]]]:
        """The state and values of each epoch of a sample."""
        found = self.scores.get(leaf, {}).get(sample, ())
        return [(state, self._read(text)) for state, text in found]

    def values(self, metric: Metric, leaf: str) -> dict[str, float | None]:
        """Each sample's value of a metric, its epochs reduced; None where there is no score."""
        known: dict[str, float | None] = {}
        found: dict[str, float | None] = {}
        for sample, epochs in self.scores.get(leaf, {}).items():
            if len(epochs) == 1:
                # Few texts are distinct, so that few have to be reduced.
                text = epochs[0][1]
                if text not in known:
                    known[text] = sample_value(metric, [(epochs[0][0], self._read(text))])
                found[sample] = known[text]
            else:
                found[sample] = sample_value(metric, [(s, self._read(t)) for s, t in epochs])
        return found

    def missing(self, metric: Metric, leaf: str) -> dict[str, float]:
        """The share of its epochs that each sample with a score lacks, where it lacks any.

        Only for averaged epochs: of pass@k and votes it is not known what one more would change.
        """
        scores = self.scores.get(leaf, {})
        most = max(map(len, scores.values()), default=0)
        if most < 2 or metric.reduce is not None or metric.combine is not None:
            return {}
        found: dict[str, float] = {}
        for sample, epochs in scores.items():
            known = sum(metric.key in self._read(text) for _, text in epochs)
            if 0 < known < most:
                found[sample] = 1 - known / most
        return found

    def samples(self, leaf: str) -> Iterator[Sample]:
        """The samples of a leaf, whole."""
        if leaf in self.sources:
            yield from self.store.samples(self.sources[leaf])

    def tables(self, leaf: str) -> Mapping[str, list[Json]]:
        """What the pools of a leaf's metrics are made of, by sample: one for each epoch."""
        found: dict[str, list[Json]] = {}
        for sample, details in self.store.score_details(self.row.id, self.row.scoring, leaf):
            if "table" in details:
                found.setdefault(sample, []).append(details["table"])
        return found

    def clusters(self, leaf: str) -> Mapping[str, str]:
        """What the samples of a leaf share with others of it."""
        return self.store.clusters(self.sources[leaf]) if leaf in self.sources else {}

    def _read(self, text: str) -> Mapping[str, float]:
        if text not in self._values:
            self._values[text] = orjson.loads(text)
        return self._values[text]


def load_side(store: Store, row: RunRow) -> Side:
    """A run of the store with all that a comparison needs of it."""
    result = _result(store, row)
    scores: dict[str, dict[str, Epochs]] = {}
    # Samples with the same score share it: most of a hundred thousand have one of few.
    shared: dict[tuple[State, str], Epochs] = {}
    for task, sample, _, state, text in store.score_texts(row.id, row.scoring):
        leaf = scores.get(task)
        if leaf is None:
            leaf = scores[task] = {}
        one = (state, text)
        epochs = shared.get(one)
        if epochs is None:
            epochs = shared[one] = (one,)
        leaf[sample] = leaf[sample] + epochs if sample in leaf else epochs
    for task, sample in store.failed(row.id):
        leaf = scores.setdefault(task, {})
        leaf[sample] = (*leaf.get(sample, ()), ("error", "{}"))
    tasks = {part["task"]: part for part in result["results"]}
    subsets = (part for task in tasks.values() for part in task["subsets"] if "field" not in part)
    results = {part["task"]: part for part in subsets} | tasks
    return Side(store, row, result, tuple(tasks), results, scores, store.sources(row.id))


def _result(store: Store, row: RunRow) -> Mapping[str, Any]:
    """A run's result: the kept one, or one that is made from what a killed run left."""
    kept: Mapping[str, Any] | None = store.result(row.id)
    if kept is not None:
        return kept
    # The whole machinery of runs, which takes a while to import.
    from julja.run.execute import show_result

    return show_result(row, store)


def _belongs(leaf: str, task: str) -> bool:
    return leaf == task or leaf.startswith(f"{task}/")


def leaves_of(task: str, sides: Sequence[Side]) -> list[str]:
    """The leaves of a task in any of the runs."""
    return sorted({leaf for side in sides for leaf in side.leaves(task)})
