"""Enters other tools' results into the store, as runs that all verbs read.

    done = import_logs([Path("results/")], store)
    done.runs, done.refused, done.left_out

What a file states is what the run shows. Where the samples are all there, the interval is computed
from them, and a stated value that they contradict is told; else it comes from the stated standard
error, under the method "imported". Records go to the store as they are read, so that a log of any
length is entered in little memory.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from julja import __version__
from julja.config import RunConfig
from julja.errors import DataError, ScoringError, StoreError
from julja.interop.detect import Found, Pending, Refused, find
from julja.interop.log import Item, Log, LogTask
from julja.interop.recorded import WEIGHTS, LogMetric
from julja.interop.stream import content_hash
from julja.run.execute import new_run_id
from julja.run.plan import Leaf, Plan, TaskPlan
from julja.run.recorded import complete
from julja.run.results import build_result
from julja.scoring.base import FunctionScorer
from julja.signature import digest, sign
from julja.store.rows import Outcome, RunRow
from julja.store.sqlite import Store
from julja.tasks.task import Form, Task
from julja.types import Json, Metric, Response, Row, Sample, Score

# So many records wait for the disk at most before reading goes on.
_BACKLOG = 20_000


@dataclass(frozen=True, slots=True)
class Imported:
    """One run that was imported; `is_new` is False where the store had it already."""

    run: str
    result: Mapping[str, Any]
    is_new: bool
    format: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What became of the files: runs, what was refused and why, what is of no known format."""

    runs: Sequence[Imported]
    refused: Sequence[Refused]
    left_out: Sequence[Path]

    def to_json(self) -> dict[str, Json]:
        """As `julja import --json` has it beside the results."""
        return {
            "runs": [
                {"run": one.run, "new": one.is_new, "format": one.format, "files": list(one.files)}
                for one in self.runs
            ],
            "refused": [asdict(one) for one in self.refused],
            "left_out": [str(path) for path in self.left_out],
        }


def import_logs(
    paths: Iterable[Path],
    store: Store,
    *,
    format: str | None = None,
    model: str | None = None,
    warn: Callable[[str], None] = lambda text: None,
) -> ImportSummary:
    """Enter every evaluation that these files and folders are part of.

    `format` names the format where it is not to be told from the content, `model` the model where
    the files don't. A damaged file among others is refused by name, and the rest goes on; it is an
    error where nothing else was asked for.
    """
    found: Found = find(paths, format)
    known = {
        row.config["imported"].get("content", row.id): row.id
        for row in store.runs()
        if "imported" in row.config
    }
    runs: list[Imported] = []
    refused = list(found.refused)
    for pending in found.logs:
        try:
            runs.append(_import(pending, store, known, model, warn))
        except DataError as error:
            refused.append(Refused(str(pending.place), str(error)))
    return ImportSummary(runs, refused, found.left_out)


def imported_metric(row: RunRow, task: str) -> Metric:
    """The primary metric of an imported run's task."""
    metrics = imported_metrics(row, task)
    if not metrics:
        raise StoreError(f"run {row.id} has no metric of {task}.")
    return metrics[0].metric


def imported_metrics(row: RunRow, task: str) -> list[LogMetric]:
    """Every metric of an imported run's task, as its files state them."""
    stored = row.config["imported"]["tasks"].get(task) or ()
    return [_metric_from(metric) for metric in stored]


def _metric_from(stored: Mapping[str, Any]) -> LogMetric:
    """A metric as the store keeps it: JSON has no infinity, which stands there as null."""
    low, high = stored["low"], stored["high"]
    ci = stored.get("ci")
    return LogMetric(
        **{
            **stored,
            "low": float("-inf") if low is None else low,
            "high": float("inf") if high is None else high,
            "ci": tuple(ci) if ci else None,
        }
    )


