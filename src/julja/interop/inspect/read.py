"""An inspect log (`.eval` or JSON, EvalLog versions 1 and 2) -> `Log`.

Format: inspect_ai 0.3 (log/_log.py). A log holds one task; each scorer's metrics become metrics of
it, `stderr` the standard error of the mean beside it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from julja.errors import DataError
from julja.interop.inspect.files import read_header, read_samples
from julja.interop.inspect.samples import read_sample, to_number
from julja.interop.log import NO_ITEMS, Item, Items, Log, LogTask, Usage
from julja.interop.recorded import LogMetric
from julja.interop.stream import AGAIN
from julja.types import Decoding, Json

# The metrics that are the mean of the samples' values, and those that say how sure it is.
_MEANS = frozenset({"accuracy", "mean"})
_PACKAGE = "inspect_evals/"
_ERRORS = ("stderr", "bootstrap_stderr", "clustered_stderr")


def read_log(path: Path) -> Log:
    """Read one log."""
    header = read_header(path)
    spec = header.get("eval")
    if not isinstance(spec, Mapping) or not spec.get("task"):
        raise DataError(f'{path} is no log of inspect: its "eval" names no task.', hint=AGAIN)
    results = header.get("results") or {}
    settings = spec.get("config") or {}
    epochs = int(settings.get("epochs") or 1)
    own = spec.get("metadata") or {}
    metrics = _metrics(results, settings, own="julja_run" in own)
    count = int(header["sample_count"])
    left_out: Counter[str] = Counter()
    decoding = _decoding(spec, header.get("plan") or {})
    items = Items(partial(_items, path, decoding, left_out), count) if count else NO_ITEMS
    warnings = _warnings(header, results, count)
    task = LogTask(
        name=str(spec.get("task_display_name") or spec["task"]).removeprefix(_PACKAGE),
        version=spec.get("task_version"),
        form=own.get("form") or "generate",
        shots=own.get("shots"),
        total=_total(results, spec, count, epochs),
        metrics=metrics,
        items=items,
        identity=[spec.get("task"), header.get("content")],
        epochs=epochs,
        about=_task_about(spec, header.get("plan") or {}, results),
    )
    packages = spec.get("packages") or {}
    maker = "inspect_ai" if "inspect_ai" in packages or "julja" not in packages else "julja"
    tool = f"{maker} {packages.get(maker, '')}".strip()
    return Log(
        tool=tool,
        model=spec.get("model"),
        tasks=(task,),
        groups=(),
        files=(path,),
        about=_about(spec, header),
        seconds=_seconds(header.get("stats") or {}),
        warnings=tuple(warnings),
        usage=_usage(header.get("stats") or {}, spec),
        complete=header.get("status") == "success",
        left_out=left_out,
    )


def _items(path: Path, decoding: Decoding, left_out: Counter[str]) -> Iterator[Item]:
    for where, raw in read_samples(path):
        try:
            yield read_sample(raw, decoding, left_out)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{where}: can't be read as a sample of inspect ({type(error).__name__}: {error}).",
                hint="Logs are read as inspect_ai 0.3 writes them.",
            ) from error


def _metrics(
    results: Mapping[str, Any], settings: Mapping[str, Any], *, own: bool
) -> tuple[LogMetric, ...]:
    """Every metric that the log states, under names that are told apart where they must be.

    In julja's `own` logs each scorer is a metric, which has its name.
    """
    scores = results.get("scores")
    if scores is None and results.get("metrics"):
        scores = [{"name": (results.get("scorer") or {}).get("name"), **results}]
    scores = [score for score in scores or () if score.get("metrics")]
    reducers = settings.get("epochs_reducer") or ["mean"]
    found: list[LogMetric] = []
    for score in scores:
        reducer = score.get("reducer")
        prefix = f"{score.get('name')}/" if len({s.get("name") for s in scores}) > 1 else ""
        suffix = f",{reducer}" if reducer and len(reducers) > 1 else ""
        made = [*_score_metrics(score, prefix, suffix, (reducer or reducers[0]) == "mean")]
        found += [replace(made[0], key=str(score["name"]))] if own and made else made
    return tuple(found)


def _score_metrics(
    score: Mapping[str, Any], prefix: str, suffix: str, averaged: bool
) -> Iterator[LogMetric]:
    said: dict[str, float | None] = {
        name: to_number(metric.get("value") if isinstance(metric, Mapping) else metric)
        for name, metric in score["metrics"].items()
    }
    said_more = score.get("metadata") or {}
    ci = said_more.get("ci")
    name, scorer = str(score.get("name")), str(score.get("scorer") or score.get("name"))
    # A scorer of several values has one entry for each: <scorer>/<its key> in the samples.
    source = name if name == scorer else f"{scorer}/{name}"
    error = next((said[key] for key in _ERRORS if said.get(key) is not None), None)
    first = next((key for key in said if key in _MEANS), next(iter(said), None))
    for key, value in said.items():
        if key in _ERRORS and key != first:
            continue
        mean = key in _MEANS and averaged
        yield LogMetric(
            key=f"{prefix}{key}{suffix}",
            kind="mean" if mean else "recorded",
            value=value,
            stderr=error if key == first else None,
            source=source if mean else None,
            n=score.get("scored_samples"),
            ci=tuple(ci) if key == first and ci else None,
            method=str(said_more.get("method") or "imported"),
        )


def _total(results: Mapping[str, Any], spec: Mapping[str, Any], count: int, epochs: int) -> int:
    stated = results.get("total_samples")
    if stated:
        return int(stated) // epochs or int(stated)
    listed = (spec.get("dataset") or {}).get("sample_ids") or ()
    return len(listed) or count // epochs or count


def _decoding(spec: Mapping[str, Any], plan: Mapping[str, Any]) -> Decoding:
    given = {**(spec.get("model_generate_config") or {}), **(plan.get("config") or {})}
    stop = given.get("stop_seqs") or ()
    temperature, top_p = given.get("temperature"), given.get("top_p")
    return Decoding(
        max_tokens=int(given.get("max_tokens") or Decoding().max_tokens),
        temperature=None if temperature is None else float(temperature),
        top_p=None if top_p is None else float(top_p),
        stop=tuple(map(str, stop)),
        seed=given.get("seed"),
    )


def _warnings(header: Mapping[str, Any], results: Mapping[str, Any], count: int) -> list[str]:
    said = []
    if header.get("status") != "success":
        reason = (header.get("error") or {}).get("message")
        why = f": {str(reason).splitlines()[0]}" if reason else ""
        said.append(f"the evaluation's status is {header.get('status')}{why}")
    if header.get("chunked_samples"):
        said.append(f"{header['chunked_samples']} samples in pieces are left out")
    logged = results.get("logged_samples") or results.get("completed_samples")
    if count and logged and count < int(logged):
        said.append(f"the log holds {count} of its {logged} samples")
    return said


def _task_about(
    spec: Mapping[str, Any], plan: Mapping[str, Any], results: Mapping[str, Any]
) -> dict[str, Json]:
    dataset = spec.get("dataset") or {}
    kept = {
        "task": spec.get("task"),
        "task_file": spec.get("task_file"),
        "task_args": spec.get("task_args"),
        "dataset": dataset.get("location") or dataset.get("name"),
        "dataset_samples": dataset.get("samples"),
        "solver": [step.get("solver") for step in plan.get("steps") or ()],
        "scorers": [score.get("name") for score in results.get("scores") or ()],
    }
    return {key: value for key, value in kept.items() if value not in (None, "", [], {})}


def _about(spec: Mapping[str, Any], header: Mapping[str, Any]) -> dict[str, Json]:
    stats = header.get("stats") or {}
    kept = {
        "eval_id": spec.get("eval_id"),
        "run_id": spec.get("run_id"),
        "date": spec.get("created"),
        "status": header.get("status"),
        "started_at": stats.get("started_at"),
        "completed_at": stats.get("completed_at"),
        "model_base_url": spec.get("model_base_url"),
        "model_args": spec.get("model_args"),
        "model_roles": spec.get("model_roles"),
        "config": spec.get("config"),
        "revision": spec.get("revision"),
        "packages": spec.get("packages"),
        "tags": spec.get("tags"),
        "model_usage": stats.get("model_usage"),
    }
    return {key: value for key, value in kept.items() if value not in (None, "", [], {})}


def _seconds(stats: Mapping[str, Any]) -> float:
    try:
        begun, ended = (
            datetime.fromisoformat(stats[key]) for key in ("started_at", "completed_at")
        )
        return max(0.0, (ended - begun).total_seconds())
    except (KeyError, TypeError, ValueError):
        return 0.0


def _usage(stats: Mapping[str, Any], spec: Mapping[str, Any]) -> Usage:
    """What the measured model used; the judges' tokens stand in `about`."""
    used = (stats.get("model_usage") or {}).get(spec.get("model")) or {}
    return Usage(used.get("input_tokens"), used.get("output_tokens"), used.get("total_cost"))
