"""`julja list tasks|suites|models|runs|scorers|corruptions`."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import click

from julja.cli.common import json_option, open_store, print_json, store_option

KINDS = ("tasks", "suites", "models", "runs", "scorers", "corruptions")


@click.command(name="list")
@click.argument("kind", type=click.Choice(KINDS), default="tasks")
@click.option("--ability", help="Only tasks of this ability (knowledge, mathematics, safety …).")
@click.option("--language", help="Only tasks in this language (en, ko, zh …).")
@click.option("--form", help="Only tasks with this form (rank, letter, generate, classify …).")
@click.option("--licence", "--license", help="Only tasks whose licence has this word (MIT, CC-BY).")
@store_option
@json_option
def listing(kind: str, as_json: bool, **flags: Any) -> None:
    """List tasks, suites, models, runs, scorers or corruptions."""
    rows = _LISTS[kind](flags)
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo(_nothing(kind, flags))
        return
    _print_rows([_SHOWN.get(kind, _whole)(row) for row in rows])


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    return row


def _task_line(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("name", "forms", "abilities", "languages", "title")}


def _suite_line(row: dict[str, Any]) -> dict[str, Any]:
    return {"name": row["name"], "tasks": f"{len(row['tasks'])} tasks", "title": row["title"]}


_SHOWN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "tasks": _task_line,
    "suites": _suite_line,
}


def _nothing(kind: str, flags: dict[str, Any]) -> str:
    """What to say of an empty list: which words the wanted flag knows."""
    if kind != "tasks":
        return f"no {kind}"
    from julja.run.catalog import index

    known = {
        "ability": sorted({word for entry in index().values() for word in entry.abilities}),
        "language": sorted({word for entry in index().values() for word in entry.languages}),
        "form": sorted({word for entry in index().values() for word in entry.forms}),
        "licence": sorted({entry.licence for entry in index().values()}),
    }
    given = [f"--{name} {flags[name]}" for name in known if flags[name] is not None]
    tried = [f"{name}: {', '.join(known[name])}" for name in known if flags[name] is not None]
    return f"no task with {' '.join(given)}\n" + "\n".join(tried)


def _print_rows(rows: Sequence[dict[str, Any]]) -> None:
    """Columns as wide as they need; the last is free."""
    cells = [[_cell(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = [text.ljust(width) for text, width in zip(line, widths, strict=True)]
        click.echo("  ".join(padded).rstrip())


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _tasks(flags: dict[str, Any]) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from julja.run.catalog import index

    rows = []
    for entry in index().values():
        wanted = (
            (flags["ability"], entry.abilities),
            (flags["language"], entry.languages),
            (flags["form"], entry.forms),
        )
        licensed = (flags["licence"] or "").casefold() in entry.licence.casefold()
        if licensed and all(value is None or value in values for value, values in wanted):
            row = asdict(entry)
            order = ("name", "forms", "abilities", "title", "licence", "version", "subsets")
            rows.append({key: row[key] for key in (*order, "languages", "file", "target")})
    return rows


def _suites(_: dict[str, Any]) -> list[dict[str, Any]]:
    from julja.run.catalog import suites

    return [
        {
            "name": suite.name,
            "title": suite.title,
            "tasks": list(suite.tasks),
            "summary": suite.summary,
        }
        for suite in suites().values()
    ]


def _models(_: dict[str, Any]) -> list[dict[str, Any]]:
    from julja.models.registry import PROVIDERS

    return [{"provider": f"{name}/…", "help": item[1]} for name, item in PROVIDERS.items()]


def _runs(flags: dict[str, Any]) -> list[dict[str, Any]]:
    store = open_store(flags["store"], must_exist=True)
    try:
        return [
            {
                "run": row.id,
                "status": row.status,
                "model": row.model,
                "tasks": list(row.tasks),
                "created": time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created)),
            }
            for row in store.runs()
        ]
    finally:
        store.close()


def _scorers(_: dict[str, Any]) -> list[dict[str, Any]]:
    from julja.scoring.registry import SCORERS

    return [{"name": name, "help": item[1]} for name, item in SCORERS.items()]


def _corruptions(_: dict[str, Any]) -> list[dict[str, Any]]:
    from julja.corruptions import CORRUPTIONS

    return [
        {"name": name, "set": "extra" if kind.extra else kind.group, "help": kind.what}
        for name, kind in CORRUPTIONS.items()
    ]


_LISTS: dict[str, Callable[[dict[str, Any]], list[dict[str, Any]]]] = {
    "tasks": _tasks,
    "suites": _suites,
    "models": _models,
    "runs": _runs,
    "scorers": _scorers,
    "corruptions": _corruptions,
}
