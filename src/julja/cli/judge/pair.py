"""`julja judge pair RUN RUN…`: judges compare the answers of runs, and battles come out."""

from pathlib import Path
from typing import Any

import click

from julja.cli.common import (
    ASKING,
    json_option,
    judge_options,
    judge_settings,
    make_config,
    names_of,
    open_store,
    options,
    print_json,
    say,
    settings,
    store_option,
)
from julja.errors import ConfigError


@click.command()
@click.argument("runs", nargs=-1)
@judge_options
@click.option("--task", help="Only this task of the runs.")
@click.option("--limit", type=int, help="Only the N samples with the smallest hash.")
@click.option("--weighted", is_flag=True, help="Ask for the probability of A and B, not a text.")
@click.option("--no-cache", is_flag=True, help="Ask again even what was answered before.")
@click.option("--output", "-o", type=click.Path(), help="The file of battles to write (.jsonl).")
@options(ASKING)
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@store_option
@json_option
@click.pass_context
def pair(ctx: click.Context, /, runs: tuple[str, ...], **flags: Any) -> None:
    """Let judges compare the answers of two or more runs, each pair in both orders.

    Writes a file of battles for `julja arena rate`; asking again costs nothing (cache).
    """
    import orjson

    from julja.cli.progress import ProgressLine
    from julja.report.table import print_pairs
    from julja.run.pairing import Pairing, battle_json, pair_runs, pair_scorer
    from julja.writing import writing

    if len(runs) < 2:
        raise ConfigError("two runs at least are compared.", hint="julja judge pair RUN_A RUN_B")
    if not flags["judges"]:
        raise ConfigError("no judge was named.", hint="Name one with --judge MODEL.")
    given = {name: flags[name] for name in ("no_cache", *names_of(ASKING))}
    given |= judge_settings(flags)
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
    with writing(target), target.open("wb") as file:
        for battle in found.battles:
            file.write(orjson.dumps(battle_json(battle)) + b"\n")
    if flags["as_json"]:
        print_json({**found.summary, "file": str(target), "complete": found.stop is None})
    else:
        print_pairs(found.summary)
    say(f"wrote {target} ({len(found.battles)} battles); rate them:  julja arena rate {target}")
    if found.stop is not None:
        say(f"{found.reason}; nothing is lost. The same command goes on.")
    ctx.exit(found.exit_code)
