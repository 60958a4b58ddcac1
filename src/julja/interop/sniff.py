"""What format a file of results has, told from its content: the keys that it begins with."""

import json
import re
from pathlib import Path
from typing import Literal, TypeAlias

from julja.data.files import open_bytes
from julja.errors import DataError
from julja.interop.stream import AGAIN, explained

Format: TypeAlias = Literal["lm-eval", "inspect", "helm", "evalscope", "eee", "julja"]
FORMATS: tuple[Format, ...] = ("lm-eval", "inspect", "helm", "evalscope", "eee", "julja")
READABLE = (".json", ".jsonl", ".json.gz", ".jsonl.gz", ".eval", ".csv", ".csv.gz", ".parquet")

_HEAD = 1 << 18
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
# Keys that together tell a format; the first that fits counts.
_RULES: tuple[tuple[Format, frozenset[str]], ...] = (
    ("inspect", frozenset({"status", "eval"})),
    ("eee", frozenset({"evaluation_id", "schema_version", "evaluation_results"})),
    ("eee", frozenset({"evaluation_id", "schema_version", "model_info"})),
    ("eee", frozenset({"evaluation_id", "sample_id", "interaction_type"})),
    ("eee", frozenset({"evaluation_id", "schema_version", "sample_id"})),
    ("helm", frozenset({"scenario_spec", "adapter_spec"})),
    ("helm", frozenset({"adapter_spec", "request_states"})),
    ("helm", frozenset({"instance_id", "stats"})),
    ("helm", frozenset({"name", "count", "sum_squared"})),
    ("helm", frozenset({"name", "tags", "definition_path"})),
    ("evalscope", frozenset({"index", "sample_score"})),
    ("evalscope", frozenset({"index", "model_output"})),
    ("evalscope", frozenset({"dataset_name", "model_name", "metrics"})),
    ("julja", frozenset({"run", "task", "sample", "state", "scores"})),
    ("julja", frozenset({"run", "model", "signature", "results"})),
    ("lm-eval", frozenset({"doc_id", "arguments"})),
    ("lm-eval", frozenset({"doc_id", "resps"})),
    ("lm-eval", frozenset({"results", "versions"})),
    ("lm-eval", frozenset({"results", "configs"})),
    ("lm-eval", frozenset({"results", "config"})),
    ("lm-eval", frozenset({"results", "group_subtasks"})),
)


def sniff(path: Path) -> Format | None:
    """The format of a file, None where it is none of those; raises for damaged content."""
    name = path.name.lower()
    if name.endswith(".eval"):
        return "inspect"
    if name.endswith(".parquet"):
        return "julja" if _is_own_parquet(path) else None
    if name.endswith((".csv", ".csv.gz")):
        return (
            "julja" if _first_line(path).startswith(("run,model,task,", "task,sample,")) else None
        )
    if not name.endswith(READABLE):
        return None
    keys = head_keys(path)
    return next((found for found, needed in _RULES if needed <= keys), None)


def head_keys(path: Path) -> frozenset[str]:
    """The keys of the first object in a JSON file, as far as its first 256 KB hold them."""
    with explained(path), open_bytes(str(path)) as stream:
        raw = stream.read(_HEAD)
    text = raw.decode("utf-8", "replace").lstrip("﻿ \t\r\n")
    if not text:
        raise DataError(f"{path}: the file is empty.", hint=AGAIN)
    if text[0] not in "{[":
        raise DataError(f"{path}: not JSON: it begins with {text[:20]!r}.", hint=AGAIN)
    return frozenset(_keys(text))


def _keys(text: str) -> list[str]:
    found: list[str] = []
    depth, target = 0, 1 if text[0] == "{" else 2
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
            if depth < target:
                break
        elif depth == target and text[match.end() : match.end() + 3].lstrip().startswith(":"):
            found.append(json.loads(token, strict=False))
    return found


def _first_line(path: Path) -> str:
    with explained(path), open_bytes(str(path)) as stream:
        return stream.readline(1 << 16).removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def _is_own_parquet(path: Path) -> bool:
    import polars

    try:
        return {"task", "sample", "state"} <= set(polars.read_parquet_schema(path))
    except (polars.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: not a readable Parquet file ({reason}).", hint=AGAIN) from error
