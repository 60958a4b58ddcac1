"""`julja judge pair RUN RUN…`: judges compare the answers of runs, and battles come out."""

from pathlib import Path
from typing import Any

import click

from julja.cli.common import (
    LIMITS,
    json_option,
    judge_options,
    judge_settings,
    make_config,
    open_store,
    options,
    print_json,
    say,
    settings,
    store_option,
)
from julja.errors import ConfigError, StoreError

# The settings that say how judges are asked; budgets are of runs alone.
ASKING = ("max_connections", "max_retries", "timeout_s", "prices", "no_cache")


@click.command()
@click.argument("runs", nargs=-1)
@judge_options
@click.option("--task", help="Only this task of the runs.")
@click.option("--limit", type=int, help="Only the N samples with the smallest hash.")
@click.option("--weighted", is_flag=True, help="Ask for the probability of A and B, not a text.")
@click.option("--no-cache", is_flag=True, help="Ask again even what was answered before.")
@click.option("--output", "-o", type=click.Path(), help="The file of battles to write (.jsonl).")
@options(tuple(row for row in LIMITS if row[0][-1].lstrip("-").replace("-", "_") in ASKING))
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@store_option
@json_option
@click.pass_context
def pair(ctx: click.Context, /, runs: tuple[str, ...], **flags: Any) -> None:
    """Let judges compare the answers of two or more runs, each pair in both orders.

    Writes a file of battles for `julja arena rate`; asking again costs nothing (cache).
    """
    from julja.cli.progress import ProgressLine
    from julja.report.table import print_pairs
    from julja.run.pairing import Pairing, battle_json, pair_runs, pair_scorer

    if len(runs) < 2:
        raise ConfigError("two runs at least are compared.", hint="julja judge pair RUN_A RUN_B")
    if not flags["judges"]:
        raise ConfigError("no judge was named.", hint="Name one with --judge MODEL.")
    given = {key: flags[key] for key in ASKING} | judge_settings(flags)
    config = make_config((), "pair", settings(given, None))
    store = open_store(flags["store"], must_exist=True)
    try:
        rows = [store.find_run(name) for name in dict.fromkeys(runs)]
        scorer = pair_scorer(config, weighted=flags["weighted"])
        pairing = Pairing(rows, scorer, flags["task"], flags["limit"])
        with ProgressLine(quiet=flags["quiet"]) as on_progress:
            found = pair_runs(store, pairing, config, on_progress=on_progress)
    finally:
        store.close()
    target = Path(flags["output"] or f"{'-'.join(row.id for row in rows[:2])}.battles.jsonl")
    _write(target, [battle_json(battle) for battle in found.battles])
    if flags["as_json"]:
        print_json({**found.summary, "file": str(target), "complete": found.complete})
    else:
        print_pairs(found.summary)
    say(f"wrote {target} ({len(found.battles)} battles); rate them:  julja arena rate {target}")
    if not found.complete:
        say("interrupted; nothing is lost. The same command goes on.")
    ctx.exit(0 if found.complete else 130)


def _write(target: Path, rows: list[dict[str, Any]]) -> None:
    import orjson

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for row in rows:
                file.write(orjson.dumps(row) + b"\n")
    except OSError as error:
        raise StoreError(f"{target} can't be written: {error.strerror}.") from error
