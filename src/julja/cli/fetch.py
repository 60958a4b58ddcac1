"""`julja fetch TASK…`: fill the cache from the hub, so that offline works afterwards."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from julja.cli.common import json_option, print_json, say, trust_option
from julja.errors import ConfigError, JuljaError
from julja.tasks.task import Generated
from julja.types import Source

if TYPE_CHECKING:
    from julja.run.catalog import Resolved


@click.command()
@click.argument("names", nargs=-1)
@trust_option
@json_option
@click.pass_context
def fetch(ctx: click.Context, /, names: tuple[str, ...], trust: bool, as_json: bool) -> None:
    """Fetch the data of tasks, or the built-in model (`julja fetch smollm2`)."""
    if not names:
        raise ConfigError("nothing to fetch was named.", hint="Try `julja fetch gsm8k`.")
    done: list[dict[str, object]] = []
    failed = False
    for name in names:
        if name == "smollm2":
            from julja.models.smollm2 import fetch_smollm2

            path = fetch_smollm2()
            say(f"smollm2  {path}")
            done.append({"name": name, "origin": str(path)})
            continue
        failed = _fetch_task(name, done, trust) or failed
    if as_json:
        print_json({"fetched": done, "complete": not failed})
    ctx.exit(1 if failed else 0)


def _fetch_task(name: str, done: list[dict[str, object]], trust: bool) -> bool:
    """Fetch one task's splits; says what failed and goes on with the rest."""
    from julja.data.load import fetch as fetch_rows
    from julja.data.load import split_name
    from julja.run.catalog import resolve

    failed = False
    for item in resolve(name, trust=trust):
        task = item.task
        wanted = list(_sources(item))
        if not wanted:
            say(f"{task.name}  needs no download")
        for source, benchmark, subset, part in wanted:
            label = f"{task.name}{f'/{part}' if part else ''} {split_name(source, subset)}"
            try:
                rows = fetch_rows(source, benchmark=benchmark, subset=subset)
            except JuljaError as error:
                say(f"{label}  failed: {error}")
                failed = True
                continue
            say(f"{label}  {len(rows.rows)} rows, {rows.origin}")
            done.append({"name": label, "rows": len(rows.rows), "origin": rows.origin})
    return failed


def _sources(item: "Resolved") -> Iterator[tuple[Source, str, str | None, str | None]]:
    """Each source of a task with its folder, the subset that it is asked for, and whose it is."""
    task = item.task
    named = [item.subset] if item.subset else list(task.subsets)
    if isinstance(task.rows, Generated):
        for subset, (folder, source) in task.rows.material.items():
            if subset in named:
                yield source, folder, None, subset
    parts: list[str | None] = [*named] or [None]
    for rows in (task.rows, task.exemplars):
        if isinstance(rows, Source):
            known = replace(rows, confidential=task.confidential)
            for part in parts:
                yield known, task.mirror or task.name, part, part
    for attached in task.attached.values():
        if attached.source.hub is None and attached.optional:
            continue  # the hub's own rows have what this file holds upstream
        yield attached.source, attached.mirror or task.mirror or task.name, None, None
