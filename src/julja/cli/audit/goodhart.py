"""`julja audit goodhart PUBLIC PRIVATE`: does a score hold on items that nobody has seen?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from julja.cli.common import json_option, print_json, say, store_option
from julja.errors import ConfigError, DataError

if TYPE_CHECKING:
    from julja.audit.goodhart import Goodhart
    from julja.audit.scores.items import ItemTable
    from julja.audit.scores.sides import Side
    from julja.cli.audit.items import Table

Sides: TypeAlias = tuple["Side", "Side", str | None]
_DIFFICULTY = ("difficulty", "level")
_HEADS = ("model", "public", "private", "gap", "matched", "excess", "flag")


@click.command()
@click.argument("public", required=False)
@click.argument("private", required=False)
@click.option("--old", metavar="SOURCE", help="In place of PUBLIC: items from before.")
@click.option("--new", metavar="SOURCE", help="In place of PRIVATE: fresh items.")
@click.option("--split", metavar="FIELD=VALUE", help="Of PUBLIC alone: these items are private.")
@click.option("--cut", metavar="DATE", help="Of PUBLIC alone: items from this day on are fresh.")
@click.option("--date", "date_field", metavar="FIELD", help="The item's date, for --cut.")
@click.option("--since", metavar="DATE", help="With --cut: no items from before.")
@click.option("--until", metavar="DATE", help="With --cut: no items from this day on.")
@click.option("--where", multiple=True, metavar="FIELD=VALUE", help="Only these items.")
@click.option(
    "--match", metavar="FIELD", help="The item's difficulty (difficulty, level); none for none."
)
@click.option("--model", "models", multiple=True, help="Show only these models.")
@click.option("--names", metavar="FILE", help="JSON that maps PUBLIC's names to PRIVATE's.")
@click.option("--tries", default=1, show_default=True, help="Variants tried on the public set.")
@click.option("--margin", default=2.0, show_default=True, help="Points that a gap may have.")
@click.option("--n", "n", type=(int, int), help="Items of PUBLIC and PRIVATE, for tables of means.")
@click.option("--scale", type=float, help="The highest possible score (1, or 100 by the table).")
@click.option("--item", metavar="COLUMN", help="The item's column, in a row-by-row file.")
@click.option("--resamples", default=2000, show_default=True, help="Of the items.")
@click.option("--seed", default=0, show_default=True, help="Of all resamples.")
@store_option
@json_option
def goodhart(public: str | None, private: str | None, as_json: bool, **flags: Any) -> None:
    """The gap between a public and a private score, or an old and a fresh one.

    A SOURCE is a FILE of scores (FILE#COLUMN takes one column), a RUN (RUN#TASK), or a task of the
    store's runs. Items with a date or another field can be split within one SOURCE.
    """
    from julja.audit.goodhart import compare

    one, two = public or flags["old"], private or flags["new"]
    _check(one, two, (public, private), flags)
    first, second, matched_on = _sides(one, two, flags)
    found = compare(
        first,
        second,
        matched_on=matched_on,
        tries=flags["tries"],
        margin=flags["margin"] / 100,
        resamples=flags["resamples"],
        seed=flags["seed"],
    )
    result = found.to_json() | {"seed": flags["seed"]}
    if flags["models"]:
        result["models"] = _only(result["models"], flags["models"])
    for line in found.remarks:
        say(f"julja: {line}")
    if as_json:
        print_json(result)
        return
    _print(result, found)


def _check(
    one: str | None, two: str | None, given: Sequence[str | None], flags: Mapping[str, Any]
) -> None:
    if (given[0] and flags["old"]) or (given[1] and flags["new"]):
        raise ConfigError("PUBLIC and --old, or PRIVATE and --new, are the same: give one.")
    if not one:
        raise ConfigError(
            "no scores were given.", hint="julja audit goodhart PUBLIC PRIVATE, or --cut DATE."
        )
    ways = [name for name in ("split", "cut") if flags[name]]
    if bool(two) + len(ways) != 1:
        raise ConfigError(
            "what is public, and what private?",
            hint="Give PUBLIC and PRIVATE, or one SOURCE with either --split or --cut.",
        )
    for name in ("date_field", "since", "until"):
        if flags[name] and not flags["cut"]:
            raise ConfigError(f"--{name.partition('_')[0]} goes with --cut DATE.")
    if flags["tries"] < 1:
        raise ConfigError(f"--tries {flags['tries']}: one at least.")
    if not 0 <= flags["margin"] < 100:
        raise ConfigError(f"--margin {flags['margin']:g}: points, from 0 to 100.")
    if flags["resamples"] < 100:
        raise ConfigError(f"--resamples {flags['resamples']}: 100 at least.")
    if flags["scale"] is not None and flags["scale"] <= 0:
        raise ConfigError(f"--scale {flags['scale']:g}: the highest score is above 0.")


def _sides(one: str, two: str | None, flags: Mapping[str, Any]) -> Sides:
    from julja.audit.scores.items import ItemTable
    from julja.cli.audit.items import read_table

    def read(place: str) -> "Table":
        return read_table(place, flags["store"], item=flags["item"], scale=flags["scale"])

    first = read(one)
    if two is not None:
        second = read(two)
        if first.name == second.name:
            first, second = replace(first, name=one), replace(second, name=two)
        if isinstance(first, ItemTable) and isinstance(second, ItemTable):
            kept = [_where(table, flags["where"]) for table in (first, second)]
            return _of_items(_renamed(kept[0], kept[1], flags["names"]), kept[1], flags)
        return _of_means(first, second, flags)
    if not isinstance(first, ItemTable):
        raise DataError(
            f"{one}: its scores are not known item by item, so it can't be split.",
            hint="Give a file with a row for each model and item, or a run.",
        )
    table = _where(first, flags["where"])
    parts = _by_date(table, flags) if flags["cut"] else _by_field(table, flags["split"])
    return _of_items(*parts, flags)


def _of_items(public: "ItemTable", private: "ItemTable", flags: Mapping[str, Any]) -> Sides:
    from julja.audit.scores.sides import Side, label, side_of_items

    for table in (public, private):
        if len(table.items) < 2:
            raise DataError(f"{table.name}: {len(table.items)} items are left: too few to compare.")
    sides: list[Side] = [side_of_items(table) for table in (public, private)]
    field = flags["match"]
    if field == "none":
        return sides[0], sides[1], None
    if field is None:
        known = set(public.known_fields()) & set(private.known_fields())
        field = next((name for name in _DIFFICULTY if name in known), None)
    if field is None:
        return sides[0], sides[1], None
    labels = label(public, private, field)
    first, second = (
        replace(side, strata=tuple(names)) for side, names in zip(sides, labels, strict=True)
    )
    return first, second, field


def _of_means(first: "Table", second: "Table", flags: Mapping[str, Any]) -> Sides:
    """Two tables of which one at least has means only."""
    from julja.audit.scores.items import ItemTable, as_shares
    from julja.audit.scores.sides import side_of_items, side_of_scores

    if flags["where"] or flags["match"] not in (None, "none"):
        raise ConfigError("--where and --match need scores item by item on both sides.")
    tables = [_renamed(first, second, flags["names"]), second]
    means = [table for table in tables if not isinstance(table, ItemTable)]
    highest = max(float(table.score.max()) for table in means)
    scale = flags["scale"] or (1.0 if highest <= 1 else 100.0)
    sides = []
    for place, table in enumerate(tables):
        if isinstance(table, ItemTable):
            sides.append(side_of_items(table))
        else:
            n = flags["n"][place] if flags["n"] else None
            shares = as_shares(table.score, table.name, scale)
            sides.append(side_of_scores(table, shares, n, 1 / scale))
    return sides[0], sides[1], None


def _renamed(first: "Table", second: "Table", names: str | None) -> Any:
    """The first table under the second's names, as --names says; others keep theirs."""
    if names is None:
        return first
    from julja.cli.audit.sources import read_names

    mapping = read_names(names)
    if not set(mapping) & set(first.models) and set(mapping.values()) & set(first.models):
        mapping = {new: old for old, new in mapping.items()}
    return replace(first, models=tuple(str(mapping.get(name, name)) for name in first.models))


def _where(table: "ItemTable", filters: Sequence[str]) -> "ItemTable":
    """The items that fit all filters."""
    for text in filters:
        field, value = _pair("--where", text)
        column = zip(table.items, table.column(field), strict=True)
        fits = {item for item, found in column if str(found) == value}
        if not fits:
            raise DataError(
                f"{table.name}: no item has {field} {value!r}.", hint=_values(table, field)
            )
        table = table.keep(fits.__contains__)
    return table


def _by_field(table: "ItemTable", text: str) -> tuple["ItemTable", "ItemTable"]:
    field, value = _pair("--split", text)
    column = dict(zip(table.items, (str(v) for v in table.column(field)), strict=True))
    if value not in column.values():
        raise DataError(f"{table.name}: no item has {field} {value!r}.", hint=_values(table, field))
    private = table.keep(lambda item: column[item] == value, f"{field}={value}")
    return table.keep(lambda item: column[item] != value, f"other {field}"), private


def _by_date(table: "ItemTable", flags: Mapping[str, Any]) -> tuple["ItemTable", "ItemTable"]:
    cut = _day("--cut", flags["cut"])
    since = _day("--since", flags["since"]) if flags["since"] else date.min
    until = _day("--until", flags["until"]) if flags["until"] else date.max
    if not since < cut < until:
        raise ConfigError("--since has to lie before --cut, and --until after it.")
    dates = dict(zip(table.items, table.dates(flags["date_field"]), strict=True))
    unknown = sum(day is None for day in dates.values())
    if unknown:
        say(f"julja: {table.name}: {unknown} items have no date that can be read: left out")

    def between(low: date, high: date) -> Callable[[str], bool]:
        return lambda item: (day := dates[item]) is not None and low <= day < high

    return (
        table.keep(between(since, cut), f"before {cut}"),
        table.keep(between(cut, until), f"from {cut}"),
    )


def _day(flag: str, text: str) -> date:
    from julja.audit.scores.items import read_date

    found = read_date(text)
    if found is None:
        raise ConfigError(f"{flag} {text}: is no date.", hint=f"{flag} 2023-09-01")
    return found


def _pair(flag: str, text: str) -> tuple[str, str]:
    field, sign, value = text.partition("=")
    if not sign or not field:
        raise ConfigError(f"{flag} {text}: is no FIELD=VALUE.")
    return field, value


def _values(table: "ItemTable", field: str) -> str:
    """The hint of what values there are."""
    known = list(dict.fromkeys(str(value) for value in table.column(field)))
    return f"There are {', '.join(known[:8])}{' …' if len(known) > 8 else ''}."


def _only(found: Sequence[Mapping[str, Any]], models: Sequence[str]) -> list[Mapping[str, Any]]:
    from julja.errors import did_you_mean

    known = [item["model"] for item in found]
    for model in models:
        if model not in known:
            hint = did_you_mean(model, known) or f"There are {', '.join(known[:8])}."
            raise ConfigError(f"--model {model}: is not in both sets.", hint=hint)
    return [item for item in found if item["model"] in models]


def _print(result: Mapping[str, Any], found: "Goodhart") -> None:
    from rich.text import Text

    from julja.cli.audit.printed import print_lines
    from julja.report.console import reader_console

    console, plain = reader_console()
    style = "" if plain else "dim"
    head = f"public: {result['public']}   private: {result['private']}   (points, 95 %)"
    console.print(Text(head, style="" if plain else "bold"), soft_wrap=True)
    print_lines(console, _HEADS, [_line(item) for item in result["models"]], plain=plain)
    for text in _notes(result, found):
        console.print(Text(text, style=style), soft_wrap=True)


def _notes(result: Mapping[str, Any], found: "Goodhart") -> list[str]:
    says: dict[str, list[str]] = {}
    for item in result["models"]:
        says.setdefault(item["says"], []).append(item["model"])
    said = [f"{_names(models)}: {text}" for text, models in says.items()]
    if len(found.gaps) > 1:
        mean = result["mean_gap"]
        said.append(f"mean gap {_estimate(mean)} over {mean['n']} models ({found.mean.method})")
    if found.matched_on:
        left = f"; {found.unmatched} items without a like left out" if found.unmatched else ""
        said.append(f"matched: the private items' mix of {found.matched_on} on both sides{left}")
    if any(item["excess"] for item in result["models"]):
        said.append("excess: above the public score of models that score alike on the private set")
    if found.tries > 1:
        said.append(
            f"the best of {found.tries} tries explains up to"
            f" {max(100 * item['explained_by_tries'] for item in result['models']):.1f} points,"
            " which are taken off"
        )
    said.append("a flag is a reason to look, and no proof of anything")
    return said


def _names(models: Sequence[str]) -> str:
    return ", ".join(models[:4]) + (f" and {len(models) - 4} more" if len(models) > 4 else "")


def _line(item: Mapping[str, Any]) -> list[str]:
    return [
        item["model"],
        f"{100 * item['public']:.1f}",
        f"{100 * item['private']:.1f}",
        *(_estimate(item[way]) if item[way] else "" for way in ("gap", "matched", "excess")),
        "look" if item["flagged"] else "",
    ]


def _estimate(found: Mapping[str, Any]) -> str:
    if found["value"] is None:
        return "–"
    ends = f" [{_points(found['ci'][0])}, {_points(found['ci'][1])}]" if found["ci"] else ""
    return f"{_points(found['value'])}{ends}"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"
