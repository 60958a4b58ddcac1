"""julja's own exports -> `Log`: records as jsonl, csv or Parquet, the result as json.

A file of records alone gives the mean of every score; the result file of the same run
(`julja export RUN --to json`) beside it brings the numbers as they were reported.
"""

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from julja.data.files import locate, open_bytes
from julja.errors import DataError
from julja.interop.log import NO_ITEMS, Item, Items, Log, LogGroup, LogTask
from julja.interop.recorded import LogMetric
from julja.interop.stream import AGAIN, explained, read_rows, read_whole
from julja.signature import digest
from julja.types import (
    STATES,
    ChoiceLikelihood,
    Decoding,
    ErrorInfo,
    FormName,
    Json,
    Message,
    Prompt,
    Request,
    Response,
    Row,
    Sample,
    Score,
    Usage,
)

# The columns of a csv that are no scores.
CSV_HEAD = ("task", "sample", "epoch", "state", "extracted", "target", "response")
CSV_TAIL = ("input_tokens", "output_tokens", "cost_usd")
_SLICE = 2000
_ALONE = (
    "{}: without the run's result file (`julja export RUN --to json`) every metric is the mean of"
    " its scores, also one that is weighted or made of all samples"
)


@dataclass(slots=True)
class Export:
    """The files of one exported run."""

    place: Path
    result: Path | None = None
    records: list[Path] = field(default_factory=list)


def find_exports(files: Sequence[Path]) -> list[Export]:
    """The runs that these files are of; files of one run are told by its id."""
    found: dict[str, Export] = {}
    for file in files:
        bare = file.name.removesuffix(".gz")
        if bare.endswith(".json"):
            run = str(_result(file).get("run"))
            found.setdefault(run, Export(file)).result = file
            continue
        first = {} if bare.endswith(".csv") else next((row for _, row in rows_of(file)), {})
        run = str(first.get("run") or file)
        found.setdefault(run, Export(file)).records.append(file)
    return list(found.values())


def _result(path: Path) -> dict[str, Any]:
    content = read_whole(path)
    if not isinstance(content, dict) or not isinstance(content.get("results"), list):
        raise DataError(f"{path} is no result of julja: it has no list of results.", hint=AGAIN)
    return content


def read_export(export: Export) -> Log:
    """Read one exported run."""
    result = _result(export.result) if export.result else {}
    scans = [_scan(path) for path in export.records]
    model, signature = result.get("model"), result.get("signature")
    for scan in scans:
        signature = signature or scan.signature
        model = model or scan.model
    parts = {
        part["task"]: (part, whole)
        for whole in result.get("results") or ()
        for part in (whole, *whole.get("subsets", ()))
        if "field" not in part
    }
    names = dict.fromkeys([*parts, *(name for scan in scans for name in scan.counts)])
    return Log(
        tool=f"julja {_said(signature, 'julja') or ''}".strip(),
        model=model or _said(signature, "model"),
        tasks=tuple(_task(name, parts.get(name), scans, export) for name in names),
        groups=tuple(_groups(result)),
        files=tuple(path for path in (export.result, *export.records) if path),
        about={"signature": signature} if signature else {},
        seconds=float(result.get("seconds") or 0.0),
        warnings=() if export.result else (_ALONE.format(export.place),),
        complete=bool(result.get("complete", True)),
    )


def _said(signature: str | None, key: str) -> str | None:
    """One part of a signature: `…|model:openai/gpt-4o|…`."""
    parts = (part.partition(":") for part in (signature or "").split("|"))
    return next((value for name, _, value in parts if name == key), None)


@dataclass(slots=True)
class _Scan:
    path: Path
    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    keys: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    epochs: dict[str, int] = field(default_factory=dict)
    ranked: set[str] = field(default_factory=set)
    signature: str | None = None
    model: str | None = None


