"""`julja export RUN --to FORMAT`: a run as other tools and people read it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from julja.cli.common import json_option, open_store, print_json, say, store_option
from julja.errors import ConfigError

if TYPE_CHECKING:
    from julja.store.rows import RunRow
    from julja.store.sqlite import Store

TEXTS = ("jsonl", "csv", "md", "latex", "html", "json", "battles")
FILES = ("parquet", "lm-eval", "inspect", "eee", "hf", "submission")
FORMATS = (*TEXTS, *FILES)


@click.command()
@click.argument("run", default="last")
@click.option("--to", type=click.Choice(FORMATS), required=True, help="The format.")
@click.option(
    "--output", "-o", type=click.Path(), help="A file or a folder; else stdout where it can be."
)
@store_option
@json_option
def export(run: str, to: str, output: str | None, store: str | None, as_json: bool) -> None:
    """Write a run as text, as a table, or as another tool's files.

    jsonl, csv and parquet have a row for each record, md, latex, html and json the result; lm-eval,
    inspect, eee (Every Eval Ever) and hf (Hugging Face's .eval_results) are those tools' own
    files. `--to submission` writes the files that the benchmark's own leaderboard takes, `--to
    battles` what judges said of two answers, for `julja arena rate`. Texts of confidential
    benchmarks stay out of all of them.
    """
    opened = open_store(store, must_exist=True)
    try:
        row = opened.find_run(run)
        if to in FILES:
            written = _write_files(opened, row, to, output)
        elif output == "-" or (output is None and to != "html"):
            if as_json:
                raise ConfigError(
                    "--json says which files were written: name one.", hint="--output FILE"
                )
            sys.stdout.writelines(_lines(opened, row, to))
            return
        else:
            written = [_write_text(opened, row, to, Path(output or f"{row.id}.html"))]
    finally:
        opened.close()
    if as_json:
        print_json({"run": row.id, "format": to, "files": [str(path) for path in written]})
    for path in written if not as_json else ():
        say(f"wrote {path}")


def _lines(store: "Store", row: "RunRow", to: str) -> Iterator[str]:
    if to == "latex":
        from julja.run.exports import latex_lines

        return latex_lines(store, row)
    from julja.run.reports import export_lines

    return export_lines(store, row.id, to)


def _write_text(store: "Store", row: "RunRow", to: str, target: Path) -> Path:
    from julja.writing import writing

    with writing(target), target.open("w", encoding="utf-8") as file:
        file.writelines(_lines(store, row, to))
    return target


def _write_files(store: "Store", row: "RunRow", to: str, output: str | None) -> list[Path]:
    if output == "-":
        raise ConfigError(f"--to {to} writes files.", hint="Name a folder: --output FOLDER")
    if to == "submission":
        from julja.run.submissions import write_submission

        return list(write_submission(store, row.id, Path(output or f"{row.id}-submission")))
    from julja.run.exports import write_export

    name = f"{row.id}.parquet" if to == "parquet" else f"{row.id}-{to}"
    return write_export(
        store, row, to, Path(output or name), warn=lambda text: say(f"julja: {text}")
    )
