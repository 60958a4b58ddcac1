"""`julja score RUN` scores stored responses again; `julja score TASK --responses FILE` a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click

from julja.cli.common import (
    allow_unsafe,
    json_option,
    judge_options,
    judge_settings,
    make_config,
    open_store,
    print_result,
    say,
    settings,
    store_option,
)
from julja.errors import ConfigError
from julja.types import FormName


@click.command()
@click.argument("what")
@click.option("--responses", type=click.Path(), help="A file of answers to score.")
@click.option("--as", "as_task", help="The task that an imported RUN's answers are scored as.")
@click.option("--form", type=click.Choice(get_args(FormName)), help="How its choices were put.")
@click.option("--data", type=click.Path(), help="A mirror of benchmark files (JULJA_DATA).")
@click.option("--limit", type=int, help="Only the N samples with the smallest hash.")
@click.option("--model", "-m", help="The name to give to the model that answered.")
@click.option("--max-errors", type=float, help="Share of lost samples allowed (0.01).")
@judge_options
@click.option("--unsafe-local", is_flag=True, help="Run model-written code without a sandbox.")
@store_option
@json_option
@click.pass_context
def score(ctx: click.Context, /, what: str, **flags: Any) -> None:
    """Score a RUN again without its model, or a TASK's answers from a file.

    The file has rows {"id": …, "response": TEXT or [TEXT, …]}, or the benchmark's own form. A run
    that was imported is scored --as TASK: its answers are matched to the task's samples.
    """
    allow_unsafe(flags["unsafe_local"])
    if flags["as_task"] is not None:
        ctx.exit(_score_as(what, flags))
    if flags["responses"] is None:
        from julja.cli.progress import ProgressLine
        from julja.run.execute import rescore

        store = open_store(flags["store"], must_exist=True)
        try:
            row = store.find_run(what)
            with ProgressLine() as on_progress:
                changes = judge_settings(flags)
                result = rescore(row, store, changes=changes, on_progress=on_progress)
            print_result(result, as_json=flags["as_json"])
        finally:
            store.close()
        ctx.exit(0 if result["complete"] else 3)
    from julja.run.responses import score_responses

    path = Path(flags["responses"])
    given = {key: flags[key] for key in ("data", "limit", "max_errors")} | judge_settings(flags)
    config = make_config((what,), flags["model"] or f"responses/{path.name}", settings(given, None))
    store = open_store(flags["store"])
    try:
        done = score_responses(config, path, store, warn=lambda text: say(f"julja: {text}"))
        print_result(done.result, as_json=flags["as_json"])
    finally:
        store.close()
    ctx.exit(done.exit_code)


def _score_as(what: str, flags: Mapping[str, Any]) -> int:
    """Score an imported run's answers as a task; the exit code."""
    from julja.run.score_as import check_imported, score_as

    if flags["responses"] is not None:
        raise ConfigError("--as takes the answers of a run, --responses those of a file: name one.")
    store = open_store(flags["store"], must_exist=True)
    try:
        row = store.find_run(what)
        check_imported(row, flags["as_task"])
        given = {key: flags[key] for key in ("data", "limit", "max_errors", "form")}
        values = settings(given | judge_settings(dict(flags)), None)
        config = make_config((flags["as_task"],), flags["model"] or row.model, values)
        done = score_as(row, store, config, warn=lambda text: say(f"julja: {text}"))
        print_result(done.result, as_json=flags["as_json"])
    finally:
        store.close()
    return done.exit_code
