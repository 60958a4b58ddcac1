"""julja from Python: `evaluate` and `compare` give the same objects in a script and a notebook."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from julja.config import DEFAULT_STORE, RunConfig
from julja.models.engine import Engine
from julja.run.catalog import Resolved
from julja.run.execute import Done, start
from julja.store.sqlite import Store
from julja.tasks.spec import TaskSpec
from julja.tasks.task import Form, Task
from julja.types import Json, Record, Sample, Scorer

Data = str | Task | Sequence[str | Task] | Sequence[Mapping[str, Json]]


@dataclass(frozen=True)
class Result:
    """What a run found: prints as its table, indexes as its JSON object."""

    json: Mapping[str, Any]
    store: Path

    def __getitem__(self, key: str) -> Any:
        """A key of the result object."""
        return self.json[key]

    def __str__(self) -> str:
        """The score table as text."""
        from julja.report.table import run_text

        return run_text(self.json)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    @property
    def run(self) -> str:
        """The run's id."""
        return str(self.json["run"])

    @property
    def score(self) -> float | None:
        """The primary metric's value of the first task (or of the first suite)."""
        if self.json["suites"]:
            value = self.json["suites"][0]["score"]["value"]
        else:
            metrics = self.json["results"][0]["metrics"]
            value = next(iter(metrics.values()))["value"]
        return None if value is None else float(value)

    def records(self) -> Iterator[Record]:
        """Every record of the run."""
        store = Store(self.store)
        try:
            yield from store.records(self.run)
        finally:
            store.close()

    def failures(self) -> list[Record]:
        """Records that are not scored, or below the best value on their first metric."""
        from julja.report.samples import failed

        return [record for record in self.records() if failed(record)]

    def to_polars(self) -> Any:
        """One row for each record, as a polars DataFrame."""
        import polars

        rows = [
            {
                "task": record.task,
                "sample": record.sample,
                "epoch": record.epoch,
                "state": record.state,
                "response": record.response.text if record.response else None,
                "extracted": record.score.extracted if record.score else None,
                "target": list(record.target),
                **(record.score.values if record.score else {}),
            }
            for record in self.records()
        ]
        return polars.DataFrame(rows, infer_schema_length=None)

    def compare(self, other: "Result") -> Any:
        """Compare this run (B) with an earlier one (A): see `compare`."""
        return compare(other, self)


def evaluate(
    data: Data,
    model: str | Callable[[str], str] | Engine,
    *,
    score: Scorer | None = None,
    mirror: str | Path | None = None,
    store: str | Path = DEFAULT_STORE,
    **settings: Any,
) -> Result:
    """Measure a model on a task and return the result.

    `data` is what `julja run` takes (a name, a path, several of them), a `Task`, or a list of
    cases, dicts with `input` and `target`, which `score` (exact match when left out) scores.
    `model` is a name, an engine, or a function from prompt to answer. `mirror` is a folder of
    benchmark files (`--data`). `settings` are the other flags of `julja run`: limit, shots, epochs,
    seed, temperature, max_tokens, form ….
    """
    resolved, names = _resolve(data, score, trust=bool(settings.get("trust")))
    engine, name = _engine(model)
    config = RunConfig(
        tasks=tuple(names), model=name, data=str(mirror) if mirror else None, **settings
    )
    opened = Store(Path(store))
    try:
        done: Done = _wait(start(config, opened, resolved=resolved, engine=engine))
    finally:
        opened.close()
    return Result(done.result, opened.path)


def _resolve(
    data: Data, score: Scorer | None, *, trust: bool
) -> tuple[list[Resolved] | None, list[str]]:
    items: Sequence[Any] = [data] if isinstance(data, str | Task) else list(data)
    if items and isinstance(items[0], Mapping):
        items = [_task_of_cases(items, score)]
    if all(isinstance(item, str) for item in items):
        return None, list(items)
    from julja.run.catalog import resolve

    found: list[Resolved] = []
    for item in items:
        if isinstance(item, Task):
            found.append(Resolved(TaskSpec(item.name, item.name), item, None))
        else:
            found += resolve(item, trust=trust)
    return found, [item.task.name for item in found]


def _task_of_cases(cases: Sequence[Mapping[str, Json]], score: Scorer | None) -> Task:
    from julja.scoring.match import exact

    def sample(row: Mapping[str, Json]) -> Sample:
        target = row.get("target", ())
        targets = tuple(map(str, target)) if isinstance(target, list | tuple) else (str(target),)
        return Sample(str(row.get("id", "")), str(row["input"]), targets, fields=dict(row))

    return Task(
        name="cases",
        rows=list(cases),
        sample=sample,
        forms={"generate": Form(scorer=score or exact())},
    )


def _engine(model: str | Callable[[str], str] | Engine) -> tuple[Engine | None, str]:
    if isinstance(model, str):
        return None, model
    if callable(model):
        from julja.models.python import FunctionEngine

        engine: Engine = FunctionEngine.of(model)
        return engine, engine.name
    return model, model.name


def compare(
    first: "Result | str",
    second: "Result | str",
    *others: "Result | str",
    store: str | Path = DEFAULT_STORE,
    **options: Any,
) -> Any:
    """Compare runs with the first, paired by sample: difference, interval, p and verdict of each.

    A run is a `Result`, an id in `store`, or a file. `options` are those of `julja compare`:
    margin, adjust, all_pairs, tasks, metric, force ….
    """
    from contextlib import ExitStack

    from julja.run.compare import compare_sides
    from julja.run.comparison.named import open_sides
    from julja.run.comparison.options import Options

    with ExitStack() as stack:
        sides = []
        for run in (first, second, *others):
            name, place = (run.run, run.store) if isinstance(run, Result) else (run, Path(store))
            sides += stack.enter_context(open_sides([name], partial(Store, place)))
        return compare_sides(sides, Options(**options))


def _wait(coroutine: Any) -> Any:
    """Run a coroutine to its end, also where an event loop runs already (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    box: dict[str, Any] = {}

    def work() -> None:
        try:
            box["value"] = asyncio.run(coroutine)
        except BaseException as error:
            box["error"] = error

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if "error" in box:
        raise box["error"]
    return box["value"]
