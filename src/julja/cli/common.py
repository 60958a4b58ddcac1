"""What the verbs share: the flags of a run, the store, printing a result."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, get_args

import click

from julja.config import DEFAULT_STORE, ENERGY, RunConfig, load_config_file
from julja.errors import ConfigError
from julja.types import FormName, Json

if TYPE_CHECKING:
    from julja.store.sqlite import Store

F = TypeVar("F", bound=Callable[..., Any])

# (flag names, type, help): one line for each setting of a run that changes no prompt on resume.
Flag: TypeAlias = tuple[tuple[str, ...], Any, str]
# How a model is asked, and for how much.
ASKING: tuple[Flag, ...] = (
    (("--max-connections",), int, "Requests in flight at most; adapts below that."),
    (("--max-retries",), int, "Tries after the first for an error that may pass (8)."),
    (("--max-cost",), float, "Stop when so many dollars are spent."),
    (("--max-tokens-total",), int, "Stop when so many tokens, in and out, are used."),
    (("--timeout", "timeout_s"), float, "Seconds for one request (600)."),
    (("--prices",), click.Path(), "A price table of your own (TOML)."),
)
LIMITS: tuple[Flag, ...] = (
    *ASKING,
    (("--max-errors",), float, "Share of lost samples above which a run is INCOMPLETE (0.01)."),
    (("--run-timeout", "run_timeout_s"), float, "Seconds for the whole run."),
    (("--energy",), click.Choice(ENERGY), "How Wh and CO2 come about (docs/energy.md)."),
    (("--grid-intensity",), str, "g CO2 per kWh, or where the electricity is from: FRA."),
    (("--pue",), float, "A data centre's energy over that of its servers."),
)
SETTINGS: tuple[Flag, ...] = (
    (("--limit",), int, "Only the N samples with the smallest hash (the same ones each time)."),
    (("--shots",), int, "Few-shot exemplars in the prompt."),
    (("--epochs",), int, "Ask every sample so many times."),
    (("--seed",), int, "Seed of few-shots, generated benchmarks and sampling."),
    (("--temperature",), float, "Sampling temperature."),
    (("--top-p",), float, "Nucleus sampling."),
    (("--max-tokens",), int, "Longest answer, in tokens."),
    (("--form",), click.Choice(get_args(FormName)), "How choices are put."),
    (("--data",), click.Path(), "A mirror of benchmark files (JULJA_DATA)."),
    (("--base-url",), str, "The server of an OpenAI-compatible model."),
    (("--api",), click.Choice(["chat", "completions", "responses"]), "The server's dialect."),
)
# The settings of a run that say who judges, and how.
JUDGING = ("judges", "judge_args", "judge_base_url", "judge_repeats", "rubric")
JUDGES: tuple[Flag, ...] = (
    (("--judge-base-url",), str, "The server of an OpenAI-compatible judge."),
    (("--judge-repeats",), int, "Ask each judge each question so many times."),
    (("--rubric",), str, "How judges grade: quality, reference, harmless, your words, or a file."),
)


def names_of(table: Sequence[Flag]) -> list[str]:
    """What a table's flags are called as a verb's arguments."""
    return [flags[-1].lstrip("-").replace("-", "_") for flags, _, _ in table]


def options(*tables: tuple[Flag, ...]) -> Callable[[F], F]:
    """Add the flags of some tables to a verb."""

    def decorate(function: F) -> F:
        for table in reversed(tables):
            for flags, kind, text in reversed(table):
                function = click.option(*flags, type=kind, default=None, help=text)(function)
        return function

    return decorate


def store_option(function: F) -> F:
    """Add --store to a verb."""
    return click.option(
        "--store",
        default=None,
        envvar="JULJA_STORE",
        help=f"Where runs are kept ({DEFAULT_STORE}).",
    )(function)


def trust_option(function: F) -> F:
    """--trust of the verbs that read task files."""
    return click.option(
        "--trust", is_flag=True, help="Let an lm-eval task file run its own Python."
    )(function)


def json_option(function: F) -> F:
    """Add --json to a verb."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")(
        function
    )


def open_store(place: str | None, *, must_exist: bool = False) -> "Store":
    """The store that a flag or JULJA_STORE names, `julja.db` here otherwise."""
    from julja.store.sqlite import Store

    text = (place or DEFAULT_STORE).removeprefix("sqlite:///")
    if "://" in text:
        raise ConfigError(
            f"--store {place}: only SQLite files are known.", hint="Give a path: --store runs.db"
        )
    path = Path(text).expanduser()
    if must_exist and not path.is_file():
        raise ConfigError(
            f"there is no store {path}: nothing was run here.",
            hint="Go to the folder of your runs, or name the store with --store or JULJA_STORE.",
        )
    return Store(path)


