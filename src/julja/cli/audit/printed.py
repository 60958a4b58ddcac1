"""What the audits of benchmarks and rankings print on a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from julja.report.console import reader_console

Json = Mapping[str, Any]
_SHOWN = 8
_WIDE = 150
_ROOM = 115
_QUALITY = ("benchmark", "models", "separability", "agreement", "Spearman", "Kendall", "Brier")
_TABLES = ("table", "models", "Spearman", "Kendall", "p", "verdict")
_PAIRS = ("table", "table", "models", "Spearman", "Kendall", "at most", "reversed")


def print_quality(result: Json, rule: str = "reference") -> None:
    """The table of `julja audit benchmark`, and under it what it rests on.

    `rule` is the denominator of the agreement that is shown.
    """
    console, plain = reader_console()
    lines = [_quality_line(item, rule) for item in result["benchmarks"]]
    # The log-loss says little that the Brier score doesn't; --json has it on any terminal.
    heads = _QUALITY if console.width < _ROOM else (*_QUALITY, "log-loss")
    print_lines(console, heads, lines, plain=plain)
    for item in result["benchmarks"]:
        for text in _quality_notes(item, rule):
            console.print(Text(text, style="" if plain else "dim"), soft_wrap=True)
    if result["reference"]:
        about = result["reference"]
        text = f"reference {about['name']}: {about['models']} models, {_how(about)}"
        console.print(Text(text, style="" if plain else "dim"), soft_wrap=True)
    meanings = {found["rule"] for item in result["benchmarks"] for found in _chosen(item, rule)}
    notes = [f"agreement: of {text}" for text in sorted(meanings)]
    notes.append(f"[] 95 %, over {result['resamples']} draws of the models, seed {result['seed']}")
    for text in notes:
        console.print(Text(text, style="" if plain else "dim"), soft_wrap=True)


def _chosen(item: Json, rule: str) -> list[Json]:
    found = item["agreement"].get(rule)
    return [found] if found else []


def _quality_line(item: Json, rule: str) -> list[str]:
    return [
        item["benchmark"],
        str(len(item["models"])),
        _estimate(item["separability"]),
        _estimate(item["agreement"].get(rule)),
        *(_estimate(item.get(name)) for name in ("spearman", "kendall", "brier", "log_loss")),
    ]


def _quality_notes(item: Json, rule: str) -> Iterator[str]:
    separable = item["separability"]
    told = f"separability {_pairs(separable)} pairs; " if separable["value"] is not None else ""
    yield f"{item['benchmark']}: {told}{_how(separable)}{_all_models(item)}"
    for other in item["restated"]:
        yield f"  {_number(other['value'])} ({_pairs(other)} pairs) with {_how(other)}"
    for found in _chosen(item, rule):
        yield (
            f"  agreement over {found['pairs']} pairs: {found['agree']} in the same order,"
            f" {found['disagree']} reversed, {found['undecided']} not separated"
        )
    reversed_ = [f"{above} > {below}" for above, below in item["reversed"]]
    if reversed_:
        yield f"  reversed with confidence: {_list(reversed_)}"
    for table, models in item["left_out"].items():
        if models:
            yield f"  left out of {table}: {_list(models)}"


def _all_models(item: Json) -> str:
    whole = item["separability_of_all"]
    if whole["pairs"] == item["separability"]["pairs"]:
        return ""
    return f"; of all its models {_number(whole['value'])} ({_pairs(whole)} pairs)"


def print_cross_check(result: Json) -> None:
    """The tables of `julja audit cross-check`: each table, each pair, and what is behind them."""
    console, plain = reader_console()
    style = "" if plain else "bold"
    console.print(Text(f"{result['verdict']}: {result['reason']}", style=style), soft_wrap=True)
    print_lines(console, _TABLES, [_standing(item) for item in result["tables"]], plain=plain)
    for item in result["tables"]:
        for text in _standing_notes(item):
            console.print(Text(text, style="" if plain else "dim"), soft_wrap=True)
    print_lines(console, _PAIRS, [_pair(item) for item in result["pairs"]], plain=plain)
    for text in _under(result):
        console.print(Text(text, style="" if plain else "dim"), soft_wrap=True)


def _standing(item: Json) -> list[str]:
    p = item["p_holm"]
    return [
        item["table"],
        str(item["models"]),
        _estimate(item["spearman"]),
        _estimate(item["kendall"]),
        "" if p is None else (f"{p:.3f}" if p >= 0.001 else "<0.001"),
        item["verdict"],
    ]


def _standing_notes(item: Json) -> Iterator[str]:
    yield f"{item['table']}: {item['reason']}"
    moved = [f"{d['model']} {d['place']:g} (others {d['others']:g})" for d in item["displaced"]]
    if moved and item["verdict"] != "AGREE":
        yield f"  places that differ most, of {item['displaced'][0]['of']}: {', '.join(moved)}"


def _pair(item: Json) -> list[str]:
    known = item["separated"] is not None
    return [
        item["first"],
        item["second"],
        str(item["models"]),
        _estimate(item["spearman"]),
        _estimate(item["kendall"]),
        "" if item["ceiling"] is None else f"{item['ceiling']:.3f}",
        f"{item['reversed']} of {item['separated']}" if known else "",
    ]


def _under(result: Json) -> Iterator[str]:
    w = result["concordance"]
    if w:
        yield (
            f"Kendall's W {w['w']:.3f} (p {w['p']:.4f}, {w['permutations']} permutations) over the"
            f" {w['models']} models that all {w['tables']} tables have"
        )
    total = result["cells"] + result["missing_cells"]
    missing = f"{result['missing_cells']} of {total} cells are missing"
    yield f"{len(result['models'])} models in two tables or more; {missing}"
    if result["in_one_table_only"]:
        single = result["in_one_table_only"]
        yield f"{len(single)} models are in one table only: {_list(single)}"
    told = {
        "p: agrees with the others less than they do among themselves (permutation, Holm)": any(
            item["p_holm"] is not None for item in result["tables"]
        ),
        "at most: what the noise of the scores allows": any(
            item["ceiling"] is not None for item in result["pairs"]
        ),
        "reversed: of the pairs of models that both separate": any(
            item["separated"] is not None for item in result["pairs"]
        ),
    }
    if any(told.values()):
        yield "; ".join(text for text, shown in told.items() if shown)
    yield f"[] 95 %, over draws of the models, seed {result['seed']}"


def print_lines(
    console: Console, heads: Sequence[str], lines: Sequence[Sequence[str]], *, plain: bool
) -> None:
    """A table without the columns that are empty in all lines."""
    look = None if plain else box.SIMPLE_HEAD
    table = Table(box=look, pad_edge=False, collapse_padding=not plain)
    kept = [i for i in range(len(heads)) if any(line[i] for line in lines)]
    for index in kept:
        table.add_column(heads[index], justify="right" if heads[index] == "models" else "left")
    # On a narrow terminal an interval stands below its value.
    gap = "\n[" if console.width < _WIDE else " ["
    for line in lines:
        table.add_row(*(Text(line[index].replace(" [", gap)) for index in kept))
    console.print(table)


def _estimate(item: Json | None) -> str:
    if not item or item["value"] is None:
        return "–" if item else ""
    if not item.get("ci"):
        return _number(item["value"])
    low, high = item["ci"]
    return f"{_number(item['value'])} [{_number(low, 2)}, {_number(high, 2)}]"


def _number(value: float | None, places: int = 4) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def _pairs(item: Json) -> str:
    return f"{item['separated']} of {item['pairs']}"


def _how(item: Json) -> str:
    if item["method"] == "none":
        return "without intervals"
    level = "at an unstated level" if item["level"] is None else f"at {100 * item['level']:g} %"
    count = f" ({item['bootstraps']})" if item["bootstraps"] else ""
    return f"intervals {level}: {item['method']}{count}; resampling unit: {item['unit']}"


def _list(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
