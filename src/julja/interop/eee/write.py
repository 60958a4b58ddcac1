"""A run as records of Every Eval Ever, schema 0.3.0: an aggregate and its samples.

    data/COLLECTION/DEVELOPER/MODEL/<uuid4>.json            what was measured
    data/COLLECTION/DEVELOPER/MODEL/<uuid4>_samples.jsonl   a row for each (sample, metric)

What the schema has no field for (form, shots, counts, states, epochs) stands in its
`additional_details` and `metadata`, whose values are texts. A run that came from such a record
keeps all that its record said. The schema has no "no score": a record without one is a row with its
error, 0 in the field that must be a number, and no `evaluation_result_id`, so that nobody joins it.
"""

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import orjson

from julja.interop.eee.samples import KEPT, SCHEMA, dump, result_id, write_rows
from julja.interop.outgoing import ENGINES, Outgoing, engine_and_name, metric_range
from julja.types import Json, Metric
from julja.writing import writing

COLLECTION = "julja"
_UNSAFE = re.compile(r'[<>:"\\|?*\x00-\x1f/ ]')
# Who answers: a server of somebody else's, or this machine.
_HOSTED = frozenset({"openai", "anthropic", "google"})


def write_eee(run: Outgoing, folder: Path) -> list[Path]:
    """Write both files below a folder; the paths written."""
    original = _original(run)
    model_id = _model_id(run, original)
    evaluation_id = original.get("evaluation_id") or _evaluation_id(run, model_id)
    name = str(uuid.UUID(bytes=hashlib.sha256(evaluation_id.encode()).digest()[:16], version=4))
    developer, _, own = model_id.partition("/")
    place = Path("data", COLLECTION, _safe(developer), _safe(own))
    target = folder / place
    samples = target / f"{name}_samples.jsonl"
    aggregate = target / f"{name}.json"
    with writing(target):
        target.mkdir(exist_ok=True)
        rows, checksum = write_rows(run, samples, evaluation_id, model_id)
        content = _aggregate(run, original, evaluation_id, model_id)
        if rows:
            content["detailed_evaluation_results"] = {
                "format": "jsonl",
                "file_path": f"{place}/{samples.name}",
                "hash_algorithm": "sha256",
                "checksum": checksum,
                "total_rows": rows,
            }
        else:
            samples.unlink()
            content.pop("detailed_evaluation_results", None)
        aggregate.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    return [aggregate, samples] if rows else [aggregate]


def _original(run: Outgoing) -> dict[str, Any]:
    """The record that a run was imported from, or nothing."""
    found = ((run.imported or {}).get("about") or {}).get(KEPT)
    return dict(found) if isinstance(found, Mapping) else {}


def _model_id(run: Outgoing, original: Mapping[str, Any]) -> str:
    if original:
        return str(original["model_info"]["id"])
    engine, name = engine_and_name(run.model)
    return name if engine and "/" in name else run.model if "/" in run.model else f"local/{name}"


def _evaluation_id(run: Outgoing, model_id: str) -> str:
    """The schema's own pattern: eval_name/model_id/timestamp."""
    tasks = "+".join(part["task"] for part in run.result["results"])
    return f"{tasks[:80]}/{model_id}/{run.finished:.0f}/{run.run}"


def _safe(name: str) -> str:
    """A name as one component of a path."""
    return _UNSAFE.sub("_", name).rstrip(".") or "unknown"


def _aggregate(
    run: Outgoing, original: Mapping[str, Any], evaluation_id: str, model_id: str
) -> dict[str, Any]:
    library, version = run.tool
    # A record that came from elsewhere goes out with the numbers as it stated them.
    results = list(original.get("evaluation_results") or ()) or list(_results(run))
    about = {"run": run.run, "command": run.command, "signature": str(run.result["signature"])}
    return {
        "schema_version": SCHEMA,
        "evaluation_id": evaluation_id,
        "evaluation_timestamp": str(int(run.created)),
        "retrieved_timestamp": str(int(run.finished)),
        "source_metadata": {
            "source_name": library,
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
            "additional_details": about,
        },
        "eval_library": {
            "name": library,
            "version": version,
            "additional_details": {"written_by": f"julja {run.version}"},
        },
        "model_info": _model_info(run, model_id),
        **{key: value for key, value in original.items() if key != "evaluation_results"},
        "evaluation_results": results,
    }


