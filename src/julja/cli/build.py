"""`julja build PROMPTS…`: make a benchmark out of raw prompts (BenchBuilder)."""

import asyncio
import re
import shlex
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from julja.cli.common import (
    json_option,
    model_args,
    open_store,
    options,
    print_json,
    say,
    store_option,
)
from julja.errors import ConfigError
from julja.types import Json

if TYPE_CHECKING:
    from julja.builder.prompts import Stage
    from julja.builder.settings import AskConfig, BuildConfig
    from julja.run.build import Built

_Flags = tuple[tuple[tuple[str, ...], Any, str], ...]
PROMPTS: _Flags = (
    (("--column",), str, "The column with the prompts (found by its usual names)."),
    (("--language",), str, "Only this language: en, ko, …, or any (en)."),
    (("--turns",), str, "single: one-turn conversations only; first: the first turn of all."),
    (("--min-length",), int, "A prompt must have more characters than this (32)."),
    (("--max-length",), int, "… and at most so many (10000)."),
    (("--limit",), int, "Only the N prompts with the smallest hash."),
    (("--near",), float, "Jaccard similarity from which prompts are duplicates (0.7; 1: exact)."),
    (("--pii",), str, "Personal data: drop, mask or keep (drop)."),
)
TOPICS: _Flags = (
    (("--embed",), str, "hashed, hf/NAME (an encoder), or openai/NAME (hashed)."),
    (("--embed-tokens",), int, "Tokens of a prompt that an encoder reads (256)."),
    (("--dimensions",), int, "Dimensions of hashed features (512)."),
    (("--cluster", "method"), str, "kmeans or hdbscan (kmeans)."),
    (("--min-topic-size",), int, "Prompts that make a topic at least (8)."),
    (("--topics",), int, "How many topics kmeans makes (one for 50 prompts)."),
    (("--outliers",), str, "reduce: to the nearest topic; drop (reduce)."),
)
QUALITY: _Flags = (
    (("--scorer",), str, "The model that scores the seven criteria."),
    (("--prompt-score", "min_prompt_score"), int, "Criteria that a prompt fulfils at least (6)."),
    (("--cluster-score", "min_cluster_score"), float, "Mean score of its topic at least (6)."),
    (("--cheap-scorer",), str, "A cheaper model for a first pass over all prompts."),
    (("--cheap-prompt-score",), int, "The first pass's limit for a prompt (5)."),
    (("--cheap-cluster-score",), float, "The first pass's limit for a topic (3)."),
    (("--scorer-tokens",), int, "Longest answer of a scorer; more for models that reason (32)."),
    (("--criteria",), str, "list: all in one answer; each: a yes or no for each (list)."),
    (("--namer",), str, "A model that names the topics (their words otherwise)."),
    (("--name-docs",), int, "Prompts of a topic that the namer sees at most (50)."),
    (("--name-chars",), int, "Characters of each (2000)."),
    (("--screen",), str, "A model that screens the sample for offensive prompts."),
)
SAMPLE: _Flags = (
    (("--clusters",), int, "Topics in the benchmark (250)."),
    (("--per-cluster",), int, "Prompts of each (2)."),
    (("--seed",), int, "Seed of clustering and sampling (0)."),
    (("--answer-tokens",), int, "Longest answer in the benchmark's own runs (4096)."),
    (("--licence",), str, "The licence of the prompts, for the card."),
)
ASKING: _Flags = (
    (("--base-url",), str, "The server of OpenAI-compatible models."),
    (("--embed-base-url",), str, "The server of --embed openai/NAME, where it is another one."),
    (("--max-connections",), int, "Requests in flight at most."),
    (("--max-retries",), int, "Tries after the first for an error that may pass (8)."),
    (("--timeout", "timeout_s"), float, "Seconds for one request (600)."),
    (("--max-cost",), float, "Stop when so many dollars are spent."),
    (("--max-errors",), float, "Share of lost answers above which nothing is written (0.01)."),
    (("--prices",), click.Path(), "A price table of your own (TOML)."),
)