def _import(
    pending: Pending,
    store: Store,
    known: dict[str, str],
    model: str | None,
    warn: Callable[[str], None],
) -> Imported:
    log = pending.read()
    named = model or log.model or f"{pending.format}/unknown"
    hashes = [content_hash(path) for path in log.files]
    files = tuple(str(path.resolve()) for path in log.files)
    content = digest([named, sorted(hashes)])
    if content in known:
        kept = store.result(known[content])
        if kept is not None:
            return Imported(known[content], kept, False, pending.format, files)
    for text in log.warnings:
        warn(text)
    run = new_run_id()
    stored = _stored(log, named, pending.format, files)
    stored["imported"]["content"] = content
    signature = _signature(log, named, hashes)
    store.add_run(run, named, [task.name for task in log.tasks], signature, stored)
    try:
        result = _enter(log, store, run, named, signature, stored, warn)
    except BaseException:
        store.discard(run)
        raise
    known[content] = run
    return Imported(run, result, True, pending.format, files)


def _stored(log: Log, model: str, format: str, files: tuple[str, ...]) -> dict[str, Any]:
    config = RunConfig(tasks=tuple(task.name for task in log.tasks), model=model)
    return {
        "config": config.to_json(),
        "imported": {
            "from": log.tool,
            "format": format,
            "files": list(files),
            "about": dict(log.about),
            "about_tasks": {task.name: dict(task.about) for task in log.tasks if task.about},
            "tasks": {},
        },
        "abilities": [],
        "identity": {},
    }


def _enter(
    log: Log,
    store: Store,
    run: str,
    model: str,
    signature: str,
    stored: dict[str, Any],
    warn: Callable[[str], None],
) -> dict[str, Any]:
    """Write all records, then the result that they and the files' own numbers make."""
    log.left_out.clear()
    entered = []
    for task in log.tasks:
        leaf, ranged = _add_records(task, log.tool, store, run, model, warn)
        entered.append((replace(task, metrics=ranged), leaf))
    store.flush()
    lost = {what: count for what, count in log.left_out.items() if count}
    if lost:
        said = ", ".join(f"{count} {what}" for what, count in lost.items())
        warn(f"{log.files[0].name}: no place for {said}: left out")
    whole = replace(log, tasks=tuple(task for task, _ in entered))
    about = stored["imported"]
    about["tasks"] = {task.name: [_plain(m) for m in task.metrics] for task in whole.tasks}
    about["left_out"] = lost
    store.set_config(run, stored)
    store.set_status(run, "done" if log.complete else "interrupted", log.seconds)
    plan = Plan(
        RunConfig.from_json(stored["config"]),
        tuple(_task_plan(task, leaf, signature) for task, leaf in entered),
        signature,
    )
    result = build_result(store, run, plan, finished=log.complete)
    complete(result, whole, warn)
    result["imported"] = {key: about[key] for key in ("from", "files", "about", "left_out")}
    store.set_result(run, result)
    return result


def _plain(metric: LogMetric) -> dict[str, Json]:
    kept = asdict(metric)
    for end in ("low", "high"):
        if kept[end] in (float("inf"), float("-inf")):
            kept[end] = None
    return kept


def _signature(log: Log, model: str, hashes: Sequence[str]) -> str:
    """What tells this evaluation from any other: its files' content, and the model's name."""
    names = [task.name for task in log.tasks]
    parts: dict[str, Json]
    if len(names) == 1:
        (task,) = log.tasks
        version = "" if task.version is None else f".{task.version}"
        parts = {"task": task.name + version, "form": task.form, "shots": task.shots}
    else:
        more = f"+{len(names) - 6} more" if len(names) > 6 else ""
        parts = {"tasks": "+".join(names[:6]) + more}
    parts |= {"model": model, "imported": log.tool}
    return sign(parts, sorted(hashes), __version__)


def _task_plan(task: LogTask, leaf: Leaf, signature: str) -> TaskPlan:
    return TaskPlan(
        task.name, task.name, leaf.task, task.form, leaf.form, (leaf,), (), (), signature
    )


