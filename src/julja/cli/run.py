"""`julja run TASK… -m MODEL`: measure models on tasks."""

import asyncio
from typing import Any

import click

from julja.cli.common import (
    JUDGING,
    LIMITS,
    SETTINGS,
    allow_unsafe,
    json_option,
    judge_options,
    judge_settings,
    make_config,
    model_args,
    open_store,
    options,
    print_json,
    print_result,
    say,
    settings,
    store_option,
    trust_option,
)
from julja.config import RunConfig
from julja.errors import ConfigError


@click.command()
@click.argument("tasks", nargs=-1)
@click.option("-m", "--model", "models", multiple=True, help="provider/model; may be repeated.")
@click.option("-M", "model_args_", multiple=True, metavar="KEY=VAL", help="Setting of the engine.")
@options(SETTINGS, LIMITS)
@judge_options
@click.option("--no-cache", is_flag=True, help="Ask again even what was answered before.")
@click.option("--config", "-c", type=click.Path(), help="A TOML or YAML file of these settings.")
@click.option("--dry-run", is_flag=True, help="Show the first prompt and what it would cost.")
@click.option("--unsafe-local", is_flag=True, help="Run model-written code without a sandbox.")
@trust_option
@click.option("--report", type=click.Path(), help="Write an HTML report to this file.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@store_option
@json_option
@click.pass_context
def run(
    ctx: click.Context, /, tasks: tuple[str, ...], models: tuple[str, ...], **flags: Any
) -> None:
    """Measure models on tasks.

    A task is name[/subset][:key=value,…], a suite, or a path to a .py, .toml, .yaml or .jsonl file.
    """
    own = [key for key in flags if key in RunConfig.__dataclass_fields__ and key not in JUDGING]
    given = {key: flags[key] for key in own} | judge_settings(flags)
    values = settings(given, flags["config"])
    tasks = tasks or tuple(values.pop("tasks", ()))
    named = values.pop("models", None) or values.pop("model", None) or ()
    models = models or ((named,) if isinstance(named, str) else tuple(named))
    if not tasks:
        raise ConfigError("no task was named.", hint="`julja list tasks` shows what there is.")
    if not models:
        raise ConfigError(
            "no model was named.", hint="Try -m llamacpp/smollm2: it is built in, and needs no key."
        )
    values["model_args"] = {**values.get("model_args", {}), **model_args(flags["model_args_"])}
    allow_unsafe(flags["unsafe_local"])
    configs = [make_config(tasks, model, values) for model in models]
    if flags["dry_run"]:
        from julja.cli.dry import dry_run

        for config in configs:
            shown = dry_run(config, as_json=flags["as_json"])
            if flags["as_json"]:
                print_json(shown)
        return
    codes = [_run_one(config, flags) for config in configs]
    ctx.exit(next((code for code in codes if code), 0))


def _run_one(config: RunConfig, flags: dict[str, Any]) -> int:
    from julja.cli.progress import ProgressLine
    from julja.cli.tell import tell_end, tell_plan
    from julja.run.execute import start

    store = open_store(flags["store"])
    try:
        with ProgressLine(quiet=flags["quiet"]) as on_progress:
            done = asyncio.run(start(config, store, on_plan=tell_plan, on_progress=on_progress))
        print_result(done.result, as_json=flags["as_json"])
        if flags["report"]:
            from julja.run.reports import write_report

            say(f"report  {write_report(store, done.run, flags['report'])}")
        tell_end(done)
        return done.exit_code
    finally:
        store.close()
