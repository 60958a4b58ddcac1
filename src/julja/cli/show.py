"""`julja show RUN|TASK|RUN/SAMPLE`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from julja.cli.common import (
    block,
    json_option,
    open_store,
    print_json,
    print_result,
    say,
    store_option,
    trust_option,
)
from julja.errors import StoreError

if TYPE_CHECKING:
    from julja.store.rows import RunRow
    from julja.store.sqlite import Store
    from julja.types import Record


@click.command()
@click.argument("what", default="last")
@click.option("--failures", is_flag=True, help="The samples that did not score, or scored wrong.")
@trust_option
@store_option
@json_option
def show(what: str, failures: bool, trust: bool, store: str | None, as_json: bool) -> None:
    """Show a run's result, one sample of a run (RUN/SAMPLE), or a task's card."""
    from julja.run.catalog import ALIASES, index, suites
    from julja.tasks.spec import parse_spec

    spec = parse_spec(what)
    name = ALIASES.get(spec.name, spec.name)
    if spec.path is not None or name in index() or name in suites():
        from julja.cli.card import show_task

        show_task(what, as_json=as_json, trust=trust)
        return
    opened = open_store(store, must_exist=True)
    try:
        run, _, sample = what.partition("/")
        row = opened.find_run(run)
        if sample:
            _show_sample(opened, row, sample, as_json)
        elif failures:
            _show_failures(opened, row)
        else:
            from julja.run.execute import show_result

            print_result(show_result(row, opened), as_json=as_json)
            if not as_json and row.status != "done":
                say(f"this run is {row.status}: julja resume {row.id}")
    finally:
        opened.close()


def _find(store: "Store", row: "RunRow", name: str) -> Iterator["Record"]:
    """Records by sample id, or by leaf/sample."""
    found = list(store.records(row.id, sample=name))
    if not found and "/" in name:
        task, _, sample = name.rpartition("/")
        found = list(store.records(row.id, sample=sample, task=task))
        found = found or [
            r for r in store.records(row.id, sample=sample) if r.task.endswith(f"/{task}")
        ]
        # An id may hold a slash itself (HumanEval/12) behind its task's name.
        head, _, rest = name.partition("/")
        found = found or list(store.records(row.id, sample=rest, task=head))
    if not found:
        raise StoreError(
            f"run {row.id} has no record of a sample {name!r}.",
            hint=f"`julja export {row.id} --to csv` lists them all.",
        )
    yield from found


def _show_sample(store: "Store", row: "RunRow", name: str, as_json: bool) -> None:
    from julja.run.reports import record_json

    for record in _find(store, row, name):
        if as_json:
            print_json(record_json(record, row.signature))
            continue
        click.echo(f"run     {record.run}\ntask    {record.task}\nsample  {record.sample}")
        click.echo(f"epoch   {record.epoch}\nstate   {record.state}")
        if record.prompt is not None:
            for message in record.prompt.messages:
                block(message.role, message.content)
                for media in message.media:
                    click.echo(f"  {media.kind}  {media.path}")
        if record.response is not None:
            if record.response.reasoning:
                block("reasoning", record.response.reasoning)
            block(f"response ({record.response.finish})", record.response.text)
            _show_choices(record)
            if record.response.cut_tokens:
                count = record.response.cut_tokens
                click.echo(f"  {count} tokens at the prompt's beginning did not fit and were cut")
        if record.error is not None:
            block("error", f"{record.error.kind}: {record.error.message}")
        click.echo(f"\ntarget     {', '.join(record.target)}")
        if record.score is not None:
            click.echo(f"extracted  {record.score.extracted}")
            for key, value in record.score.values.items():
                click.echo(f"{key:10} {value:g}")
            if record.score.explanation:
                click.echo(f"because    {record.score.explanation}")
        _show_judges(store, row, record)


def _show_judges(store: "Store", row: "RunRow", record: "Record") -> None:
    """What each judge was asked about a record, and said."""
    for item in store.judgements(row.id, row.scoring, task=record.task, sample=record.sample):
        if item.epoch != record.epoch:
            continue
        about = [item.judge, item.part, f"{item.first} shown first" if item.first else ""]
        if item.repeat:
            about.append(f"repeat {item.repeat + 1}")
        title = " · ".join(part for part in about if part)
        if item.error is not None:
            block(title, f"{item.error}: {item.message}")
            continue
        exchange = store.exchange(item.key) if item.key else None
        said = exchange[1].text if exchange else ""
        if exchange and exchange[1].choices:
            said = "  ".join(f"{c.text}: {c.loglikelihood:.3f}" for c in exchange[1].choices)
        block(f"{title} → {item.verdict or 'no verdict could be read'}", said)


def _show_choices(record: "Record") -> None:
    """The likelihoods, with tokens, what is greedy (*), and a choice's own context."""
    from julja.likelihoods import likeliest

    assert record.response is not None
    choices = record.response.choices
    shown = likeliest(choices)
    for index in shown:
        choice = choices[index]
        tokens = "" if choice.tokens is None else f"{choice.tokens:3} tokens "
        mark = "*" if choice.greedy else " "
        before = f"{record.contexts[index]!r} + " if record.contexts else ""
        alone = "" if choice.unconditional is None else f"  (alone {choice.unconditional:.4f})"
        click.echo(f"  {choice.loglikelihood:10.4f} {tokens}{mark} {before}{choice.text!r}{alone}")
    if len(shown) < len(choices):
        click.echo(f"  {len(choices) - len(shown):,} less likely ones (`--json` has all)")


def _show_failures(store: "Store", row: "RunRow") -> None:
    for record in store.records(row.id):
        score = record.score
        if score is not None and score.state == "scored" and min(score.values.values()) >= 1:
            continue
        text = (record.response.text if record.response else "").strip().replace("\n", " ")
        why = record.error.message if record.error else None
        if score is not None:
            why = score.explanation if score.state == "error" else f"got {score.extracted!r}"
        click.echo(f"{record.task}/{record.sample}  {record.state}  {why}  {text[:80]!r}")