def _leaf(
    task: LogTask, source: str, samples: list[Sample], metrics: tuple[LogMetric, ...], epochs: int
) -> Leaf:
    """The leaf that such a task would have had, as far as its result needs one."""
    scorer = FunctionScorer("recorded", {}, tuple(m.metric for m in metrics), False, _refuse)
    form = Form(scorer=scorer, shots=task.shots or 0)
    made = Task(name=task.name, rows=(), sample=_no_row, forms={task.form: form})
    return Leaf(
        name=task.name,
        subset=None,
        task=made,
        kind=task.form,
        form=form,
        samples=samples,
        pool=(),
        shots=task.shots or 0,
        epochs=epochs,
        seed=0,
        source=source,
    )


def _refuse(sample: Sample, response: Response) -> Score:
    raise ScoringError(f"sample {sample.id!r} was scored where it was imported from.")


def _no_row(row: Row) -> Sample:
    raise ScoringError("an imported task has no rows.")


def _add_records(
    task: LogTask, tool: str, store: Store, run: str, model: str, warn: Callable[[str], None]
) -> tuple[Leaf, tuple[LogMetric, ...]]:
    """Write a task's records; its leaf (samples without their texts), its metrics with ranges."""
    source = digest([tool.partition(" ")[0], task.name, task.version, task.identity], 8)
    samples: dict[str, Sample] = {}
    seen: set[tuple[str, int]] = set()
    ranges: dict[str, tuple[float, float]] = {}
    again = 0
    for item in task.items:
        key = (item.sample.id, item.epoch)
        if key in seen:
            again += 1
            continue
        seen.add(key)
        if item.sample.id not in samples:
            samples[item.sample.id] = _slim(item.sample)
        for name, value in (item.score.values if item.score else {}).items():
            low, high = ranges.get(name, (value, value))
            ranges[name] = (min(low, value), max(high, value))
        _add(item, task, source, store, run, model)
    if again:
        warn(f"{task.name}: {again} records repeat a sample and are left out")
    metrics = tuple(_ranged(metric, ranges) for metric in task.metrics)
    epochs = max((epoch for _, epoch in seen), default=0) + 1
    return _leaf(task, source, list(samples.values()), metrics, epochs), metrics


def _slim(sample: Sample) -> Sample:
    """What estimates need of a sample: its id, its cluster, and what it weighs."""
    kept = {WEIGHTS: sample.fields[WEIGHTS]} if WEIGHTS in sample.fields else {}
    return Sample(sample.id, "", cluster=sample.cluster, fields=kept)


def _add(item: Item, task: LogTask, source: str, store: Store, run: str, model: str) -> None:
    key = digest([run, task.name, item.sample.id, item.epoch])
    asked = item.request is not None and item.response is not None
    usage = item.response.usage if item.response else None
    outcome = Outcome(
        run,
        task.name,
        item.sample.id,
        item.epoch,
        source,
        key=key if asked else None,
        error=item.error,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cost_usd=item.cost_usd,
        seconds=item.response.seconds if item.response else None,
    )
    exchange = (model, item.request, item.response) if item.request and item.response else None
    store.add(outcome, sample=item.sample, exchange=exchange, score=item.score)
    if store.backlog > _BACKLOG:
        store.flush()


def _ranged(metric: LogMetric, ranges: Mapping[str, tuple[float, float]]) -> LogMetric:
    """The metric with the range that its values are known to have: 0 to 1, or no limit."""
    if (metric.low, metric.high) != (0.0, 1.0):
        return metric
    values = [*ranges.get(metric.metric.key, ())]
    if metric.value is not None:
        values.append(metric.value)
    if all(0 <= value <= 1 for value in values):
        return metric
    low = 0.0 if min(values) >= 0 else float("-inf")
    return replace(metric, low=low, high=float("inf"))
