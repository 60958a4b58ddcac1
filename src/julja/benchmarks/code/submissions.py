"""Reads files of generated programs: one row for each program, or for each task with a list."""

from collections.abc import Sequence

from julja.errors import DataError
from julja.types import Json, Row, Sample

TEXTS = ("completion", "response", "solution", "samples", "generation", "completions")


def group_programs(content: Json, samples: Sequence[Sample], prefix: str) -> list[Row]:
    """Rows `{"id", "response": [TEXT, …]}`, one for each task, programs in file order.

    A row names its task by `task_id` or `id` (with or without `prefix`), else by its `prompt`. Ids
    that are not in the benchmark are kept, so that the caller can name them.
    """
    rows = content if isinstance(content, list) else [content]
    known = {sample.id for sample in samples}
    prompts = {sample.input.strip(): sample.id for sample in samples}
    found: dict[str, list[str]] = {}
    for number, row in enumerate(rows, start=1):
        texts = _texts(row)
        name = _name(row, known, prompts, prefix)
        if texts is None or name is None:
            raise DataError(
                f"row {number} of the responses is no program: {str(row)[:80]!r}",
                hint='Give rows {"task_id": …, "completion": …}.',
            )
        found.setdefault(name, []).extend(texts)
    return [{"id": name, "response": texts} for name, texts in found.items()]


def _texts(row: Json) -> list[str] | None:
    if not isinstance(row, dict):
        return None
    value = next((row[name] for name in TEXTS if row.get(name) is not None), None)
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return value
    return None


def _name(row: Json, known: set[str], prompts: dict[str, str], prefix: str) -> str | None:
    if not isinstance(row, dict):
        return None
    given = next((row[name] for name in ("task_id", "id") if row.get(name) is not None), None)
    if given is None:
        return prompts.get(str(row.get("prompt", "")).strip())
    bare = str(given).removeprefix(prefix)
    return next((name for name in (str(given), prefix + bare, bare) if name in known), str(given))
