"""`julja export RUN --to FORMAT`: a run as other tools and people read it."""

import sys
from pathlib import Path

import click

from julja.cli.common import open_store, say, store_option
from julja.errors import StoreError

FORMATS = ("jsonl", "csv", "md", "html", "json", "submission", "battles")


@click.command()
@click.argument("run", default="last")
@click.option("--to", type=click.Choice(FORMATS), required=True, help="The format.")
@click.option(
    "--output", "-o", type=click.Path(), help="A file or, for a submission, a folder; else stdout."
)
@store_option
def export(run: str, to: str, output: str | None, store: str | None) -> None:
    """Write a run as JSON Lines (a record a line), CSV, Markdown, HTML or JSON.

    `--to submission` writes the files that the benchmark's own leaderboard takes, `--to battles`
    what judges said of two answers, for `julja arena rate`.
    """
    from julja.run.reports import export_lines

    opened = open_store(store, must_exist=True)
    try:
        row = opened.find_run(run)
        if to == "submission":
            from julja.run.submissions import write_submission

            for path in write_submission(opened, row.id, Path(output or f"{row.id}-submission")):
                say(f"wrote {path}")
            return
        if output is None and to == "html":
            output = f"{row.id}.html"
        if output is None or output == "-":
            sys.stdout.writelines(export_lines(opened, row.id, to))
            return
        target = Path(output)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("w", encoding="utf-8") as file:
                file.writelines(export_lines(opened, row.id, to))
        except OSError as error:
            raise StoreError(f"{target} can't be written: {error.strerror}.") from error
        say(f"wrote {target}")
    finally:
        opened.close()
