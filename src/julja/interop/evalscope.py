"""The output folder of evalscope -> `Log`.

    reports/MODEL/DATASET.json             scores, by metric, category and subset
    reviews/MODEL/DATASET_SUBSET.jsonl     each sample's score
    predictions/MODEL/DATASET_SUBSET.jsonl each answer, with tokens and seconds

Each file may be packed (.gz) and each kind may be missing. Format: evalscope 1 (the report's
metrics are named AGGREGATION_METRIC: mean_acc is the mean of the samples' acc).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from julja.errors import DataError
from julja.interop.log import NO_ITEMS, Item, Items, Log, LogGroup, LogTask
from julja.interop.recorded import LogMetric
from julja.interop.stream import AGAIN, read_rows, read_whole
from julja.signature import digest
from julja.types import (
    Decoding,
    Finish,
    Json,
    Message,
    Prompt,
    Request,
    Response,
    Role,
    Sample,
    Score,
    Usage,
)

KINDS = ("reports", "reviews", "predictions")
# What a report's metric was made with; any other aggregation is taken as it is recorded.
_MEAN = "mean_"
_ROLES: Mapping[str, Role] = {"system": "system", "assistant": "assistant"}
_FINISH: Mapping[str, Finish] = {
    "stop": "stop",
    "max_tokens": "length",
    "length": "length",
    "content_filter": "refusal",
}


@dataclass(slots=True)
class Outputs:
    """The files of one model in one output folder, by kind and name without suffix."""

    place: Path
    model: str
    files: dict[str, dict[str, Path]] = field(default_factory=lambda: {kind: {} for kind in KINDS})


def find_reports(files: Sequence[Path]) -> list[Outputs]:
    """The outputs that these files are part of, with the files that belong to them."""
    found: dict[tuple[Path, str], Outputs] = {}
    for file in files:
        model, kind = file.parent.name, file.parent.parent.name
        if kind not in KINDS:
            alone = Outputs(file, file.parent.name)
            alone.files["reports" if _stem(file, ".json") else "reviews"][_name(file)] = file
            found[file, ""] = alone
            continue
        root = file.parent.parent.parent
        outputs = found.setdefault((root, model), Outputs(root, model))
        for name in KINDS:
            folder = root / name / model
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                outputs.files[name].setdefault(_name(path), path)
    return list(found.values())


def _name(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".jsonl").removesuffix(".json")


def _stem(path: Path, suffix: str) -> bool:
    return path.name.removesuffix(".gz").endswith(suffix)


def read_report(outputs: Outputs) -> Log:
    """Read what one model's outputs hold."""
    reports = {name: _report(path) for name, path in outputs.files["reports"].items()}
    left_out: Counter[str] = Counter()
    by_dataset: dict[str, list[str]] = defaultdict(list)
    for name in outputs.files["reviews"]:
        by_dataset[_dataset(name, reports)].append(name)
    warnings = [
        f"{name}: its answers have no review and are left out"
        for name in outputs.files["predictions"]
        if name not in outputs.files["reviews"]
    ]
    tasks: list[LogTask] = []
    groups: list[LogGroup] = []
    for dataset in dict.fromkeys([*reports, *by_dataset]):
        made = _tasks(dataset, reports.get(dataset), by_dataset[dataset], outputs, left_out)
        tasks += made
        if len(made) > 1 and dataset in reports:
            groups += _group(dataset, reports[dataset], made)
    if not tasks:
        raise DataError(f"{outputs.place}: the folder holds no reports and no reviews.")
    models = [report.get("model_name") for report in reports.values()]
    used = [path for kind in KINDS for path in outputs.files[kind].values()]
    return Log(
        tool="evalscope",
        model=next((str(model) for model in models if model), outputs.model),
        tasks=tuple(tasks),
        groups=tuple(groups),
        files=tuple(used),
        about={
            name: {"perf_metrics": report["perf_metrics"], "analysis": report.get("analysis")}
            for name, report in reports.items()
            if report.get("perf_metrics")
        },
        seconds=0.0,
        warnings=tuple(warnings),
        left_out=left_out,
    )


