"""The samples of a record of Every Eval Ever: rows of one sample under several metrics are one."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from julja.errors import DataError
from julja.interop.eee.samples import KEPT
from julja.interop.log import Item
from julja.interop.stream import AGAIN, read_rows
from julja.types import (
    ChoiceLikelihood,
    Decoding,
    ErrorInfo,
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

_NEEDED = ("evaluation_name", "sample_id", "input", "evaluation")
_ROLES: Mapping[str, Role] = {"system": "system", "assistant": "assistant"}
# What a record is made of again; the rest of a row is kept as it is.
_MADE = frozenset({"schema_version", "evaluation_id", "model_id"})
_BY_RESULT = ("evaluation", "evaluation_result_id", "answer_attribution", "metadata")


@dataclass(slots=True)
class Scan:
    """What a file of samples holds: rows, records and samples by evaluation, its results' ids."""

    rows: int = 0
    names: Counter[str] = field(default_factory=Counter)
    samples: dict[str, int] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    results: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    hash: str = ""


class _Places:
    """Which record a row belongs to: its n-th row of one result is the n-th epoch of its sample."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str, str]] = Counter()

    def epoch(self, row: Mapping[str, Any]) -> int:
        told = (row.get("metadata") or {}).get("epoch")
        if told is not None and str(told).isdigit():
            return int(told)
        key = (row["evaluation_name"], str(row["sample_id"]), _result(row))
        self.seen[key] += 1
        return self.seen[key] - 1


def _result(row: Mapping[str, Any]) -> str:
    return str(row.get("evaluation_result_id") or "")


def scan(path: Path) -> Scan:
    """Go through a file of samples."""
    found = Scan()
    places = _Places()
    records: dict[str, set[tuple[str, int]]] = defaultdict(set)
    content = hashlib.sha256()
    for number, row in read_rows(path):
        lacking = (
            [key for key in _NEEDED if key not in row] if isinstance(row, dict) else ["fields"]
        )
        if lacking:
            raise DataError(
                f"{path}, line {number}: no row of Every Eval Ever: it has no {lacking[0]}.",
                hint=AGAIN,
            )
        name = str(row["evaluation_name"])
        found.rows += 1
        key = (str(row["sample_id"]), places.epoch(row))
        if key not in records[name]:
            content.update(f"{name}\0{key[0]}\0{row.get('sample_hash')}\0".encode())
        records[name].add(key)
        if _result(row) not in found.results[name] and not row.get("error"):
            found.results[name].append(_result(row))
    for name, keys in records.items():
        found.names[name] = len(keys)
        found.samples[name] = len({sample for sample, _ in keys})
        found.epochs[name] = max(epoch for _, epoch in keys) + 1
    found.hash = content.hexdigest()
    return found


def read_items(
    path: Path, name: str, keys: Mapping[str, str], left_out: Counter[str]
) -> Iterator[Item]:
    """The records of one evaluation; `keys` are its metrics by evaluation_result_id."""
    values = _values(path, name, keys)
    places = _Places()
    for number, row in read_rows(path):
        if row["evaluation_name"] != name:
            continue
        # Each record is made where its first row stands.
        found = values.pop((str(row["sample_id"]), places.epoch(row)), None)
        if found is None:
            continue
        try:
            yield _item(row, found, places, left_out)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{path}, line {number}: can't be read ({type(error).__name__}: {error}).",
                hint=AGAIN,
            ) from error


@dataclass(slots=True)
class _Found:
    epoch: int
    values: dict[str, float] = field(default_factory=dict)
    rows: dict[str, dict[str, Json]] = field(default_factory=dict)


def _values(path: Path, name: str, keys: Mapping[str, str]) -> dict[tuple[str, int], _Found]:
    """What each record's rows say apart from one another, by metric."""
    found: dict[tuple[str, int], _Found] = {}
    places = _Places()
    for _, row in read_rows(path):
        if row["evaluation_name"] != name:
            continue
        place = (str(row["sample_id"]), places.epoch(row))
        entry = found.setdefault(place, _Found(place[1]))
        metric = keys.get(_result(row))
        if metric is None or (row.get("error") and not row.get("evaluation_result_id")):
            continue
        entry.values[metric] = float(row["evaluation"]["score"])
        if not _is_own(row):
            entry.rows[metric] = {key: row[key] for key in _BY_RESULT if key in row}
    return found


def _is_own(row: Mapping[str, Any]) -> bool:
    """True for a row that julja wrote: all of it is made again from the record."""
    return {"leaf", "state", "has_response"} <= set(row.get("metadata") or {})


