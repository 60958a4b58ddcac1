"""`julja suggest PURPOSE`: which benchmarks to run, which are saturated, and what else to do."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from julja.cli.common import json_option, print_json

if TYPE_CHECKING:
    from julja.run.suggest import Advice, Advised


@click.command()
@click.argument("purpose", nargs=-1)
@json_option
def suggest(purpose: tuple[str, ...], as_json: bool) -> None:
    """Say which benchmarks fit a purpose, and why; without one, list the purposes."""
    from julja.run.suggest import purposes
    from julja.run.suggest import suggest as advise

    if not purpose:
        if as_json:
            print_json([{"name": name, "title": title} for name, title in purposes().items()])
            return
        for name, title in purposes().items():
            click.echo(f"{name:14} {title}")
        click.echo("\nFor one of them: julja suggest maths")
        return
    found = advise(" ".join(purpose))
    if as_json:
        print_json(asdict(found))
        return
    _print(found)


def _print(advice: "Advice") -> None:
    here = [item for item in advice.run if item.known]
    later = [item for item in advice.run if not item.known]
    click.echo(advice.title + (": run several of these" if here else ""))
    _list(here)
    if later:
        also = "these too; julja doesn't" if here else "these; julja doesn't"
        click.echo(f"\nThe field uses {also} have them yet")
        _list(later)
    if advice.saturated:
        click.echo("\nSaturated: they catch a broken model, and no longer tell good ones apart")
        _list(advice.saturated)
    cross = advice.cross_check
    _paragraph("Note", advice.advice)
    _paragraph("Why several, your own and an arena", cross["why"])
    _paragraph("Your own", cross["own"])
    _paragraph("Old and new", cross["public_gap"])
    if here:
        tasks = " ".join(item.task for item in here)
        click.echo(f"\njulja run {tasks} -m MODEL --limit 200")


def _list(items: "Sequence[Advised]") -> None:
    import textwrap

    width = max((len(item.task) for item in items), default=0) + 2
    for item in items:
        lines = textwrap.wrap(item.why, 96 - width)
        click.echo(f"  {item.task:{width}}{lines[0]}")
        for line in lines[1:]:
            click.echo(" " * (width + 2) + line)


def _paragraph(title: str, text: str) -> None:
    import textwrap

    click.echo(f"\n{title}")
    click.echo(textwrap.fill(text, 98, initial_indent="  ", subsequent_indent="  "))