def _report(path: Path) -> dict[str, Any]:
    content = read_whole(path)
    if not isinstance(content, dict) or not isinstance(content.get("metrics"), list):
        raise DataError(f'{path} is no report of evalscope: it has no "metrics".', hint=AGAIN)
    return content


def _dataset(name: str, reports: Mapping[str, Any]) -> str:
    """The data set that a file of reviews is of: its name begins with it."""
    fitting = [known for known in reports if name == known or name.startswith(f"{known}_")]
    return max(fitting, key=len, default=name)


def _tasks(
    dataset: str,
    report: Mapping[str, Any] | None,
    names: Sequence[str],
    outputs: Outputs,
    left_out: Counter[str],
) -> list[LogTask]:
    """One task for each subset; where there is one subset, the data set is the task."""
    stated = _stated(report or {})
    reviews = {name.removeprefix(dataset).removeprefix("_"): name for name in names}
    subsets = list(dict.fromkeys([*stated, *reviews]))
    return [
        _task(
            dataset if len(subsets) == 1 else f"{dataset}/{subset}",
            stated.get(subset, {}),
            reviews.get(subset),
            outputs,
            left_out,
        )
        for subset in subsets
    ]


def _stated(report: Mapping[str, Any]) -> dict[str, dict[str, tuple[float | None, int]]]:
    """(score, samples) by subset and metric."""
    found: dict[str, dict[str, tuple[float | None, int]]] = defaultdict(dict)
    for metric in report.get("metrics") or ():
        for category in metric.get("categories") or ():
            for subset in category.get("subsets") or ():
                value = (_finite(subset.get("score")), int(subset.get("num") or 0))
                found[str(subset.get("name"))][str(metric.get("name"))] = value
    return found


def _finite(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _task(
    name: str,
    stated: Mapping[str, tuple[float | None, int]],
    reviews: str | None,
    outputs: Outputs,
    left_out: Counter[str],
) -> LogTask:
    path = outputs.files["reviews"].get(reviews) if reviews else None
    scan = _scan(path) if path else _Scan()
    known = list(dict.fromkeys(scan.metrics))
    metrics = [
        LogMetric(
            key=key.removeprefix(_MEAN),
            kind="mean" if key.removeprefix(_MEAN) in known else "recorded",
            value=value,
            n=n or None,
            decimals=_decimals(value),
        )
        for key, (value, n) in stated.items()
    ]
    named = {metric.key for metric in metrics}
    metrics += [LogMetric(key, "mean") for key in known if key not in named]
    answers = outputs.files["predictions"].get(reviews) if reviews else None
    total = max((n for _, n in stated.values()), default=0) or len(scan.groups)
    reader = partial(_items, path, answers, left_out) if path else None
    return LogTask(
        name=name,
        version=None,
        form="generate",
        shots=None,
        total=total,
        metrics=tuple(metrics),
        items=Items(reader, scan.count) if reader else NO_ITEMS,
        identity=sorted(scan.groups.items()),
        epochs=max(Counter(scan.order).values(), default=1),
    )


def _decimals(value: float | None) -> int | None:
    """How many decimals a score is given with: reports round to four."""
    if value is None:
        return None
    return max(4, len(repr(value).partition(".")[2]))


@dataclass(slots=True)
class _Scan:
    count: int = 0
    metrics: list[str] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)


def _scan(path: Path) -> _Scan:
    found = _Scan()
    for number, row in read_rows(path):
        score = row.get("sample_score") if isinstance(row, Mapping) else None
        if not isinstance(score, Mapping) or not isinstance(score.get("score"), Mapping):
            raise DataError(f"{path}, line {number}: no sample_score of evalscope.", hint=AGAIN)
        group = str(score.get("group_id", score.get("sample_id", row.get("index"))))
        found.count += 1
        found.order.append(group)
        found.groups[group] = digest([row.get("target"), _asked(row)])
        if found.count <= 100:
            found.metrics += (score["score"].get("value") or {}).keys()
    return found


def _asked(row: Mapping[str, Any]) -> str:
    """The last thing that the user said before the answer."""
    said = [m for m in row.get("messages") or () if m.get("role") == "user"]
    return _text(said[-1].get("content")) if said else str(row.get("input") or "")


