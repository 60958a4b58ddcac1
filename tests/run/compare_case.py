"""Runs made of given scores, as the store keeps them: for tests of what compares runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from julja.config import RunConfig
from julja.run.comparison.sides import Side, load_side
from julja.store.rows import Outcome
from julja.store.sqlite import Store
from julja.types import ErrorInfo, Message, Prompt, Request, Response, Sample, Score

# A sample's value of the metric, one for each epoch, all values by name, or None for an error.
Given = float | Sequence[float] | Mapping[str, float] | None
LOST = ErrorInfo("ProviderError", "no answer")


class Shelf:
    """A store, and the runs that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "julja.db")

    def run(
        self,
        name: str,
        leaves: Mapping[str, Mapping[str, Given]],
        *,
        task: str | None = None,
        metric: str = "acc",
        clusters: Mapping[str, str] | None = None,
        samples: Mapping[str, Sample] | None = None,
        source: str = "data",
        suites: Sequence[Mapping[str, object]] = (),
        config: Mapping[str, object] | None = None,
        **result: object,
    ) -> Side:
        """A run of one task, or with leaves named task/subset of that task's subsets."""
        names = [task] if task else list(leaves)
        settings = RunConfig(tasks=tuple(names), model=f"test/{name}").to_json()
        kept = {"config": {**settings, **(config or {})}, "abilities": [], "identity": {}}
        self.store.add_run(name, f"test/{name}", names, "signature", kept)
        for leaf, scores in leaves.items():
            for sample, value in scores.items():
                made = (samples or {}).get(sample) or Sample(
                    sample, f"question {sample}", ("yes",), cluster=(clusters or {}).get(sample)
                )
                self._add(name, leaf, made, value, metric, f"{source} {leaf}")
        self.store.flush()
        parts = [_part(part, leaves, metric, **result) for part in names]
        for part in parts:
            if task:
                part["subsets"] = [
                    _part(leaf, {leaf: leaves[leaf]}, metric, **result)
                    for leaf in leaves
                    if leaf != task
                ]
        self.store.set_result(
            name,
            {
                "run": name,
                "model": f"test/{name}",
                "signature": "signature",
                "complete": True,
                "results": parts,
                "suites": list(suites),
                "seconds": 12.0,
            },
        )
        self.store.set_status(name, "done")
        return load_side(self.store, self.store.find_run(name))

    def _add(
        self, run: str, leaf: str, sample: Sample, value: Given, metric: str, source: str
    ) -> None:
        epochs = list(value) if isinstance(value, list | tuple) else [value]
        for epoch, one in enumerate(epochs):
            key = f"{run} {leaf} {sample.id} {epoch}"
            failed = one is None
            outcome = Outcome(
                run,
                leaf,
                sample.id,
                epoch,
                source,
                key=None if failed else key,
                error=LOST if failed else None,
            )
            if failed:
                self.store.add(outcome, sample=sample)
                continue
            values = one if isinstance(one, Mapping) else {metric: one}
            request = Request("generate", Prompt((Message("user", sample.input),)))
            said = f"{run} says {values}"
            self.store.add(
                outcome,
                sample=sample,
                exchange=("m", request, Response(said)),
                score=Score(values, "scored", said),
            )


def _part(
    name: str, leaves: Mapping[str, Mapping[str, Given]], metric: str, **result: object
) -> dict[str, object]:
    """A task's result, as far as comparisons read it."""
    given = [
        value
        for leaf, scores in leaves.items()
        if leaf == name or leaf.startswith(f"{name}/")
        for value in scores.values()
    ]
    lost = sum(value is None for value in given)
    numbers = [value for value in given if isinstance(value, float | int)]
    mean = sum(numbers) / len(numbers) if numbers else 0.0
    counts = {"total": len(given), "scored": len(given) - lost, "error": lost}
    return {
        "task": name,
        "version": 1,
        "form": "generate",
        "shots": 0,
        "counts": {"unparsed": 0, "refused": 0, "truncated": 0, "skipped": 0, **counts},
        "metrics": {metric: {"value": mean, "stderr": 0.05, "ci": None, "n": len(numbers)}},
        "subsets": [],
        "usage": {
            "requests": len(given),
            "input_tokens": 100,
            "output_tokens": 50,
            "cached_requests": 0,
            "cost_usd": 0.25,
        },
        "seconds": 6.0,
        **result,
    }


def scores(text: str) -> dict[str, Given]:
    """Samples s0, s1, …: `1` right, `0` wrong, `x` lost."""
    marks: dict[str, Given] = {"1": 1.0, "0": 0.0, "x": None}
    return {f"s{place}": marks[mark] for place, mark in enumerate(text)}
