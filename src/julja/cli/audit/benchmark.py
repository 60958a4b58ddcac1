"""`julja audit benchmark FILE…`: does a benchmark tell models apart, and as a reference does?"""

from typing import TYPE_CHECKING, Any

import click

from julja.cli.common import json_option, print_json, say, store_option
from julja.errors import ConfigError

if TYPE_CHECKING:
    from julja.audit.scores.table import ScoreTable


@click.command()
@click.argument("files", nargs=-1)
@click.option("--reference", metavar="FILE", help="What it should agree with: the Arena's ratings.")
@click.option(
    "--names", multiple=True, metavar="FILE", help="JSON of names: one for all, or one a FILE."
)
@click.option("--level", default=0.95, show_default=True, help="Of the models' intervals.")
@click.option("--unit", default="unknown", help="What the FILEs' intervals were resampled by.")
@click.option("--reference-unit", default="unknown", help="The same of the reference.")
@click.option("--cluster", metavar="COLUMN", help="The prompt's column, in a row-by-row file.")
@click.option(
    "--agreement",
    "rule",
    type=click.Choice(["reference", "notebook", "both", "all"]),
    default="reference",
    show_default=True,
    help="Which pairs the agreement shown is of; --json has all.",
)
@click.option(
    "--lower-is-better", multiple=True, metavar="TABLE", help="For losses and error rates."
)
@click.option("--runs", is_flag=True, help="Also the tasks of the store's runs.")
@click.option("--task", "tasks", multiple=True, help="With --runs: only these tasks.")
@click.option("--resamples", default=2000, show_default=True, help="Of the models.")
@click.option("--seed", default=0, show_default=True, help="Of all resamples.")
@store_option
@json_option
def benchmark(files: tuple[str, ...], as_json: bool, **flags: Any) -> None:
    """Separability, agreement, Brier score and rank correlations of benchmarks.

    A FILE has rows with a model and a score (and lower, upper or bootstrap results), a column of
    draws for each model, a row for each prompt or battle, or ratings. FILE#NAME takes one column or
    part of it.
    """
    from julja.audit.quality import measure
    from julja.audit.scores.read import read_tables
    from julja.audit.scores.table import intervals
    from julja.cli.audit.runs import run_tables
    from julja.cli.audit.sources import check_level, only, read_names, turned

    check_level(flags["level"])
    if flags["resamples"] < 1:
        raise ConfigError(f"--resamples {flags['resamples']}: one at least.")
    if not files and not flags["runs"]:
        raise ConfigError("no table of scores was given.", hint="Name a FILE, or use --runs.")
    names = [read_names(place) for place in flags["names"]]
    if len(names) not in (0, 1, len(files)):
        raise ConfigError(
            f"--names was given {len(names)} times for {len(files)} files.",
            hint="Give it once for all files, or once for each, in their order.",
        )
    tables: list[ScoreTable] = []
    for place in files:
        read = read_tables(place, unit=flags["unit"], cluster=flags["cluster"], seed=flags["seed"])
        tables.append(only(read, place))
    if flags["runs"]:
        tables += run_tables(flags["store"], flags["tasks"], flags["seed"])
    reference = None
    if flags["reference"] is not None:
        found = read_tables(flags["reference"], unit=flags["reference_unit"], seed=flags["seed"])
        reference = only(found, flags["reference"])
    every = turned([*tables, *([reference] if reference else [])], flags["lower_is_better"])
    measured = [
        measure(
            table,
            every[-1] if reference else None,
            names=names[place if len(names) > 1 else 0] if names else None,
            level=flags["level"],
            resamples=flags["resamples"],
            seed=flags["seed"],
        )
        for place, table in enumerate(every[: len(tables)])
    ]
    result = {
        "level": flags["level"],
        "resamples": flags["resamples"],
        "seed": flags["seed"],
        "reference": None,
        "benchmarks": [quality.to_json() for quality in measured],
    }
    if reference is not None:
        ends = intervals(every[-1], flags["level"])
        result["reference"] = {
            "name": reference.name,
            "models": len(reference.models),
            "level": ends.level,
            "method": ends.method,
            "bootstraps": ends.bootstraps,
            "unit": ends.unit,
        }
    for line in dict.fromkeys(text for quality in measured for text in quality.remarks):
        say(f"julja: {line}")
    if as_json:
        print_json(result)
        return
    from julja.cli.audit.printed import print_quality

    print_quality(result, flags["rule"])
