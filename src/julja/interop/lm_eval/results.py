"""lm-eval's results and samples files -> `Log`: tasks with their documents, metrics and groups.

    results_2026-01-21T03-44-18.458309.json             what was measured, over whole tasks
    samples_arc_easy_2026-01-21T03-44-18.458309.jsonl   every document (--log_samples); .gz too

Either kind may be missing; `find_logs` finds what belongs together. Formats: those of
lm-evaluation-harness 0.4.0 to 0.4.13 (lm_eval/loggers/evaluation_tracker.py, result_schema.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from julja.errors import DataError
from julja.interop.lm_eval.files import HINT, LogFiles, unstamped_samples
from julja.interop.lm_eval.metrics import is_lower_better, kind_of
from julja.interop.lm_eval.rows import Scan, documents, scan
from julja.interop.lm_eval.samples import finite, form_of
from julja.interop.log import NO_ITEMS, Items, Log, LogGroup, LogTask
from julja.interop.recorded import LogMetric
from julja.interop.stream import read_whole
from julja.types import Json

_TASK_KEYS = frozenset({"alias", "name", "sample_len", "sample_count", "samples", " "})


def read_log(files: LogFiles) -> Log:
    """Read one evaluation."""
    results = _read_results(files.results) if files.results else {}
    samples = dict(files.samples)
    names = _task_names(results)
    if files.results is not None and not samples:
        samples = unstamped_samples(files.results, names)
    warnings: list[str] = []
    tasks = [
        _task(name, results, samples.get(name), warnings)
        for name in dict.fromkeys([*names, *samples])
    ]
    paths = [files.results] if files.results else []
    paths += [samples[task.name] for task in tasks if task.name in samples]
    about = _about(results)
    return Log(
        tool=_tool(results, about),
        model=_model(results) or _folder_model(files),
        tasks=tuple(tasks),
        groups=tuple(_groups(results, names)),
        files=tuple(paths),
        about=about,
        seconds=_seconds(results),
        warnings=tuple(warnings),
    )


def _tool(results: Mapping[str, Any], about: Mapping[str, Json]) -> str:
    """Who measured: lm-eval, or what an export of julja says."""
    own = results.get("julja")
    if isinstance(own, Mapping) and own.get("measured_by"):
        return str(own["measured_by"])
    return f"lm-eval {about.get('lm_eval_version', '')}".strip()


def _read_results(path: Path) -> dict[str, Any]:
    content = read_whole(path)
    if not isinstance(content, dict) or not isinstance(content.get("results"), dict):
        raise DataError(f'{path} is no results file of lm-eval: it has no "results".', hint=HINT)
    if not any(key in content for key in ("versions", "configs", "config")):
        raise DataError(
            f"{path} is no results file of lm-eval: neither versions nor configs stand beside its"
            f" results (its keys: {', '.join(list(content)[:8])}).",
            hint=HINT,
        )
    return content


def _task_names(results: Mapping[str, Any]) -> list[str]:
    """The tasks, without the groups that stand among them."""
    groups = {name for name, members in _members(results).items() if members}
    groups |= set(results.get("groups") or {})
    configs = results.get("configs") or {}
    return [n for n in results.get("results", {}) if n in configs or n not in groups]


def _task(name: str, results: Mapping[str, Any], path: Path | None, warnings: list[str]) -> LogTask:
    config = (results.get("configs") or {}).get(name) or {}
    said = results.get("results", {}).get(name) or {}
    rows = scan(path) if path else Scan(Path())
    if rows.again:
        warnings.append(f"{path}: {rows.again} rows repeat a document and are left out")
    if rows.repeats:
        warnings.append(f"{path}: {rows.repeats} answers behind each document's first are left out")
    metrics = _metrics(name, results, rows)
    # julja's own id of a row without one: the split that was measured, and the row in it.
    split = config.get("test_split") or config.get("validation_split") or "doc"
    known = len(rows.hashes)
    items = Items(partial(documents, rows, metrics, split), known) if known else NO_ITEMS
    counts = (results.get("n-samples") or {}).get(name) or {}
    total = counts.get("effective") or said.get("sample_len") or said.get("samples") or known
    shots = (results.get("n-shot") or {}).get(name)
    shots = config.get("num_fewshot") if shots is None else shots
    version = (results.get("versions") or {}).get(name)
    about = {
        "dataset": config.get("dataset_path"),
        "dataset_config": config.get("dataset_name"),
        "split": None if split == "doc" else split,
        "output_type": config.get("output_type"),
        "generation_kwargs": config.get("generation_kwargs"),
    }
    return LogTask(
        name=name,
        version=int(version) if isinstance(version, float) and version % 1 == 0 else version,
        form=form_of(items.first(), config.get("output_type")),
        shots=None if shots is None else int(shots),
        total=int(total),
        metrics=tuple(metric for metric, _, _ in metrics),
        items=items,
        identity=rows.identity,
        about={key: value for key, value in about.items() if value},
    )


def _metrics(name: str, results: Mapping[str, Any], rows: Scan) -> list[tuple[LogMetric, str, str]]:
    """(metric, its name, its filter), in the order of the results file or of the rows."""
    said = results.get("results", {}).get(name) or {}
    config = (results.get("configs") or {}).get(name) or {}
    listed = config.get("metric_list") or []
    rules = {m["metric"]: m.get("aggregation") for m in listed if isinstance(m.get("metric"), str)}
    better = (results.get("higher_is_better") or {}).get(name) or {}
    keys = [_split(key) for key in said if key not in _TASK_KEYS and "_stderr" not in key]
    keys = list(dict.fromkeys([*keys, *rows.values]))
    plain = {rule for _, rule in keys} <= {"none"}
    found = []
    for metric, rule in keys:
        if metric == "bypass":
            continue
        whole = f"{metric},{rule}"
        value = said.get(whole, said.get(metric))
        error = said.get(f"{metric}_stderr,{rule}", said.get(f"{metric}_stderr"))
        higher = better.get(metric)
        made = LogMetric(
            key=metric if plain else whole,
            kind=kind_of(metric, rules.get(metric), rows.values.get((metric, rule))),
            value=finite(value),
            stderr=finite(error),
            higher_is_better=not is_lower_better(metric) if higher is None else higher,
        )
        found.append((made, metric, rule))
    return found


def _split(key: str) -> tuple[str, str]:
    name, comma, rule = key.partition(",")
    return name, rule if comma else "none"


def _members(results: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    return {name: list(members) for name, members in (results.get("group_subtasks") or {}).items()}


def _groups(results: Mapping[str, Any], tasks: Sequence[str]) -> Iterable[LogGroup]:
    """The groups with a number of their own; until 0.4.2 they stood among the results."""
    members = _members(results)
    said = {**results.get("results", {}), **(results.get("groups") or {})}
    for name, part in said.items():
        if name in tasks or not members.get(name):
            continue
        for key in _first_metric(part):
            metric, rule = _split(key)
            counts = part.get("sample_count") or {}
            yield LogGroup(
                name,
                tuple(members[name]),
                LogMetric(
                    metric if rule == "none" else key,
                    "recorded",
                    finite(part[key]),
                    finite(part.get(f"{metric}_stderr,{rule}", part.get(f"{metric}_stderr"))),
                ),
                int(counts.get(key) or part.get("sample_len") or 0),
            )


def _first_metric(part: Mapping[str, Json]) -> list[str]:
    keys = [key for key in part if key not in _TASK_KEYS and "_stderr" not in key]
    return [key for key in keys if finite(part[key]) is not None][:1]


def _model(results: Mapping[str, Any]) -> str | None:
    config = results.get("config") or {}
    name = results.get("model_name")
    source = results.get("model_source") or config.get("model")
    if not name:
        given = config.get("model_args") or ""
        pairs = (
            given
            if isinstance(given, dict)
            else dict(pair.split("=", 1) for pair in str(given).split(",") if "=" in pair)
        )
        kinds = ("peft", "delta", "pretrained", "model", "path", "engine")
        name = next((pairs[kind] for kind in kinds if pairs.get(kind)), None)
    return f"{source}/{name}" if source and name else source or name


def _folder_model(files: LogFiles) -> str | None:
    """lm-eval's folders are named after the model, with __ for the slash."""
    places = [files.results] if files.results else list(files.samples.values())
    folder = places[0].resolve().parent.name
    return f"lm-eval/{folder.replace('__', '/')}" if "__" in folder else None


def _about(results: Mapping[str, Any]) -> dict[str, Json]:
    """What says how it was measured."""
    config = results.get("config") or {}
    kept: dict[str, Json] = {
        f"model_{key}" if not key.startswith("model") else key: config.get(key)
        for key in ("model_args", "model_dtype", "model_revision", "model_sha")
    }
    kept |= {key: config.get(key) for key in ("limit", "batch_size", "gen_kwargs", "fewshot_seed")}
    for key in ("lm_eval_version", "git_hash", "date", "transformers_version", "chat_template_sha"):
        kept[key] = results.get(key)
    return {key: value for key, value in kept.items() if value not in (None, "")}


def _seconds(results: Mapping[str, Any]) -> float:
    try:
        return float(results.get("total_evaluation_time_seconds") or 0)
    except (TypeError, ValueError):
        return 0.0
