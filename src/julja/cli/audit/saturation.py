"""`julja audit saturation TABLE…`: does a benchmark still tell the best models apart?"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from julja.cli.common import json_option, print_json, say, store_option
from julja.errors import ConfigError, DataError, JuljaError

if TYPE_CHECKING:
    from julja.audit.saturation import Saturation
    from julja.audit.scores.table import ScoreTable

# With more benchmarks than this the names of their best models are left to --json.
_NAMED = 4
_HEADS = ("benchmark", "models", "items", "best", "fifth", "gap", "S a=.5", "S a=1", "headroom")


@click.command()
@click.argument("tables", nargs=-1)
@click.option("--n", "n", type=int, help="Items of the benchmark, where the table doesn't say.")
@click.option("--mean", is_flag=True, help="The mean of all columns of a table, as one benchmark.")
@click.option(
    "--groups", metavar="FILE", help="JSON {group: [columns]}: the mean of the groups' means."
)
@click.option(
    "--label-error", type=float, help="Share of wrong labels: the noise ceiling is 1 - it."
)
@click.option("--scale", type=float, help="The highest possible score (1, or 100 by the table).")
@click.option("--item", metavar="COLUMN", help="The item's column, in a row-by-row file.")
@click.option("--runs", is_flag=True, help="Also the tasks of the store's runs.")
@click.option("--task", "tasks", multiple=True, help="With --runs: only these tasks.")
@store_option
@json_option
def saturation(tables: tuple[str, ...], as_json: bool, **flags: Any) -> None:
    """The saturation index, headroom, and the gap between the first and the fifth model.

    A TABLE has a row for each model and a column for each benchmark (FILE#COLUMN takes one), or a
    row for each model and item.
    """
    error = flags["label_error"]
    if error is not None and not 0 <= error < 1:
        raise ConfigError(f"--label-error {error:g}: a share from 0 to 1 (0.03 is 3 %).")
    if flags["n"] is not None and flags["n"] < 1:
        raise ConfigError(f"--n {flags['n']}: a benchmark has one item at least.")
    if flags["scale"] is not None and flags["scale"] <= 0:
        raise ConfigError(f"--scale {flags['scale']:g}: the highest score is above 0.")
    if not tables and not flags["runs"]:
        raise ConfigError("no table of scores was given.", hint="Name TABLEs, or use --runs.")
    found: list[Saturation] = []
    for place in tables:
        found += _of_place(place, flags)
    if flags["runs"]:
        found += _of_runs(flags)
    result = {"benchmarks": [item.to_json() for item in found]}
    for line in dict.fromkeys(text for item in found for text in item.remarks):
        say(f"julja: {line}")
    if as_json:
        print_json(result)
        return
    _print(result["benchmarks"])


def _of_place(place: str, flags: Mapping[str, Any]) -> list["Saturation"]:
    from julja.audit.saturation import of_items, of_scores
    from julja.audit.scores.items import as_shares, read_items
    from julja.audit.scores.read import read_tables

    error = flags["label_error"]
    items = read_items(place, item=flags["item"], scale=flags["scale"])
    if items is not None:
        return [of_items(items, label_error=error)]
    tables = read_tables(place)
    highest = max(float(table.score.max()) for table in tables)
    scale = flags["scale"] or (1.0 if highest <= 1 else 100.0)
    lost = [text for table in tables for text in table.remarks]
    if flags["mean"] or flags["groups"]:
        # What a single column lacks is told of the models that are left out of the mean.
        lost = [text for text in lost if all(text in table.remarks for table in tables)]
        tables = [_mean(tables, flags["groups"], place)]
    for text in dict.fromkeys(lost):
        say(f"julja: {text}")
    return [
        of_scores(
            table,
            as_shares(table.score, table.name, scale),
            n=flags["n"],
            factor=1 / scale,
            label_error=error,
        )
        for table in tables
    ]


def _of_runs(flags: Mapping[str, Any]) -> list["Saturation"]:
    from julja.audit.saturation import of_items, of_scores
    from julja.audit.scores.items import ItemTable
    from julja.cli.audit.items import store_tables

    error = flags["label_error"]
    found: list[Saturation] = []
    for table in store_tables(flags["store"], flags["tasks"]):
        if isinstance(table, ItemTable):
            found.append(of_items(table, label_error=error))
        else:
            made = of_scores(table, table.score, n=flags["n"], factor=1.0, label_error=error)
            found.append(made)
        said = "" if error is not None else _card(table.name)
        if said:
            say(f"julja: {table.name}: of its labels: {said}")
    return found


def _card(task: str) -> str:
    """What a task's card says of wrong labels; nothing for a task that isn't in the catalogue."""
    from julja.run.catalog import resolve

    try:
        return str(resolve(task)[0].task.card.label_errors)
    except JuljaError:
        return ""


def _mean(tables: Sequence["ScoreTable"], groups: str | None, place: str) -> "ScoreTable":
    """The mean over columns, or over groups of them, of the models that lack none."""
    from julja.audit.scores.table import ScoreTable

    columns = {table.name.partition("#")[2] or table.name: table for table in tables}
    wanted = _read_groups(groups, columns) if groups else {name: [name] for name in columns}
    scores = {
        name: dict(zip(table.models, table.score.tolist(), strict=True))
        for name, table in columns.items()
    }
    needed = [name for names in wanted.values() for name in names]
    models = list(dict.fromkeys(model for table in tables for model in table.models))
    whole = [model for model in models if all(model in scores[name] for name in needed)]
    if not whole:
        raise DataError(f"{place}: no model has a score in all of {len(needed)} columns.")
    if len(whole) < len(models):
        left = [model for model in models if model not in whole]
        shown = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
        say(f"julja: {place}: left out for a missing column: {shown}")
    means = {
        model: sum(
            sum(scores[name][model] for name in names) / len(names) for names in wanted.values()
        )
        / len(wanted)
        for model in whole
    }
    what = f"{len(wanted)} groups" if groups else f"{len(wanted)} columns"
    return ScoreTable.of(f"{tables[0].name.partition('#')[0]} (mean of {what})", means)


def _read_groups(place: str, columns: Mapping[str, "ScoreTable"]) -> dict[str, list[str]]:
    try:
        found = json.loads(Path(place).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"--groups {place}: can't be read ({error.strerror}).") from error
    except ValueError as error:
        raise ConfigError(f"--groups {place}: is no JSON ({error}).") from error
    if not isinstance(found, dict) or not all(
        isinstance(names, list) and names for names in found.values()
    ):
        raise ConfigError(
            f"--groups {place}: maps no groups to columns.", hint='As {"Reasoning": ["zebra", …]}'
        )
    for name in (name for names in found.values() for name in names):
        if name not in columns:
            raise ConfigError(
                f"--groups {place}: the table has no column {name!r}.",
                hint=f"It has {', '.join(columns)}.",
            )
    return found


def _print(benchmarks: Sequence[Mapping[str, Any]]) -> None:
    from rich.text import Text

    from julja.cli.audit.printed import print_lines
    from julja.report.console import reader_console

    console, plain = reader_console()
    print_lines(console, _HEADS, [_line(item) for item in benchmarks], plain=plain)
    style = "" if plain else "dim"
    for item in benchmarks if len(benchmarks) <= _NAMED else ():
        fifth = f", fifth {item['fifth']['model']}" if item["fifth"] else ""
        text = f"{item['benchmark']}: best {item['best']['model']}{fifth}"
        console.print(Text(text, style=style), soft_wrap=True)
    for item in benchmarks:
        known = item["items"]
        if known:
            text = (
                f"{item['benchmark']}: {known['n']} items tell models apart like"
                f" {known['effective']:.0f} equally telling ones; {known['always']} are right for"
                f" all models, {known['never']} for none"
            )
            console.print(Text(text, style=style), soft_wrap=True)
    full = [item["benchmark"] for item in benchmarks if item["best_is_over_95_percent"]]
    if len(benchmarks) > 1:
        text = f"{len(full)} of {len(benchmarks)} have a best score of 95 % or more"
        text += f": {', '.join(full)}" if full else ""
        console.print(Text(text, style=style), soft_wrap=True)
    text = (
        "S near 1: the fifth model is as good as the first, within the noise of n^a items"
        " (arXiv 2602.16763; a = 1 is the plain standard error)"
    )
    console.print(Text(text, style=style), soft_wrap=True)


def _line(item: Mapping[str, Any]) -> list[str]:
    index = [f"{found['value']:.3f} {found['level']}" for found in item["index"]] or ["–", "–"]
    fifth, gap = item["fifth"], item["gap"]
    return [
        item["benchmark"],
        str(item["models"]),
        "–" if item["n"] is None else str(item["n"]),
        _points(item["best"]["score"]),
        _points(fifth["score"]) if fifth else "–",
        _gap(gap),
        *index,
        _room(item),
    ]


def _gap(gap: Mapping[str, Any] | None) -> str:
    if not gap or gap["value"] is None:
        return "–"
    ends = f" [{_points(gap['ci'][0])}, {_points(gap['ci'][1])}]" if gap["ci"] else ""
    return f"{_points(gap['value'])}{ends}"


def _room(item: Mapping[str, Any]) -> str:
    if item["noise_ceiling"] is None:
        return _points(item["headroom"])
    if item["at_ceiling"]:
        return f"{_points(item['headroom'])}; {_points(item['noise_ceiling'])} reached"
    left = _points(item["headroom_to_ceiling"])
    return f"{_points(item['headroom'])}; {left} to {_points(item['noise_ceiling'])}"


def _points(share: float) -> str:
    return f"{100 * share:.1f}"
