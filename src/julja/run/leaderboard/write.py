"""Writes a leaderboard's files: one HTML page with its csv and JSON twins, or a csv alone."""

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from julja.errors import ConfigError


def board_csv(board: Mapping[str, Any]) -> str:
    """A leaderboard as csv."""
    from julja.report.board import board_rows

    buffer = io.StringIO()
    csv.writer(buffer).writerows(board_rows(board))
    return buffer.getvalue()


def outputs(html: str | None, csv_file: str | None) -> list[Path]:
    """Every file that is going to be written: beside a page its twins."""
    found = [] if html is None else [Path(html).with_suffix(s) for s in (".csv", ".json")]
    found += [Path(html)] if html is not None else []
    return found + ([Path(csv_file)] if csv_file not in (None, "-") else [])


def refuse_overwriting(inputs: Sequence[str], html: str | None, csv_file: str | None) -> None:
    """ConfigError where a file that is read would be written over."""
    read = {Path(name.partition("#")[0]).resolve() for name in inputs}
    for path in outputs(html, csv_file):
        if path.resolve() in read:
            raise ConfigError(
                f"{path} is read, and would be written over.",
                hint="Give the page another name: its csv and JSON are called after it.",
            )


def write_board(
    board: Mapping[str, Any], *, html: str | None = None, csv_file: str | None = None
) -> list[Path]:
    """Write the files that are asked for; a csv named - goes to stdout."""
    from julja.writing import write_text

    written: list[Path] = []
    if html is not None:
        from julja.report.leaderboard import render_board

        page = Path(html)
        twins = {"csv": page.with_suffix(".csv"), "json": page.with_suffix(".json")}
        text = render_board(board, csv_name=twins["csv"].name, json_name=twins["json"].name)
        written.append(write_text(page, text))
        written.append(write_text(twins["csv"], board_csv(board)))
        written.append(write_text(twins["json"], orjson.dumps(board).decode() + "\n"))
    if csv_file == "-":
        sys.stdout.write(board_csv(board))
    elif csv_file is not None and Path(csv_file) not in written:
        written.append(write_text(Path(csv_file), board_csv(board)))
    return written
