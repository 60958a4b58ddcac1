"""Records of Every Eval Ever (schema 0.2 and 0.3) -> `Log`.

    <uuid>.json             the aggregate: model, library, one result for each (evaluation, metric)
    <uuid>_samples.jsonl    a row for each (sample, metric), joined by evaluation_result_id

Either may be missing. What julja has no field for is kept with the run and its scores, so that
`julja export --to eee` writes it again.
"""

import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from julja.data.files import open_bytes
from julja.errors import DataError
from julja.interop.eee.rows import Scan, read_items, scan
from julja.interop.eee.samples import KEPT
from julja.interop.log import NO_ITEMS, Items, Log, LogGroup, LogTask
from julja.interop.recorded import LogMetric
from julja.interop.stream import AGAIN, explained, read_rows, read_whole
from julja.types import FormName, Json

_SAMPLES = "_samples.jsonl"
_FORMS = ("rank", "letter", "generate", "classify", "span", "tags")


@dataclass(frozen=True, slots=True)
class RecordFiles:
    """An aggregate and its samples."""

    place: Path
    aggregate: Path | None
    samples: Path | None


def find_records(files: Sequence[Path]) -> list[RecordFiles]:
    """The records that these files are part of: both files share their name and folder."""
    found: dict[str, RecordFiles] = {}
    for file in files:
        bare = file.name.removesuffix(".gz").removesuffix(_SAMPLES).removesuffix(".json")
        key = str(file.parent / bare)
        names = [f"{bare}.json", f"{bare}.json.gz"], [f"{bare}{_SAMPLES}", f"{bare}{_SAMPLES}.gz"]
        places = [
            next((file.parent / name for name in some if (file.parent / name).is_file()), None)
            for some in names
        ]
        if file not in places:
            is_row = file.name.removesuffix(".gz").endswith(".jsonl")
            places = [None, file] if is_row else [file, None]
        found.setdefault(key, RecordFiles(file, places[0], places[1]))
    return list(found.values())


def read_record(files: RecordFiles) -> Log:
    """Read one record."""
    record = read_whole(files.aggregate) if files.aggregate else _headless(files)
    for key in ("model_info", "evaluation_results"):
        if not isinstance(record, dict) or not record.get(key):
            raise DataError(
                f"{files.place} is no record of Every Eval Ever: it has no {key}.", hint=AGAIN
            )
    results = [result for result in record["evaluation_results"] if isinstance(result, Mapping)]
    by_name: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    groups = [result for result in results if _details(result).get("julja_kind") == "suite"]
    for result in results:
        if result not in groups:
            by_name[str(result["evaluation_name"])].append(result)
    rows = scan(files.samples) if files.samples else Scan()
    warnings = _check(record, files, rows)
    left_out: Counter[str] = Counter()
    tasks = [
        _task(name, by_name.get(name, []), rows, files.samples, left_out)
        for name in dict.fromkeys([*by_name, *rows.names])
    ]
    library = record.get("eval_library") or {}
    model = record["model_info"]
    own = (model.get("additional_details") or {}).get("julja_model")
    return Log(
        tool=f"{library.get('name', 'unknown')} {library.get('version', '')}".strip(),
        model=own or model.get("id") or model.get("name"),
        tasks=tuple(tasks),
        groups=tuple(_group(result) for result in groups),
        files=tuple(path for path in (files.aggregate, files.samples) if path),
        about={KEPT: record},
        seconds=0.0,
        warnings=tuple(warnings),
        left_out=left_out,
    )


def _headless(files: RecordFiles) -> dict[str, Any]:
    """What the samples say of an aggregate that isn't there."""
    assert files.samples is not None
    for _, row in read_rows(files.samples):
        return {
            "evaluation_id": row.get("evaluation_id"),
            "model_info": {"id": row.get("model_id")},
            "evaluation_results": [
                {"evaluation_name": row.get("evaluation_name"), "score_details": {}}
            ],
        }
    raise DataError(f"{files.samples}: the file is empty.", hint=AGAIN)