def settings(given: Mapping[str, Json], config: str | None) -> dict[str, Json]:
    """Merge a configuration file with flags; flags win, what was not given is left out."""
    merged: dict[str, Json] = load_config_file(Path(config)) if config else {}
    merged.update({k: v for k, v in given.items() if v is not None and v is not False})
    named = merged.pop("judge", None)
    if named is not None:
        merged.setdefault("judges", (named,) if isinstance(named, str) else tuple(named))
    if "data" not in merged and os.environ.get("JULJA_DATA"):
        merged["data"] = os.environ["JULJA_DATA"]
    return merged


def judge_options(function: F) -> F:
    """Add --judge, -J and what goes with them to a verb."""
    function = options(JUDGES)(function)
    function = click.option(
        "-J", "judge_args", multiple=True, metavar="KEY=VAL", help="Setting of the judge's engine."
    )(function)
    return click.option(
        "--judge", "judges", multiple=True, help="The model that judges; several make a jury."
    )(function)


def judge_settings(flags: Mapping[str, Any]) -> dict[str, Json]:
    """The settings that the flags of `judge_options` give; a rubric's file is read."""
    found = {name: flags[name] for name in ("judge_base_url", "judge_repeats", "rubric")}
    found["judges"] = tuple(flags["judges"]) or None
    found["judge_args"] = model_args(flags["judge_args"], "-J") or None
    rubric = found["rubric"]
    if rubric and len(rubric) < 256 and Path(rubric).is_file():
        found["rubric"] = Path(rubric).read_text(encoding="utf-8").strip()
    return {name: value for name, value in found.items() if value is not None}


def make_config(tasks: tuple[str, ...], model: str, values: Mapping[str, Json]) -> RunConfig:
    """A run's configuration from merged settings."""
    return RunConfig.from_json({**values, "tasks": tasks, "model": model})


def model_args(pairs: tuple[str, ...], flag: str = "-M") -> dict[str, Json]:
    """Parse repeated `-M key=value` (or `-J`): numbers, true or false, JSON, or text.

    >>> model_args(("temperature=0.5,top_k=3", 'stop=["a", "b"]', "mean=0.1,0.2,0.3"))
    {'temperature': 0.5, 'top_k': 3, 'stop': ['a', 'b'], 'mean': '0.1,0.2,0.3'}
    """
    from julja.tasks.spec import parse_options, parse_value

    found: dict[str, Json] = {}
    for pair in pairs:
        key, _, value = (part.strip() for part in pair.partition("="))
        if value[:1] in ("[", "{"):
            try:
                found[key] = json.loads(value)
            except json.JSONDecodeError as error:
                raise ConfigError(
                    f"the value in {flag} {pair} is no JSON: {error}.",
                    hint="Put it in single quotes, so that the shell leaves it alone.",
                ) from error
            continue
        first, *others = pair.split(",")
        if "=" in first and any("=" not in part for part in others):
            # One value with commas in it: a list of labels, or of numbers.
            found[key] = parse_value(value)
        else:
            found.update(parse_options(pair, f"{flag} {pair}"))
    return found


def is_terminal() -> bool:
    """True when stdout is somebody's terminal."""
    return sys.stdout.isatty()


def say(text: str) -> None:
    """A line for the reader, on stderr."""
    print(text, file=sys.stderr)


def print_json(value: Json) -> None:
    """One JSON object on stdout."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def print_result(result: Mapping[str, Any], *, as_json: bool) -> None:
    """A result object: the table, or JSON."""
    if as_json:
        print_json(result)
        return
    from julja.report.table import print_run

    print_run(result)


def allow_unsafe(flag: bool) -> None:
    """Let scorers run programs without the sandbox, if the user said so."""
    if flag:
        os.environ["JULJA_UNSAFE_LOCAL"] = "1"
        say("julja: --unsafe-local: model-written code runs on this machine without a sandbox")


def block(title: str, text: str) -> None:
    """Print a text under a title."""
    click.echo(f"\n── {title} " + "─" * max(2, 60 - len(title)))
    # Model output may hold terminal escapes: shown as text, never obeyed.
    click.echo("".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text))
