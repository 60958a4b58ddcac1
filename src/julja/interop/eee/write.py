"""A run as records of Every Eval Ever, schema 0.3.0: an aggregate and its samples.

    data/COLLECTION/DEVELOPER/MODEL/<uuid4>.json            what was measured
    data/COLLECTION/DEVELOPER/MODEL/<uuid4>_samples.jsonl   a row for each (sample, metric)

What the schema has no field for (form, shots, counts, states, epochs) stands in its
`additional_details` and `metadata`, whose values are texts. A run that came from such a record
keeps all that its record said. The schema has no "no score": a record without one is a row with its
error, 0 in the field that must be a number, and no `evaluation_result_id`, so that nobody joins it.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import orjson

from julja.errors import StoreError
from julja.interop.outgoing import ENGINES, Outgoing, engine_and_name, metric_range
from julja.types import Json, Metric, Prompt, Record, Sample

SCHEMA = "0.3.0"
COLLECTION = "julja"
# The place of what julja keeps of a foreign record, in a score's details.
KEPT = "eee"
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
    try:
        target.mkdir(parents=True, exist_ok=True)
        rows, checksum = _write_rows(run, samples, evaluation_id, model_id)
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
    except OSError as error:
        raise StoreError(f"{target} can't be written: {error.strerror}.") from error
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
            details = {"julja_kind": "suite", "columns": _dump(suite["columns"])}
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
        "version": _dump(part["version"]),
        "form": str(part["form"] or ""),
        "shots": _dump(part["shots"]),
        "counts": _dump(piece["counts"]),
        "usage": _dump(piece["usage"]),
        "seconds": _dump(piece["seconds"]),
        "signature": str(part.get("signature") or run.result["signature"]),
        "bounds": _dump(found.get("bounds")),
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


def result_id(task: str, metric: str) -> str:
    """What joins the rows of samples to their aggregate."""
    return f"{task}/{metric}"


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
        "additional_details": {"form": str(part["form"] or ""), "shots": _dump(part["shots"])},
    }


def _dump(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write_rows(run: Outgoing, path: Path, evaluation_id: str, model_id: str) -> tuple[int, str]:
    """(rows, SHA-256) of the samples file."""
    head = {"schema_version": SCHEMA, "evaluation_id": evaluation_id, "model_id": model_id}
    known = {part["task"] for part in run.parts}
    rows, found = 0, hashlib.sha256()
    with path.open("wb") as file:
        for record, sample in run.records():
            for row in _rows(run, record, sample, known):
                line = orjson.dumps({**head, **row}) + b"\n"
                found.update(line)
                file.write(line)
                rows += 1
    return rows, found.hexdigest()


def _rows(
    run: Outgoing, record: Record, sample: Sample | None, known: set[str]
) -> Iterator[dict[str, Any]]:
    """A row for each metric that a record has a value of; one without, where it has none."""
    task = record.task if record.task in known else run.task_of(record.task)
    part = next((part for part in run.parts if part["task"] == task), None)
    names = part["metrics"] if part else {}
    values = record.score.values if record.score else {}
    common = _common(record, sample, task)
    kept = dict(record.score.details.get(KEPT) or {}) if record.score else {}
    stored = {key: value for key, value in kept.items() if key != "by_result"}
    shown = 0
    for name in names:
        metric = run.metric(task, name)
        if metric.key not in values:
            continue
        shown += 1
        row = {
            **common,
            "evaluation_result_id": result_id(task, name),
            "evaluation": {
                "score": values[metric.key],
                "is_correct": _is_correct(metric, values[metric.key]),
            },
            **stored,
        }
        original = (kept.get("by_result") or {}).get(metric.key)
        yield {**row, **original} if original else row
    if not shown:
        nothing = {"score": 0.0, "is_correct": False}
        error = common["error"] or f"{record.state}: no score"
        yield {**common, "evaluation": nothing, **stored, "error": error}


def _is_correct(metric: Metric, value: float) -> bool:
    best = metric.high if metric.higher_is_better else metric.low
    return value == best if isfinite(best) else False


def _common(record: Record, sample: Sample | None, task: str) -> dict[str, Any]:
    """What all rows of one record share."""
    response, score = record.response, record.score
    raw = (sample.input if sample else "") or _text(record.prompt)
    reference = list(record.target)
    row: dict[str, Any] = {
        "evaluation_name": task,
        "sample_id": record.sample,
        "sample_hash": _hash(raw, reference),
        "interaction_type": "single_turn",
        "input": {
            "raw": raw,
            "formatted": _text(record.prompt) if record.prompt else None,
            "reference": reference,
            "choices": list(sample.choices) if sample and sample.choices else None,
        },
        "output": {
            "raw": [response.text] if response else [],
            "reasoning_trace": [response.reasoning] if response and response.reasoning else None,
        },
        "messages": None,
        "answer_attribution": _attribution(record),
        "token_usage": _usage(record),
        "performance": _performance(record),
        "error": f"{record.error.kind}: {record.error.message}" if record.error else None,
        "metadata": _metadata(record, sample),
    }
    if response is not None and response.earlier:
        row |= _conversation(record)
    if score is not None and score.state in ("refused", "truncated") and row["error"] is None:
        row["error"] = score.state
    return row


def _hash(raw: str, reference: Sequence[str]) -> str:
    return hashlib.sha256((raw + "".join(reference)).encode()).hexdigest()


def _text(prompt: Prompt | None) -> str:
    return prompt.text if prompt else ""


def _attribution(record: Record) -> list[dict[str, Any]]:
    if record.score is None or record.score.extracted is None:
        return []
    several = record.response is not None and record.response.earlier
    return [
        {
            "turn_idx": 2 * len(record.response.earlier) + 1 if several and record.response else 0,
            "source": "messages[turn_idx].content" if several else "output.raw",
            "extracted_value": record.score.extracted,
            "extraction_method": "scorer",
            "is_terminal": True,
        }
    ]


def _usage(record: Record) -> dict[str, Any] | None:
    usage = record.response.usage if record.response else None
    if usage is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "input_tokens_cache_read": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def _performance(record: Record) -> dict[str, Any] | None:
    seconds = record.response.seconds if record.response else None
    return None if seconds is None else {"latency_ms": seconds * 1000}


def _metadata(record: Record, sample: Sample | None) -> dict[str, str]:
    """What the schema has no field for, as texts."""
    score, response = record.score, record.response
    kept: dict[str, Json] = {
        "leaf": record.task,
        "epoch": record.epoch,
        "state": record.state,
        "values": dict(score.values) if score else {},
        "cost_usd": record.cost_usd,
        "seconds": response.seconds if response else None,
        "finish": response.finish if response else None,
        "prompt": [[m.role, m.content] for m in record.prompt.messages]
        if record.prompt and len(record.prompt.messages) > 1
        else None,
        "likelihoods": _likelihoods(record),
        "explanation": score.explanation if score else None,
        "answer": list(sample.answer) if sample and sample.answer else None,
        "cluster": sample.cluster if sample else None,
        "details": {k: v for k, v in score.details.items() if k != KEPT} if score else None,
        "fields": dict(record.fields),
        "has_response": response is not None,
    }
    return {
        key: value if isinstance(value, str) else _dump(value)
        for key, value in kept.items()
        if value not in (None, {}, [])
    }


def _likelihoods(record: Record) -> Json:
    choices = record.response.choices if record.response else ()
    return [
        [c.text, c.loglikelihood if isfinite(c.loglikelihood) else None, c.tokens, c.greedy]
        for c in choices
    ] or None


def _conversation(record: Record) -> dict[str, Any]:
    """Several turns: the prompt holds all but the last answer."""
    assert record.prompt is not None and record.response is not None
    turns = [(m.role, m.content, None) for m in record.prompt.messages]
    turns.append(("assistant", record.response.text, record.response.reasoning))  # type: ignore[arg-type]
    messages = [
        {"turn_idx": i, "role": role, "content": text, "reasoning_trace": thought}
        for i, (role, text, thought) in enumerate(turns)
    ]
    return {"interaction_type": "multi_turn", "output": None, "messages": messages}