def _check(record: Mapping[str, Any], files: RecordFiles, rows: Scan) -> list[str]:
    """What the aggregate says of its samples and they contradict."""
    said = record.get("detailed_evaluation_results") or {}
    if not said:
        return []
    if files.samples is None:
        return [f"{files.place.name}: its samples ({said.get('file_path')}) are not beside it"]
    found = []
    if said.get("total_rows") not in (None, rows.rows):
        found.append(
            f"{files.samples.name} has {rows.rows} rows, its aggregate says {said['total_rows']}"
        )
    algorithm = said.get("hash_algorithm")
    if said.get("checksum") and algorithm in ("sha256", "md5"):
        with explained(files.samples), open_bytes(str(files.samples)) as stream:
            digest = hashlib.file_digest(stream, algorithm).hexdigest()  # type: ignore[arg-type]
        if digest != said["checksum"]:
            found.append(f"{files.samples.name} was changed: its checksum is another")
    return found


def _details(result: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = (result.get("score_details") or {}).get("details") or {}
    return found


def _task(
    name: str,
    results: Sequence[Mapping[str, Any]],
    rows: Scan,
    path: Path | None,
    left_out: Counter[str],
) -> LogTask:
    details = _details(results[0]) if results else {}
    metrics: dict[str, LogMetric] = {}
    keys: dict[str, str] = {}
    for result in results:
        metric = _metric(result, set(metrics))
        if metric.value is not None or rows.names.get(name):
            metrics[metric.key] = metric
            keys[str(result.get("evaluation_result_id"))] = metric.key
    count = rows.names.get(name, 0)
    for unknown in rows.results.get(name, ()):
        if unknown not in keys:
            only = next(iter(metrics)) if len(metrics) == 1 else unknown or "score"
            keys[unknown] = only
            metrics.setdefault(only, LogMetric(only, "mean"))
    epochs = rows.epochs.get(name, 1)
    stated = json.loads(details.get("counts", "null")) or {}
    total = stated.get("total", 0) // epochs or _stated_n(results) or rows.samples.get(name, 0)
    reader = partial(read_items, path, name, keys, left_out) if path and count else None
    return LogTask(
        name=name,
        version=json.loads(details.get("version", "null")),
        form=_form(details.get("form")),
        shots=json.loads(details.get("shots", "null")),
        total=total,
        metrics=tuple(metrics.values()),
        items=Items(reader, count) if reader else NO_ITEMS,
        identity=[name, rows.hash],
        epochs=epochs,
        about=_about(results),
    )


def _form(text: str | None) -> FormName:
    return text if text in _FORMS else "generate"  # type: ignore[return-value]


def _stated_n(results: Sequence[Mapping[str, Any]]) -> int:
    """The number of samples that the results or their data set are said to have."""
    for result in results:
        n = ((result.get("score_details") or {}).get("uncertainty") or {}).get("num_samples")
        n = n or (result.get("source_data") or {}).get("samples_number")
        if n:
            return int(n)
    return 0


def _metric(result: Mapping[str, Any], taken: set[str]) -> LogMetric:
    config = result.get("metric_config") or {}
    score = result.get("score_details") or {}
    certain = score.get("uncertainty") or {}
    interval = certain.get("confidence_interval") or {}
    names = (config.get("metric_name"), config.get("metric_id"), result.get("evaluation_result_id"))
    free = [str(name) for name in names if name and str(name) not in taken]
    level = interval.get("confidence_level", 0.95)
    low, high = _bound(config.get("min_score"), 0.0), _bound(config.get("max_score"), 1.0)
    return LogMetric(
        key=free[0] if free else f"score{len(taken) + 1}" if taken else "score",
        kind="mean",
        value=_finite(score.get("score")),
        stderr=_finite((certain.get("standard_error") or {}).get("value")),
        higher_is_better=not config.get("lower_is_better", False),
        low=low,
        high=high,
        n=certain.get("num_samples"),
        ci=(interval["lower"], interval["upper"]) if interval and level == 0.95 else None,
        method=str(interval.get("method") or _details(result).get("method", "imported")),
    )


def _bound(value: Json, default: float) -> float:
    if value in ("Infinity", "-Infinity"):
        return float(value)
    found = _finite(value)
    return default if found is None else found


def _finite(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _about(results: Sequence[Mapping[str, Any]]) -> dict[str, Json]:
    if not results:
        return {}
    data = results[0].get("source_data") or {}
    kept = {"dataset": data.get("hf_repo") or data.get("url"), "split": data.get("hf_split")}
    return {key: value for key, value in kept.items() if value}


def _group(result: Mapping[str, Any]) -> LogGroup:
    details = _details(result)
    metric = _metric(result, set())
    members = tuple(json.loads(details.get("columns", "{}")))
    return LogGroup(str(result["evaluation_name"]), members, metric, metric.n or 0)
