"""`julja leaderboard [FILES…]`: models by benchmarks, with ties instead of false ranks."""

import gc
import os
from typing import TYPE_CHECKING, Any

import click

from julja.cli.common import json_option, open_store, print_json, say, store_option
from julja.errors import ConfigError

if TYPE_CHECKING:
    from julja.run.leaderboard.sheet import Sheet

# What goes with a store's runs, and what with files.
_STORE = ("suite", "tasks", "models", "runs", "mixed")
_FILES = ("groups", "columns", "n", "cluster", "lower_better", "floors")


@click.command()
@click.argument("files", nargs=-1)
@click.option("--suite", help="A suite's own columns and mean.")
@click.option("--task", "tasks", multiple=True, help="Only these tasks (* and ? allowed).")
@click.option("--model", "-m", "models", multiple=True, help="Only these models (* and ? allowed).")
@click.option("--run", "--runs", "runs", multiple=True, help="Only these runs.")
@click.option(
    "--mixed", is_flag=True, help="One column a task, whatever form, shots or version; marked."
)
@click.option("--rank-by", default="mean", show_default=True, help="mean, win_rate or a column.")
@click.option(
    "--ties",
    type=click.Choice(["auto", "items", "errors", "columns"]),
    default="auto",
    show_default=True,
    help="What models are told apart by.",
)
@click.option(
    "--normalise", "--normalize", "normalise", is_flag=True, help="Scores above guessing, 0 to 1."
)
@click.option(
    "--frontier",
    type=click.Choice(["staircase", "hull"]),
    default="staircase",
    show_default=True,
    help="Of score against cost.",
)
@click.option("--alpha", type=float, default=0.05, show_default=True, help="Of all pairs together.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the resamples.")
@click.option("--groups", type=click.Path(), help="JSON {group: [columns]}: a mean of group means.")
@click.option("--column", "columns", multiple=True, help="Only these columns of the files.")
@click.option("--n", type=int, help="Items behind each share, where files state no error.")
@click.option("--cluster", metavar="COLUMN", help="The prompt, in a file with a row for each.")
@click.option("--lower-better", multiple=True, metavar="COLUMN", help="Lower is better in it.")
@click.option("--floor", "floors", multiple=True, metavar="COLUMN=X", help="Guessing's score.")
@click.option("--html", type=click.Path(), help="Write a page, with csv and JSON beside it.")
@click.option("--csv", "csv_file", type=click.Path(), help="Write a table (- for stdout).")
@store_option
@json_option
def leaderboard(
    files: tuple[str, ...],
    html: str | None,
    csv_file: str | None,
    store: str | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Models by benchmarks: from the store, or from FILES (csv, JSON, JSON Lines).

    The newest complete run of each model for each task and protocol; intervals, tie groups and
    intervals of ranks; means and win rates; cost, and its frontier. FILES are tables of scores
    (LiveBench, HELM, FastChat, any csv with a column `model`), results and records that
    `julja export` wrote, or another leaderboard's JSON.
    """
    # Small systems gain nothing from threads, and lose much on a busy machine.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Hundreds of thousands of scores are read, none of them in a cycle.
    gc.disable()
    click.get_current_context().call_on_close(gc.enable)
    from julja.run.leaderboard.board import board
    from julja.run.leaderboard.means import normalised
    from julja.run.leaderboard.score import BoardOptions
    from julja.run.leaderboard.write import refuse_overwriting, write_board

    if not 0 < flags["alpha"] < 1:
        raise ConfigError(
            f"--alpha {flags['alpha']}: it lies between 0 and 1.", hint="--alpha 0.05"
        )
    refuse_overwriting(files, html, csv_file)
    sheet = _files_sheet(files, flags) if files else _store_sheet(store, flags)
    if flags["normalise"]:
        sheet = normalised(sheet)
    options = BoardOptions(
        rank_by=flags["rank_by"],
        units=flags["ties"],
        shape=flags["frontier"],
        alpha=flags["alpha"],
        seed=flags["seed"],
    )
    found = board(sheet, options)
    for path in write_board(found, html=html, csv_file=csv_file):
        say(f"wrote {path}")
    if as_json:
        print_json(found)
    elif csv_file != "-":
        from julja.report.board import print_board

        print_board(found)


def _given(flags: dict[str, Any], names: tuple[str, ...]) -> str | None:
    named = {"tasks": "task", "models": "model", "runs": "run", "columns": "column"}
    named |= {"floors": "floor", "lower_better": "lower-better"}
    return next((f"--{named.get(name, name)}" for name in names if flags[name]), None)


def _store_sheet(place: str | None, flags: dict[str, Any]) -> "Sheet":
    from julja.run.leaderboard.from_store import sheet_of_store, sheet_of_suite
    from julja.run.leaderboard.runs import Choice

    if strange := _given(flags, _FILES):
        raise ConfigError(f"{strange} is for files, and none is named.", hint="Name a table.")
    choice = Choice(flags["tasks"], flags["models"], flags["runs"], flags["mixed"])
    items = flags["ties"] in ("auto", "items")
    store = open_store(place, must_exist=True)
    try:
        if flags["suite"]:
            return sheet_of_suite(store, flags["suite"], choice, items=items)
        return sheet_of_store(store, choice, items=items)
    finally:
        store.close()


def _files_sheet(files: tuple[str, ...], flags: dict[str, Any]) -> "Sheet":
    from julja.run.leaderboard.files import FileOptions, read_groups, sheet_of_files

    if strange := _given(flags, _STORE):
        raise ConfigError(
            f"{strange} chooses among a store's runs, and files are named.",
            hint="Leave the files out, or the flag; --column chooses columns of files.",
        )
    if flags["n"] is not None and flags["n"] < 1:
        raise ConfigError(f"--n {flags['n']}: a score rests on one item at least.")
    options = FileOptions(
        n=flags["n"],
        lower_is_better=flags["lower_better"],
        groups=read_groups(flags["groups"]) if flags["groups"] else None,
        floors=_floors(flags["floors"]),
        only=flags["columns"],
        cluster=flags["cluster"],
    )
    return sheet_of_files(files, options)


def _floors(pairs: tuple[str, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for pair in pairs:
        name, mark, value = pair.rpartition("=")
        try:
            found[name] = float(value)
        except ValueError:
            mark = ""
        if not mark:
            raise ConfigError(f"--floor {pair}: it is COLUMN=NUMBER.", hint="--floor gpqa=25")
    return found
