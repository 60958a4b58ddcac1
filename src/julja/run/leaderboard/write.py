"""Writes a leaderboard's files: one HTML page with its csv and JSON twins, or a csv alone."""

import csv
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from julja.errors import StoreError
from julja.report.board import board_rows


def board_csv(board: Mapping[str, Any]) -> str:
    """A leaderboard as csv."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(board_rows(board))
    return buffer.getvalue()


def write_board(
    board: Mapping[str, Any], *, html: str | None = None, csv_file: str | None = None
) -> list[Path]:
    """Write the files that are asked for; a csv named - goes to stdout."""
    written: list[Path] = []
    if html is not None:
        from julja.report.leaderboard import render_board

        page = Path(html)
        twins = {"csv": page.with_suffix(".csv"), "json": page.with_suffix(".json")}
        text = render_board(board, csv_name=twins["csv"].name, json_name=twins["json"].name)
        written.append(_write(page, text))
        written.append(_write(twins["csv"], board_csv(board)))
        written.append(_write(twins["json"], orjson.dumps(board).decode() + "\n"))
    if csv_file == "-":
        sys.stdout.write(board_csv(board))
    elif csv_file is not None and Path(csv_file) not in written:
        written.append(_write(Path(csv_file), board_csv(board)))
    return written


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{path} can't be written: {error.strerror}.") from error
    return path
