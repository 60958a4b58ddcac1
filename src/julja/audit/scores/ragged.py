"""Tables of scores whose rows are shorter than their head: a model with the last columns missing.

A benchmark's data with such a row is damaged, and refused. Published tables of scores have them
(LiveBench's of 2026-01-08 ends within a row), and a missing score is nothing new to them.
"""

import csv
import io
import zlib
from pathlib import Path

from julja.data.files import open_bytes
from julja.types import Json


def read_ragged(path: str) -> tuple[list[dict[str, Json]], str] | None:
    """The rows of a csv or tsv file with None for what is missing, and a remark that says so.

    None for other files, and where a row is longer than the head: that one is damaged.
    """
    name = path.removesuffix(".gz")
    if not name.endswith((".csv", ".tsv")):
        return None
    try:
        with open_bytes(path) as stream:
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
            delimiter = "\t" if name.endswith(".tsv") else ","
            lines = [cells for cells in csv.reader(text, delimiter=delimiter) if cells]
    except (OSError, EOFError, UnicodeError, csv.Error, zlib.error):
        return None  # what is wrong with it was told before
    if len(lines) < 2 or len(set(lines[0])) < len(lines[0]):
        return None
    head, *rows = lines
    short = [number for number, cells in enumerate(rows, start=1) if len(cells) < len(head)]
    if not short or max(len(cells) for cells in rows) > len(head):
        return None
    found = [dict(zip(head, [*cells, *[None] * len(head)], strict=False)) for cells in rows]
    first = rows[short[0] - 1]
    remark = (
        f"{Path(path).name}: {len(short)} of {len(rows)} rows end before the last column (row"
        f" {short[0]}, {first[0]!r}, has {len(first)} of {len(head)}): those scores are missing"
    )
    return found, remark
