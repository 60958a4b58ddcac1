"""Runs of given scores in a store, in any protocol: for tests of leaderboards."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from julja.config import RunConfig
from julja.stats.estimate import estimate, estimate_json
from julja.store.rows import Outcome
from julja.store.sqlite import Store
from julja.types import ErrorInfo, Message, Prompt, Request, Response, Sample, Score

LOST = ErrorInfo("ProviderError", "no answer")


class Shelf:
    """A store; runs are entered one after the other, the last is the newest."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "julja.db")
        self.count = 0

    def run(
        self,
        model: str,
        tasks: Mapping[str, Sequence[float | None]],
        *,
        form: str = "generate",
        shots: int = 0,
        version: int = 1,
        limit: int | None = None,
        temperature: float = 0.0,
        cost: float | None = None,
        cached: int = 0,
        energy: Mapping[str, Any] | None = None,
        clusters: int | None = None,
        status: str = "done",
    ) -> str:
        """Enter a run: a value for each sample of each task, None for a lost one."""
        self.count += 1
        run = f"run-{self.count:03d}"
        config = RunConfig(tasks=tuple(tasks), model=model).to_json()
        self.store.add_run(run, model, list(tasks), "", {"config": config})
        parts = []
        for task, values in tasks.items():
            for number, value in enumerate(values):
                shared = None if clusters is None else f"passage {number // clusters}"
                self._add(run, task, Sample(f"s{number}", "?", cluster=shared), value)
            words = f"{task}.{version}|form:{form}|shots:{shots}|temperature:{temperature}"
            words += f"|limit:{limit}" if limit else ""
            part = _part(task, values, clusters)
            part |= {"version": version, "form": form, "shots": shots}
            part |= {"signature": f"task:{words}|data:d0|model:{model}|hash:0"}
            part["usage"] |= {"cost_usd": cost, "cached_requests": cached}
            part["energy"] = energy
            parts.append(part)
        self.store.flush()
        complete = all(part["counts"]["error"] <= 0.01 * len(tasks) for part in parts)
        whole = {"run": run, "model": model, "signature": "", "complete": complete}
        self.store.set_result(run, {**whole, "results": parts, "suites": [], "seconds": 1.0})
        self.store.set_status(run, status)  # type: ignore[arg-type]
        return run

    def _add(self, run: str, task: str, sample: Sample, value: float | None) -> None:
        key = None if value is None else f"{run} {task} {sample.id}"
        error = LOST if value is None else None
        outcome = Outcome(run, task, sample.id, 0, f"data {task}", key=key, error=error)
        request = Request("generate", Prompt((Message("user", "?"),)))
        self.store.add(
            outcome,
            sample=sample,
            exchange=None if value is None else ("m", request, Response("!")),
            score=None if value is None else Score({"acc": value}),
        )


def _part(task: str, values: Sequence[float | None], clusters: int | None) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    groups = None if clusters is None else [n // clusters for n in range(len(known))]
    lost = len(values) - len(known)
    counts = {"total": len(values), "scored": len(known), "error": lost, "skipped": 0}
    return {
        "task": task,
        "counts": {"unparsed": 0, "refused": 0, "truncated": 0, **counts},
        "metrics": {"acc": estimate_json(estimate("acc", known, clusters=groups))},
        "subsets": [],
        "usage": {"requests": len(values), "input_tokens": 100, "output_tokens": 10},
        "seconds": 2.0,
    }


def marks(text: str) -> list[float | None]:
    """`1` right, `0` wrong, `x` lost."""
    return [{"1": 1.0, "0": 0.0, "x": None}[mark] for mark in text]
