"""What `julja show TASK` prints: card, data, forms, and a prompt of each form."""

import textwrap
from dataclasses import fields
from typing import Any

import click

from julja.cli.common import block, print_json
from julja.types import Source


def show_task(what: str, *, as_json: bool, trust: bool) -> None:
    """Print the card of a task, or of each task of a suite or file."""
    from julja.run.catalog import resolve
    from julja.tasks.render import render_prompt

    cards: list[dict[str, Any]] = []
    for item in resolve(what, trust=trust):
        task = item.task
        card = {field.name: getattr(task.card, field.name) for field in fields(task.card)}
        prompts: dict[str, str] = {}
        for name, form in task.forms.items():
            check = next((c for c in task.checks if c.form == name), None)
            check = check or next(iter(task.checks), None)
            if check is not None:
                prompts[name] = render_prompt(form, task.sample(check.row)).text
        whole = {
            "task": task.name,
            "version": task.version,
            **card,
            "forms": {
                name: {
                    "shots": form.shots,
                    "scorer": form.scorer.name,
                    "metrics": [metric.name for metric in form.scorer.metrics],
                }
                for name, form in task.forms.items()
            },
            "subsets": list(task.subsets),
            "by": list(task.by),
            "confidential": task.confidential,
            "data": _source(task.rows),
            "exemplars": _source(task.exemplars),
            "prompt": prompts,
        }
        # A suite may ask several subsets of one task.
        if whole not in cards:
            cards.append(whole)
    if as_json:
        print_json(cards if len(cards) > 1 else cards[0])
        return
    for card in cards:
        _print_card(card)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(part)}" for key, part in value.items() if part)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _source(rows: Any) -> dict[str, Any] | None:
    """Where a task's rows come from; None for rows that are made or given."""
    if not isinstance(rows, Source):
        return None
    return {
        "hub": rows.hub,
        "config": rows.config,
        "split": rows.split,
        "revision": rows.revision,
        "files": list(rows.files),
    }


def _print_card(card: dict[str, Any]) -> None:
    click.echo(f"{card['task']} (version {card['version']})  {card['title']}")
    for key, value in card.items():
        if key in ("task", "version", "title", "prompt", "forms") or value in ("", None, (), []):
            continue
        if value is False:
            continue
        lines = textwrap.wrap(_shown(value), 80) or [""]
        click.echo(f"  {key.replace('_', ' '):16} {lines[0]}")
        for line in lines[1:]:
            click.echo(" " * 19 + line)
    for name, form in card["forms"].items():
        metrics = ", ".join(form["metrics"])
        click.echo(f"  form {name:11} {form['shots']} shots, {form['scorer']}: {metrics}")
    for name, prompt in card["prompt"].items():
        block(f"prompt ({name}, no shots)", prompt)
