"""Rows of any usual shape -> prompts: Arena-Hard, Chatbot Arena, LMSYS-Chat-1M, WildChat, MT-Bench,
ShareGPT, Alpaca, plain lines.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from julja.builder.clean import clean
from julja.builder.language import detect, is_language, language_code
from julja.builder.prompts import Prompt, Removed
from julja.builder.settings import BuildConfig
from julja.errors import DataError, did_you_mean
from julja.types import Json, Row

STAGE = "ingest"
# The first of these that a file has holds its prompts.
COLUMNS = (
    *("conversation", "conversation_a", "messages", "conversations", "full_conversation"),
    *("turns", "prompt", "instruction", "question", "text", "query", "user_prompt", "problem"),
    *("input", "content"),
)
IDS = ("id", "uid", "question_id", "prompt_id", "conversation_id", "conversation_hash", "key")
_PERSON = ("user", "human", "prompter")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line of a file that holds no row."""

    why: str


@dataclass(frozen=True, slots=True)
class Ingested:
    """The prompts of some files, and every row that gave none."""

    prompts: Sequence[Prompt]
    removed: Sequence[Removed]
    rows: int


class _NoPrompt(Exception):
    """A row without a prompt that can be used: the reason, in one word."""


def find_column(file: str, rows: Sequence[Row], wanted: str | None) -> str:
    """The column with the prompts: the wanted one, else the first usual name that has values."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if wanted is not None:
        if wanted not in names:
            hint = did_you_mean(wanted, names) or f"It has {', '.join(names[:12])}."
            raise DataError(f"{file}: there is no column {wanted!r}.", hint=hint)
        return wanted
    for name in COLUMNS:
        if any(row.get(name) for row in rows):
            return name
    raise DataError(
        f"{file}: no column looks like prompts; it has {', '.join(names[:12]) or 'none'}.",
        hint="Name it: --column NAME",
    )


def ingest(
    file: str, rows: Iterable[tuple[int, Row | Unreadable]], config: BuildConfig
) -> Ingested:
    """The prompts of one file, cleaned, in the wanted language and number of turns.

    `rows` are the file's rows with their numbers, from 0.
    """
    rows = iter(rows)
    head = _peek(rows)
    known = [row for _, row in head if not isinstance(row, Unreadable)]
    if head and not known:
        first = head[0][1]
        why = first.why if isinstance(first, Unreadable) else ""
        raise DataError(f"{file}: none of its first {len(head)} lines is a row ({why}).")
    column = find_column(file, known, config.column) if known else ""
    prompts: list[Prompt] = []
    removed: list[Removed] = []
    count = 0
    for number, row in chain(head, rows):
        count += 1
        taken = _take(file, number, row, column, config)
        if isinstance(taken, Prompt):
            prompts.append(taken)
        else:
            removed.append(taken)
    return Ingested(prompts, removed, count)


def _peek(rows: Iterator[tuple[int, Row | Unreadable]]) -> list[tuple[int, Row | Unreadable]]:
    return list(islice(rows, 100))


def _take(
    file: str, number: int, row: Row | Unreadable, column: str, config: BuildConfig
) -> Prompt | Removed:
    fallback = f"row-{number}"
    if isinstance(row, Unreadable):
        return Removed(fallback, file, number, STAGE, "unreadable", {"why": row.why})
    name = next((str(row[key]) for key in IDS if row.get(key) not in (None, "")), fallback)
    try:
        turns = user_turns(row.get(column))
    except _NoPrompt as error:
        return Removed(name, file, number, STAGE, str(error))
    text = clean(turns[0]) if turns else ""
    if column == "instruction" and isinstance(row.get("input"), str) and row["input"].strip():
        # Alpaca: what the instruction is about stands in a column of its own.
        text = f"{text}\n\n{clean(row['input'])}"
    if len(turns) > 1 and config.turns == "single":
        about: dict[str, Json] = {"turns": len(turns)}
        return Removed(name, file, number, STAGE, "multi_turn", about, text)
    if flagged(row) and not config.keep_flagged:
        return Removed(name, file, number, STAGE, "flagged_by_source", {}, text)
    named = row.get("language")
    code = language_code(named) if isinstance(named, str) and named.strip() else detect(text)
    if text and not is_language(code, config.language):
        return Removed(name, file, number, STAGE, "language", {"language": code}, text)
    kept = {field: row[field] for field in config.keep_fields if field in row}
    return Prompt(name, text, file, number, code, kept)


def user_turns(value: Json) -> list[str]:
    """What the person said in a cell of any usual shape, turn by turn.

    >>> user_turns([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}])
    ['Hi']
    """
    if value is None:
        return []
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, Mapping):
        return [_content(value)]
    if not isinstance(value, Sequence):
        raise _NoPrompt("no_text")
    if all(isinstance(item, str) for item in value):
        return [str(item) for item in value]
    return [
        _content(item)
        for item in value
        if isinstance(item, Mapping) and _speaker(item) in (None, *_PERSON)
    ]


def _from_text(text: str) -> list[str]:
    """A text is a prompt; a JSON list of texts or turns (as CSV files hold them) is many."""
    if text[:1] == "[" and text.rstrip()[-1:] == "]" and text[1:].lstrip()[:1] in ('"', "{"):
        try:
            items = json.loads(text)
        except ValueError:
            return [text]
        usual = all(isinstance(i, str) or (isinstance(i, dict) and _is_turn(i)) for i in items)
        return user_turns(items) if items and usual else [text]
    return [text]


def _is_turn(item: Mapping[str, Json]) -> bool:
    return ("role" in item or "from" in item) and ("content" in item or "value" in item)


def _speaker(item: Mapping[str, Json]) -> str | None:
    for key in ("role", "from", "author"):
        if isinstance(item.get(key), str):
            return str(item[key])
    return None


def _content(item: Mapping[str, Json]) -> str:
    for key in ("content", "value", "text", "user"):
        value = item.get(key)
        if isinstance(value, Mapping):
            return _content(value)
        if isinstance(value, str):
            return value
        if isinstance(value, Sequence):
            parts = [part for part in value if isinstance(part, Mapping)]
            if any(part.get("type", "text") != "text" for part in parts):
                raise _NoPrompt("not_text_alone")
            return "\n".join(str(part.get("text", "")) for part in parts)
    raise _NoPrompt("no_text")


def flagged(row: Row) -> bool:
    """True where the source's own moderation marked the conversation (WildChat, LMSYS)."""
    if row.get("toxic") is True:
        return True
    marks = row.get("openai_moderation")
    if isinstance(marks, Mapping):
        marks = [marks]
    return isinstance(marks, Sequence) and any(
        isinstance(mark, Mapping) and mark.get("flagged") is True for mark in marks
    )


def unique_ids(prompts: Sequence[Prompt]) -> list[Prompt]:
    """The prompts with ids that name one prompt each: a second one gets its row added.

    With several files, ids that are mere row numbers are told apart in the same way.
    """
    seen: set[str] = set()
    found: list[Prompt] = []
    for prompt in prompts:
        name = prompt.id
        if name in seen:
            name = f"{prompt.id}@{prompt.row}"
        if name in seen:
            name = f"{prompt.file}:{prompt.id}@{prompt.row}"
        seen.add(name)
        found.append(prompt if name == prompt.id else replace(prompt, id=name))
    return found