def _text(content: Json) -> str:
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, Mapping)]
        return "\n".join(
            str(part.get("text")) if part.get("type") == "text" else f"[{part.get('type')}]"
            for part in parts
            if part.get("type") != "reasoning"
        )
    return "" if content is None else str(content)


def _items(path: Path, answers: Path | None, left_out: Counter[str]) -> Iterator[Item]:
    outputs = _outputs(answers) if answers else {}
    epochs: Counter[str] = Counter()
    for number, row in read_rows(path):
        try:
            item = _item(row, outputs.get(row.get("index"), {}), epochs, left_out)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{path}, line {number}: can't be read ({type(error).__name__}: {error}).",
                hint=AGAIN,
            ) from error
        yield item


def _outputs(path: Path) -> dict[Json, dict[str, Json]]:
    """What only the predictions say of an answer, by index: tokens, seconds, how it ended."""
    found: dict[Json, dict[str, Json]] = {}
    for _, row in read_rows(path):
        output = row.get("model_output") or {}
        choice: Mapping[str, Json] = (output.get("choices") or [{}])[0]
        usage = output.get("usage") or {}
        found[row.get("index")] = {
            "usage": Usage(
                usage.get("input_tokens"),
                usage.get("output_tokens"),
                usage.get("input_tokens_cache_read"),
                usage.get("reasoning_tokens"),
            ),
            "seconds": output.get("time"),
            "finish": _FINISH.get(str(choice.get("stop_reason")), "unknown"),
            "model": output.get("model"),
        }
    return found


def _item(
    row: Mapping[str, Any],
    output: Mapping[str, Json],
    epochs: Counter[str],
    left_out: Counter[str],
) -> Item:
    told = row["sample_score"]
    score = told["score"]
    group = str(told.get("group_id", told.get("sample_id", row.get("index"))))
    epoch = epochs[group]
    epochs[group] += 1
    values = {k: v for k, v in score["value"].items() if _finite(v) is not None}
    left_out["values that are no numbers"] += len(score["value"]) - len(values)
    messages = row.get("messages") or ()
    answers = [i for i, m in enumerate(messages) if m.get("role") == "assistant"]
    last = answers[-1] if answers else len(messages)
    turns = tuple(
        Message(_ROLES.get(str(m.get("role")), "user"), _text(m.get("content")))
        for m in messages[:last]
    )
    text = score.get("prediction")
    if text is None and answers:
        text = _text(messages[last].get("content"))
    sample = Sample(
        id=group,
        input=_asked(row),
        target=(str(row.get("target") or ""),),
        fields=dict(told.get("sample_metadata") or {}),
    )
    prompt = Prompt(turns or (Message("user", sample.input),))
    extracted = score.get("extracted_prediction")
    known = {key: float(value) for key, value in values.items()}
    return Item(
        sample=sample,
        request=Request("generate", prompt, Decoding(), repeat=epoch),
        response=Response(
            text=str(text or ""),
            reasoning=_reasoning(messages[last]) if answers else None,
            finish=output.get("finish", "unknown"),
            usage=output.get("usage") or Usage(),
            seconds=output.get("seconds"),
            model=output.get("model"),
        ),
        score=Score(
            known,
            state="scored" if known else "skipped",
            extracted=None if extracted is None else str(extracted),
            explanation=score.get("explanation"),
            details=dict(score.get("metadata") or {}),
        ),
        epoch=epoch,
    )


def _reasoning(message: Mapping[str, Any]) -> str | None:
    content = message.get("content")
    parts = content if isinstance(content, list) else ()
    said = [str(p.get("reasoning")) for p in parts if p.get("type") == "reasoning"]
    return "\n".join(said) or None


def _group(dataset: str, report: Mapping[str, Any], tasks: Sequence[LogTask]) -> list[LogGroup]:
    metrics = report.get("metrics") or ()
    if not metrics:
        return []
    first = metrics[0]
    key = str(first.get("name")).removeprefix(_MEAN)
    value = LogMetric(key, "recorded", _finite(first.get("score")))
    members = tuple(task.name for task in tasks)
    return [LogGroup(dataset, members, value, int(first.get("num") or 0))]