def _scan(path: Path) -> _Scan:
    found = _Scan(path)
    for number, row in rows_of(path):
        if not isinstance(row, Mapping) or not {"task", "sample", "state"} <= set(row):
            raise DataError(f"{path}, line {number}: no record of julja.", hint=AGAIN)
        if row["state"] not in STATES:
            raise DataError(f"{path}, line {number}: {row['state']!r} is no state.", hint=AGAIN)
        task, sample = str(row["task"]), str(row["sample"])
        found.counts[task] += 1
        found.samples[task][sample] = digest([row.get("prompt"), row.get("target")], 8)
        found.epochs[task] = max(found.epochs.get(task, 1), int(row.get("epoch") or 0) + 1)
        known = found.keys[task]
        known += [key for key in row.get("scores") or {} if key not in known]
        found.signature = found.signature or row.get("signature")
        found.model = found.model or row.get("model")
        if row.get("choices"):
            found.ranked.add(task)
    return found


def _task(
    name: str,
    part: tuple[Mapping[str, Any], Mapping[str, Any]] | None,
    scans: Sequence[_Scan],
    export: Export,
) -> LogTask:
    scan = next((scan for scan in scans if scan.counts[name]), None)
    stated, whole = part or ({}, {})
    keys = scan.keys[name] if scan else []
    metrics = [_metric(key, found, keys) for key, found in (stated.get("metrics") or {}).items()]
    taken = {metric.source or metric.key for metric in metrics}
    if not metrics:
        metrics = [LogMetric(key, "mean") for key in keys if key not in taken]
    epochs = scan.epochs[name] if scan else 1
    known = len(scan.samples[name]) if scan else 0
    signature = whole.get("signature") or (scan.signature if scan else None)
    form = stated.get("form") or _said(signature, "form")
    shots = stated.get("shots", _said(signature, "shots"))
    reader = partial(_items, scan.path, name) if scan else None
    return LogTask(
        name=name,
        version=stated.get("version"),
        form=_form(form, ranked=scan is not None and name in scan.ranked),
        shots=int(shots) if str(shots).isdigit() else None,
        total=int((stated.get("counts") or {}).get("total", 0)) // epochs or known,
        metrics=tuple(metrics),
        items=Items(reader, scan.counts[name]) if reader and scan else NO_ITEMS,
        identity=sorted(scan.samples[name].items()) if scan else None,
        epochs=epochs,
        about={"signature": signature} if signature else {},
    )


def _form(said: str | None, *, ranked: bool) -> FormName:
    if said:
        return said  # type: ignore[return-value]
    return "rank" if ranked else "generate"


def _metric(key: str, found: Mapping[str, Any], keys: Sequence[str]) -> LogMetric:
    ci = found.get("ci")
    return LogMetric(
        key,
        "mean" if key in keys else "recorded",
        value=found.get("value"),
        stderr=found.get("stderr"),
        n=found.get("n"),
        ci=(ci[0], ci[1]) if ci and None not in ci else None,
        method=str(found.get("method") or "imported"),
    )


def _groups(result: Mapping[str, Any]) -> Iterator[LogGroup]:
    for suite in result.get("suites") or ():
        score = suite.get("score") or {}
        if score.get("value") is not None:
            metric = _metric(str(score.get("metric") or "score"), score, ())
            members = tuple(suite.get("columns") or {})
            yield LogGroup(suite["suite"], members, metric, int(score.get("n") or 0))


def rows_of(path: Path) -> Iterator[tuple[int, Row]]:
    """(place, row) of a file of records, in the shape of the jsonl export."""
    name = path.name.removesuffix(".gz")
    if name.endswith(".csv"):
        yield from _csv_rows(path)
    elif name.endswith(".parquet"):
        yield from _parquet_rows(path)
    else:
        yield from read_rows(path)


def _csv_rows(path: Path) -> Iterator[tuple[int, Row]]:
    with explained(path), open_bytes(locate(str(path))) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        try:
            reader = csv.DictReader(text)
            for row in reader:
                yield reader.line_num, _from_csv(path, reader.line_num, row)
        except csv.Error as error:
            raise DataError(f"{path}: not a readable CSV file ({error}).", hint=AGAIN) from error
        finally:
            text.detach()


