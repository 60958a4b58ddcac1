"""Reads the files of raw prompts, row by row where their format allows it."""

import io
import json
from collections.abc import Iterator

import orjson

from julja.builder.ingest import COLUMNS, IDS, Unreadable
from julja.data.files import kind, locate, open_bytes, read_lines, read_rows
from julja.errors import DataError
from julja.types import Row

# What else of a row is looked at; the answers of models, which fill most of a file, are not.
_BESIDE = ("language", "toxic", "openai_moderation", "input")


def iter_rows(place: str, more: tuple[str, ...] = ()) -> Iterator[tuple[int, Row | Unreadable]]:
    """The rows of a file with their numbers, from 0.

    A line that is no JSON object is given as `Unreadable`: in 200,000 lines of a log one bad line
    is no reason to stop, and it is listed. `more` names further columns that are wanted.
    """
    path = locate(place)
    suffix = kind(path)
    if suffix == ".jsonl":
        yield from _json_lines(path)
    elif suffix == ".parquet":
        yield from _parquet(path, more)
    else:
        rows = read_rows(place)
        if not isinstance(rows, list):
            raise DataError(
                f"{place}: its JSON is one object, not a list of rows.",
                hint="Write one JSON object a line (.jsonl).",
            )
        for number, row in enumerate(rows):
            if isinstance(row, str):
                yield number, {"prompt": row}
            elif isinstance(row, dict):
                yield number, row
            else:
                yield number, Unreadable(f"a row is {type(row).__name__}, not an object")


def _json_lines(path: str) -> Iterator[tuple[int, Row | Unreadable]]:
    number = 0
    for line, raw in read_lines(path):
        if not raw.strip():
            continue
        yield number, _row(raw, line)
        number += 1


def _row(raw: bytes, line: int) -> Row | Unreadable:
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            # Takes what orjson doesn't: NaN, lone surrogates.
            row = json.loads(raw.decode("utf-8", "replace"))
        except json.JSONDecodeError as error:
            return Unreadable(f"line {line} is no JSON: {error.msg} at column {error.colno}")
    if isinstance(row, str):
        return {"prompt": row}
    if not isinstance(row, dict):
        return Unreadable(f"line {line} is {type(row).__name__}, not an object")
    return row


def _parquet(path: str, more: tuple[str, ...]) -> Iterator[tuple[int, Row | Unreadable]]:
    import polars

    with open_bytes(path) as stream:
        data = io.BytesIO(stream.read())
    try:
        names = list(polars.read_parquet_schema(data))
        wanted = {*COLUMNS, *IDS, *_BESIDE, *more}
        table = polars.read_parquet(data, columns=[n for n in names if n in wanted] or names)
    except polars.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{path}: not a readable Parquet file ({reason}).",
            hint="The file may be cut or damaged: get it again.",
        ) from error
    number = 0
    for part in table.iter_slices(10_000):
        for row in part.to_dicts():
            yield number, row
            number += 1