@click.command()
@click.argument("sources", nargs=-1, metavar="PROMPTS…")
@click.option("--out", type=click.Path(), help="The folder to write (the benchmark's name).")
@click.option("--name", help="The benchmark's name (from the file's).")
@options(PROMPTS)
@click.option("--keep", "keep_fields", multiple=True, help="A column to keep in the cases.")
@click.option("--allow-pii", multiple=True, help="A kind of personal data to let pass.")
@click.option("--keep-flagged", is_flag=True, help="Keep what the source marked as toxic.")
@options(TOPICS, QUALITY)
@click.option("--no-quality", is_flag=True, help="Sample without scoring; the card says so.")
@options(SAMPLE, ASKING)
@click.option("-M", "model_args_", multiple=True, metavar="KEY=VAL", help="Setting of the models.")
@click.option("--no-cache", is_flag=True, help="Compute and ask everything anew.")
@click.option("--dry-run", is_flag=True, help="Show what is left after screening, and the cost.")
@click.option("--force", is_flag=True, help="Write over what is in the folder.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@store_option
@json_option
@click.pass_context
def build(ctx: click.Context, /, sources: tuple[str, ...], **flags: Any) -> None:
    """Make a benchmark out of raw prompts (BenchBuilder).

    PROMPTS are .txt (a prompt a line), .jsonl, .json, .csv, .tsv or .parquet files, also .gz or in
    a .zip: plain prompts, or conversations as WildChat, LMSYS, Chatbot Arena and others have them.
    """
    config, ask = _configs(sources, flags)
    try:
        ctx.exit(_build(config, ask, flags))
    except KeyboardInterrupt:
        # A stage that computes was interrupted: what stages before it made is in the cache.
        _tell_resume("interrupted; nothing that was finished is lost.")
        ctx.exit(130)


def _configs(sources: tuple[str, ...], flags: dict[str, Any]) -> tuple["BuildConfig", "AskConfig"]:
    from julja.builder.settings import AskConfig, BuildConfig

    if not sources:
        raise ConfigError("no file of prompts was named.", hint="julja build prompts.jsonl …")
    if flags["scorer"] is None and not flags["no_quality"]:
        raise ConfigError(
            "no model scores the prompts' quality, and without scores nothing says that they are"
            " worth asking.",
            hint="Name one with --scorer MODEL, or sample without scores: --no-quality.",
        )

    def given(kind: Any) -> dict[str, Json]:
        names = {item.name for item in fields(kind)}
        return {k: v for k, v in flags.items() if k in names and v is not None}

    name = flags["name"] or _default_name(sources[0])
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        raise ConfigError(f"--name {name} is no name.", hint="Letters, digits, - and _ are.")
    values = {**given(BuildConfig), "sources": sources, "name": name}
    config = BuildConfig(**values, quality=not flags["no_quality"])
    asked = {**given(AskConfig), "model_args": model_args(flags["model_args_"])}
    if asked.get("max_connections") is not None and asked["max_connections"] < 1:
        raise ConfigError(f"--max-connections {asked['max_connections']}: must be at least 1.")
    return config, AskConfig(**asked)


def _default_name(source: str) -> str:
    """`data/arena prompts.jsonl.gz` -> `arena_prompts_bench`."""
    stem = re.sub(r"\W+", "_", Path(source.rpartition("!")[2]).name.split(".")[0]).strip("_")
    return f"{stem or 'prompts'}_bench"


def _build(config: "BuildConfig", ask: "AskConfig", flags: dict[str, Any]) -> int:
    from julja.builder.cache import StageCache
    from julja.builder.prepare import find_clusters, unique_prompts
    from julja.builder.write import check_folder
    from julja.cli.progress import ProgressLine
    from julja.places import cache_dir
    from julja.run.build import build as build_benchmark
    from julja.run.build import settings_hash
    from julja.run.build_estimate import check_models, estimate

    quiet = flags["quiet"]
    folder = Path(flags["out"] or config.name).expanduser()
    cache = StageCache(None if ask.no_cache else cache_dir() / "build")
    tell = (lambda stage: None) if quiet else _tell_stage
    unique = unique_prompts(config, cache, tell)
    if flags["dry_run"]:
        _print_estimate(estimate(config, ask, unique), as_json=flags["as_json"])
        return 0
    check_folder(folder, settings_hash(config, unique.sources), force=flags["force"])
    check_models(config, ask)

    def encoded(done: int, total: int) -> None:
        if not quiet:
            say(f"  embed    {done}/{total}")

    clustered = find_clusters(
        config,
        unique.prompts,
        cache,
        tell,
        base_url=ask.embed_base_url or ask.base_url,
        timeout_s=ask.timeout_s,
        on_progress=encoded,
    )
    store = open_store(flags["store"])
    try:
        with ProgressLine(quiet=quiet) as on_progress:
            work = build_benchmark(
                config,
                ask,
                unique,
                clustered,
                store,
                folder,
                on_stage=tell,
                on_progress=on_progress,
            )
            built = asyncio.run(work)
    finally:
        store.close()
    _tell_end(built, config)
    if flags["as_json"]:
        print_json(built.result)
    else:
        _print_result(built.result)
    return built.exit_code


def _tell_stage(stage: "Stage") -> None:
    parts = [f"{count:,} {reason}" for reason, count in stage.reasons.items()]
    parts += stage.notes
    parts += ["from the cache"] if stage.cached else []
    shown = f" · {', '.join(parts)}" if parts else ""
    say(f"  {stage.name:<8} {stage.before:,} -> {stage.after:,}{shown} · {stage.seconds:.1f} s")


def _tell_resume(why: str) -> None:
    say(why)
    say(f"Go on with the same command:  julja {shlex.join(sys.argv[1:])}")


def _tell_end(built: "Built", config: "BuildConfig") -> None:
    result = built.result
    if built.stop == "interrupted":
        _tell_resume("interrupted; nothing is lost: every answer is in the store.")
    elif built.stop is not None:
        _tell_resume(f"stopped: {built.reason}\nwhat was answered is kept.")
    elif not result["complete"]:
        errors = sum(role["errors"] for role in result["cost"]["roles"])
        _tell_resume(f"INCOMPLETE: {errors} questions had no answer; nothing was written.")
    elif not result["cases"]:
        say(_why_none(result, config))
    elif result["topics"]["sampled"] < config.clusters:
        say(
            f"note: {result['topics']['sampled']} topics had {config.per_cluster} prompts that"
            f" passed; {config.clusters} were wanted."
        )


def _why_none(result: dict[str, Any], config: "BuildConfig") -> str:
    """What to do where nothing passed."""
    unparsed = sum(role["unparsed"] for role in result["cost"]["roles"])
    asked = sum(role["requests"] for role in result["cost"]["roles"])
    text = "no topic has enough prompts that passed; nothing was written."
    if asked and unparsed > asked / 2:
        return (
            f"{text}\n  {unparsed} of {asked} answers of {config.scorer} could not be read as a"
            " list of criteria. Take a stronger --scorer; more --scorer-tokens for one that reasons"
            " first; --criteria each for a small one."
        )
    return f"{text}\n  Lower --prompt-score or --cluster-score, or --per-cluster 1."


def _print_estimate(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    left = found["stages"][-1]["after"]
    click.echo(f"{left:,} prompts are left, about {found['topics_about']:,} topics.")
    click.echo(f"The benchmark would have at most {found['cases_at_most']:,} prompts.")
    for row in found["requests"]:
        cost = row["cost_usd_at_most"]
        price = "no price known for this model" if cost is None else f"at most ${cost:.2f}"
        click.echo(
            f"{row['role']}: {row['model']}, at most {row['requests_at_most']:,} requests,"
            f" {row['input_tokens_at_most']:,} tokens in,"
            f" {row['output_tokens_at_most']:,} out, {price}"
        )


def _print_result(result: dict[str, Any]) -> None:
    if not result["files"]:
        return
    topics, cost = result["topics"], result["cost"]
    quality = "quality scored" if result["quality"] else "quality NOT scored"
    click.echo(f"{result['cases']} prompts on {topics['sampled']} topics, {quality}")
    for path in result["files"]:
        click.echo(f"  {path}")
    for role in cost["roles"]:
        from julja.builder.write import dollars

        click.echo(
            f"{role['role']}: {role['model']}, {role['requests']:,} requests,"
            f" {role['unparsed']:,} unparsed, {role['errors']:,} errors,"
            f" {dollars(role['cost_usd'])}"
        )
    toml = next(path for path in result["files"] if path.endswith(".toml"))
    click.echo(f"Run it:  julja run {toml} -m MODEL --judge MODEL")
    click.echo(result["signature"])
