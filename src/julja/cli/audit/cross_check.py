"""`julja audit cross-check FILE…`: do tables of scores rank the same models alike?"""

from typing import TYPE_CHECKING, Any

import click

from julja.cli.common import json_option, print_json, say, store_option
from julja.errors import ConfigError

if TYPE_CHECKING:
    from julja.audit.scores.table import ScoreTable


@click.command("cross-check")
@click.argument("files", nargs=-1)
@click.option("--names", metavar="FILE", help="JSON of names, for all tables or by table.")
@click.option(
    "--threshold", default=0.7, show_default=True, help="Spearman that counts as agreement."
)
@click.option("--cluster", metavar="COLUMN", help="The prompt's column, in a row-by-row file.")
@click.option(
    "--lower-is-better", multiple=True, metavar="TABLE", help="For losses and error rates."
)
@click.option("--runs", is_flag=True, help="Also the tasks of the store's runs.")
@click.option("--task", "tasks", multiple=True, help="With --runs: only these tasks.")
@click.option("--seed", default=0, show_default=True, help="Of all resamples.")
@store_option
@json_option
def cross_check(files: tuple[str, ...], as_json: bool, **flags: Any) -> None:
    """Compare benchmarks, own evals and the arena: who ranks models unlike the others.

    A FILE is a table of models by benchmarks, a leaderboard, ratings, battles, or what
    `julja show RUN --json` prints. FILE#NAME takes one column or part of it.
    """
    from julja.audit.cross_check import check
    from julja.audit.scores.read import read_tables
    from julja.cli.audit.runs import run_tables
    from julja.cli.audit.sources import read_names, turned, united

    if not -1 < flags["threshold"] < 1:
        raise ConfigError(f"--threshold {flags['threshold']:g}: lies between -1 and 1.")
    if not files and not flags["runs"]:
        raise ConfigError("no table of scores was given.", hint="Name FILEs, or use --runs.")
    names = read_names(flags["names"]) if flags["names"] else None
    tables: list[ScoreTable] = []
    for place in files:
        tables += read_tables(place, cluster=flags["cluster"], seed=flags["seed"])
    if flags["runs"]:
        tables += run_tables(flags["store"], flags["tasks"], flags["seed"])
    found = check(
        turned(united(tables), flags["lower_is_better"]),
        names=names,
        threshold=flags["threshold"],
        seed=flags["seed"],
    )
    result = found.to_json() | {"seed": flags["seed"]}
    for line in found.remarks:
        say(f"julja: {line}")
    if as_json:
        print_json(result)
        return
    from julja.cli.audit.printed import print_cross_check

    print_cross_check(result)