def _from_csv(path: Path, line: int, row: Mapping[str, str]) -> Row:
    if None in row or None in row.values():
        raise DataError(f"{path}, line {line}: it has more or fewer cells than columns.")
    others = {key for key in row if key not in (*CSV_HEAD, *CSV_TAIL, "run", "model")}
    try:
        scores = {key: float(row[key]) for key in row if key in others and row[key] != ""}
        usage = {key: float(row[key]) for key in CSV_TAIL if row.get(key)}
    except ValueError as error:
        raise DataError(f"{path}, line {line}: {error}.", hint=AGAIN) from error
    whole = {key: int(usage[key]) for key in ("input_tokens", "output_tokens") if key in usage}
    return {
        **{key: row.get(key) or None for key in ("run", "model", "extracted")},
        **{key: row.get(key) for key in ("task", "sample", "state", "response")},
        "epoch": int(row.get("epoch") or 0),
        "target": [row["target"]] if row.get("target") else [],
        "scores": scores,
        "usage": {**whole, "cost_usd": usage.get("cost_usd")},
    }


def _parquet_rows(path: Path) -> Iterator[tuple[int, Row]]:
    import polars

    try:
        frame = polars.scan_parquet(path)
        total = frame.select(polars.len()).collect().item()
        for start in range(0, total, _SLICE):
            rows = frame.slice(start, _SLICE).collect().to_dicts()
            for place, row in enumerate(rows, start + 1):
                scores = row.get("scores") or {}
                row["scores"] = {key: v for key, v in scores.items() if v is not None}
                for key in ("prompt", "details"):
                    row[key] = json.loads(row[key]) if row.get(key) else None
                yield place, row
    except polars.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: not a readable Parquet file ({reason}).", hint=AGAIN) from error


def _items(path: Path, task: str) -> Iterator[Item]:
    for number, row in rows_of(path):
        if row["task"] != task:
            continue
        try:
            yield _item(row)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{path}, line {number}: can't be read ({type(error).__name__}: {error}).",
                hint=AGAIN,
            ) from error


def _item(row: Row) -> Item:
    choices = tuple(_choice(choice) for choice in row.get("choices") or ())
    prompt = _prompt(row.get("prompt"))
    usage = row.get("usage") or {}
    epoch = int(row.get("epoch") or 0)
    answered = row.get("response") is not None
    response = request = None
    if answered:
        response = Response(
            text=str(row["response"]),
            reasoning=row.get("reasoning"),
            finish=row.get("finish") or "unknown",
            choices=choices,
            usage=Usage(usage.get("input_tokens"), usage.get("output_tokens")),
            seconds=usage.get("seconds"),
            attempts=usage.get("attempts") or 1,
        )
        contexts = tuple(str(c.get("context", "")) for c in row.get("choices") or ())
        request = Request(
            "rank" if choices else "generate",
            prompt,
            Decoding(),
            tuple(choice.text for choice in choices),
            repeat=epoch,
            contexts=contexts if any(contexts) else (),
        )
    error = row.get("error")
    score = None
    if row["state"] != "error" or row.get("explanation") or error is None:
        score = Score(
            {key: float(value) for key, value in (row.get("scores") or {}).items()},
            state=row["state"],
            extracted=row.get("extracted"),
            explanation=row.get("explanation"),
            details=dict(row.get("details") or {}),
        )
    text = prompt.messages[-1].content if prompt.messages else ""
    return Item(
        sample=Sample(str(row["sample"]), text, tuple(map(str, row.get("target") or ()))),
        request=request,
        response=response,
        score=score,
        epoch=epoch,
        error=ErrorInfo(error["kind"], error["message"]) if error and score is None else None,
        cost_usd=usage.get("cost_usd"),
    )


def _choice(row: Row) -> ChoiceLikelihood:
    value = row.get("loglikelihood")
    return ChoiceLikelihood(
        str(row.get("text") or ""),
        float("-inf") if value is None else float(value),
        row.get("tokens"),
        row.get("greedy"),
        row.get("unconditional"),
    )


def _prompt(value: Json) -> Prompt:
    if isinstance(value, list):
        return Prompt(tuple(Message(turn["role"], str(turn["content"])) for turn in value))
    return Prompt((Message("user", str(value)),) if value else ())
