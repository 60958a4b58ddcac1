"""What the writers of other tools' formats are given: one run, whole, with nothing confidential.

outgoing.result       the result object of `julja show --json`
outgoing.records()    every record with its sample, texts of confidential ones left out
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from julja.types import Decoding, Json, Metric, Record, Sample, Source


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One run on its way out.

    `metrics` are a task's by name, where its definition is known; `sources` its rows on the hub;
    `decoding` how its answers were sampled; all three by the task's name. `imported` is what the
    store keeps of a run that came from another tool, else None. `created` and `finished` are Unix
    times, `version` that of julja.
    """

    version: str
    run: str
    model: str
    created: float
    finished: float
    result: Mapping[str, Any]
    command: str
    metrics: Mapping[str, Mapping[str, Metric]]
    sources: Mapping[str, Source]
    decoding: Mapping[str, Decoding]
    records: Callable[[], Iterator[tuple[Record, Sample | None]]]
    settings: Mapping[str, Json] = field(default_factory=dict)
    imported: Mapping[str, Any] | None = None

    @property
    def parts(self) -> Iterator[Mapping[str, Any]]:
        """Each task's result and behind it those of its subsets."""
        for part in self.result["results"]:
            yield part
            yield from part["subsets"]

    def task_of(self, leaf: str) -> str:
        """The task that a leaf's records are part of."""
        names = [part["task"] for part in self.result["results"]]
        fitting = [name for name in names if leaf == name or leaf.startswith(f"{name}/")]
        return max(fitting, key=len, default=leaf)

    def metric(self, task: str, name: str, value: float | None = None) -> Metric:
        """A task's metric; of one that is not defined here, what its value tells of its range."""
        known = self.metrics.get(task) or self.metrics.get(self.task_of(task)) or {}
        if name in known:
            return known[name]
        if name.removesuffix("_macro") in known:
            return known[name.removesuffix("_macro")]
        share = value is None or 0 <= value <= 1
        return Metric(name) if share else Metric(name, low=-float("inf"), high=float("inf"))

    @property
    def tool(self) -> tuple[str, str]:
        """(name, version) of the program that measured."""
        if self.imported is None:
            return "julja", self.version
        name, _, version = str(self.imported["from"]).partition(" ")
        return name, version or "unknown"


def metric_range(metric: Metric) -> tuple[float, float]:
    """The lowest and highest value that a metric is reported with."""
    low, high = metric.low, metric.high
    if metric.transform is None:
        return low, high
    return tuple(  # type: ignore[return-value]
        metric.transform(end) if isfinite(end) else end for end in (low, high)
    )


def engine_and_name(model: str) -> tuple[str, str]:
    """(engine, the model's own name) of `hf/org/name`; ("", …) where the name has no engine."""
    engine, slash, name = model.partition("/")
    return (engine, name) if slash and engine in ENGINES else ("", model)


# Engines that run a model on this machine, with the library's own name.
ENGINES: Mapping[str, str] = {"hf": "transformers", "vllm": "vllm", "llamacpp": "llama.cpp"}
