"""The samples file of a record of Every Eval Ever: a row for each (sample, metric)."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import orjson

from julja.interop.outgoing import Outgoing
from julja.types import Json, Metric, Prompt, Record, Sample

SCHEMA = "0.3.0"
# The place of what julja keeps of a foreign record, in a score's details.
KEPT = "eee"


def result_id(task: str, metric: str) -> str:
    """What joins the rows of samples to their aggregate."""
    return f"{task}/{metric}"


def dump(value: Json) -> str:
    """A value as the text that the schema has room for."""
    return json.dumps(value, ensure_ascii=False)


def write_rows(run: Outgoing, path: Path, evaluation_id: str, model_id: str) -> tuple[int, str]:
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
        key: value if isinstance(value, str) else dump(value)
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