def _item(row: Mapping[str, Any], found: _Found, places: _Places, left_out: Counter[str]) -> Item:
    told: Mapping[str, str] = row["metadata"] if _is_own(row) else {}
    given = row["input"]
    sample = Sample(
        id=str(row["sample_id"]),
        input=str(given.get("raw") or ""),
        target=tuple(map(str, given.get("reference") or ())),
        choices=tuple(map(str, given.get("choices") or ())),
        answer=tuple(json.loads(told.get("answer", "[]"))),
        cluster=told.get("cluster"),
        fields=json.loads(told.get("fields", "{}")) if told else dict(row.get("metadata") or {}),
    )
    response = _response(row, told)
    request = _request(row, told, found.epoch) if response is not None else None
    values = {**json.loads(told.get("values", "{}")), **found.values}
    error = None
    if row.get("error") and not values:
        kind, colon, message = str(row["error"]).partition(": ")
        error = ErrorInfo(kind if colon else "Error", message or kind)
    kept: dict[str, Json] = json.loads(told.get("details", "{}"))
    if not _is_own(row):
        rest = {key: value for key, value in row.items() if key not in _MADE}
        kept[KEPT] = {
            **{key: value for key, value in rest.items() if key not in _BY_RESULT},
            "by_result": found.rows,
        }
        if len((row.get("output") or {}).get("raw") or ()) > 1:
            left_out["more answers of a row (kept, not shown)"] += 1
    state = told.get("state") or ("scored" if values else "skipped")
    score = None
    if error is None or told.get("state") not in (None, "error") or "explanation" in told:
        score = Score(
            values,
            state=state,  # type: ignore[arg-type]
            extracted=_extracted(row),
            explanation=told.get("explanation"),
            details=kept,
        )
        error = None if told else error
    cost = told.get("cost_usd")
    return Item(
        sample=sample,
        request=request,
        response=response,
        score=score,
        epoch=found.epoch,
        error=error,
        cost_usd=None if cost is None else float(cost),
    )


def _extracted(row: Mapping[str, Any]) -> str | None:
    said = row.get("answer_attribution") or ()
    final = [part for part in said if part.get("is_terminal")] or said
    return str(final[-1]["extracted_value"]) if final else None


def _response(row: Mapping[str, Any], told: Mapping[str, str]) -> Response | None:
    if told.get("has_response") == "false":
        return None
    output = row.get("output") or {}
    turns = [m for m in row.get("messages") or () if m.get("role") == "assistant"]
    texts = [m.get("content") or "" for m in turns] or [*(output.get("raw") or ("",))][:1]
    thoughts = output.get("reasoning_trace") or [
        m["reasoning_trace"] for m in turns[-1:] if m.get("reasoning_trace")
    ]
    usage = row.get("token_usage") or {}
    latency = (row.get("performance") or {}).get("latency_ms")
    seconds = json.loads(told.get("seconds", "null"))
    return Response(
        text=str(texts[-1]),
        reasoning="\n".join(map(str, thoughts)) or None,
        finish=told.get("finish", "unknown"),  # type: ignore[arg-type]
        choices=tuple(
            ChoiceLikelihood(text, float("-inf") if value is None else value, tokens, greedy)
            for text, value, tokens, greedy in json.loads(told.get("likelihoods", "[]"))
        ),
        usage=Usage(
            usage.get("input_tokens"),
            usage.get("output_tokens"),
            usage.get("input_tokens_cache_read"),
            usage.get("reasoning_tokens"),
        ),
        seconds=seconds if seconds is not None else None if latency is None else latency / 1000,
        earlier=tuple(map(str, texts[:-1])),
    )


def _request(row: Mapping[str, Any], told: Mapping[str, str], epoch: int) -> Request:
    messages = row.get("messages") or ()
    if messages:
        asked = messages[: max(i for i, m in enumerate(messages) if m.get("role") == "assistant")]
        turns = [(m.get("role"), m.get("content") or "") for m in asked]
    else:
        given = row["input"]
        plain = [["user", given.get("formatted") or given.get("raw") or ""]]
        turns = [(role, text) for role, text in json.loads(told.get("prompt", "null")) or plain]
    prompt = Prompt(tuple(Message(_ROLES.get(str(role), "user"), text) for role, text in turns))
    choices = [text for text, *_ in json.loads(told.get("likelihoods", "[]"))]
    return Request(
        "rank" if choices else "generate", prompt, Decoding(), tuple(choices), repeat=epoch
    )