def _model_info(run: Outgoing, model_id: str) -> dict[str, Any]:
    engine, _ = engine_and_name(run.model)
    provider = run.model.partition("/")[0]
    hosted = provider in _HOSTED and not run.settings.get("base_url")
    info: dict[str, Any] = {
        "name": run.model,
        "id": model_id,
        "developer": model_id.partition("/")[0],
        "additional_details": {
            "deployment_type": "self_deployed"
            if engine
            else "externally_managed"
            if hosted
            else "unknown",
            "model_availability": "open_weights" if engine else "unknown",
            "julja_model": run.model,
        },
    }
    if engine:
        info["inference_engine"] = {"name": ENGINES[engine]}
    elif hosted:
        info["inference_platform"] = provider
    return info


def _results(run: Outgoing) -> Iterator[dict[str, Any]]:
    """One entry for each metric of each task and subset, then one for each suite."""
    for part in run.result["results"]:
        for piece in (part, *part["subsets"]):
            for name, found in piece["metrics"].items():
                if found["value"] is not None:
                    yield _result(run, part, piece, name, found)
    for suite in run.result["suites"]:
        found = suite["score"]
        if found and found.get("value") is not None:
            name = str(found.get("metric") or "score")
            details = {"julja_kind": "suite", "columns": dump(suite["columns"])}
            yield _entry(
                run, suite["suite"], name, found, {"dataset_name": suite["suite"]}, details
            )


def _result(
    run: Outgoing,
    part: Mapping[str, Any],
    piece: Mapping[str, Any],
    name: str,
    found: Mapping[str, Any],
) -> dict[str, Any]:
    details = {
        "julja_kind": "task" if piece is part else "subset",
        "task": str(part["task"]),
        "version": dump(part["version"]),
        "form": str(part["form"] or ""),
        "shots": dump(part["shots"]),
        "counts": dump(piece["counts"]),
        "usage": dump(piece["usage"]),
        "seconds": dump(piece["seconds"]),
        "signature": str(part.get("signature") or run.result["signature"]),
        "bounds": dump(found.get("bounds")),
        "method": str(found.get("method") or ""),
    }
    source = run.sources.get(part["task"])
    data: dict[str, Any] = {"dataset_name": str(piece["task"])}
    if source is not None and source.hub:
        data |= {"source_type": "hf_dataset", "hf_repo": source.hub, "hf_split": source.split}
        extra = {"revision": source.revision, "config": source.config}
        if any(extra.values()):
            data["additional_details"] = {k: str(v) for k, v in extra.items() if v}
    made = _entry(run, str(piece["task"]), name, found, data, details)
    made["generation_config"] = _generation(run, part)
    return made


def _entry(
    run: Outgoing,
    task: str,
    name: str,
    found: Mapping[str, Any],
    data: dict[str, Any],
    details: dict[str, str],
) -> dict[str, Any]:
    metric = run.metric(task, name, found["value"])
    data.setdefault("source_type", "other")
    return {
        "evaluation_result_id": result_id(task, name),
        "evaluation_name": task,
        "source_data": data,
        "metric_config": _metric_config(metric, name, found["value"]),
        "score_details": {
            "score": found["value"],
            "details": details,
            "uncertainty": _uncertainty(found),
        },
    }


def _metric_config(metric: Metric, name: str, value: float) -> dict[str, Any]:
    low, high = metric_range(metric)
    low, high = min(low, value), max(high, value)
    return {
        "metric_id": name,
        "metric_name": name,
        "lower_is_better": not metric.higher_is_better,
        "score_type": "continuous",
        "min_score": low if isfinite(low) else "-Infinity",
        "max_score": high if isfinite(high) else "Infinity",
        **({"metric_unit": "proportion"} if (low, high) == (0, 1) else {}),
    }


def _uncertainty(found: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"num_samples": int(found["n"])}
    if found["stderr"] is not None:
        made["standard_error"] = {"value": found["stderr"]}
    if found["ci"] is not None and all(map(isfinite, found["ci"])):
        made["confidence_interval"] = {
            "lower": found["ci"][0],
            "upper": found["ci"][1],
            "confidence_level": 0.95,
            "method": str(found.get("method") or "unknown"),
        }
    return made


def _generation(run: Outgoing, part: Mapping[str, Any]) -> dict[str, Any]:
    decoding = run.decoding.get(part["task"])
    arguments: dict[str, Json] = {"execution_command": run.command}
    if decoding is not None and part["form"] == "generate":
        arguments |= {"temperature": decoding.temperature, "max_tokens": decoding.max_tokens}
        if decoding.top_p is not None:
            arguments["top_p"] = decoding.top_p
    return {
        "generation_args": arguments,
        "additional_details": {"form": str(part["form"] or ""), "shots": dump(part["shots"])},
    }
