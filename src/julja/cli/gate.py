"""`julja gate [BASELINE] CANDIDATE --policy FILE`: may this run go out? For CI."""

import sys
from pathlib import Path
from typing import Any

import click

from julja.cli.common import is_terminal, json_option, open_store, print_json, say, store_option
from julja.errors import ConfigError

NO_GO = 100
_WIDTH = 200


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="[BASELINE] CANDIDATE")
@click.option("--policy", required=True, type=click.Path(), help="The rules: TOML, YAML or JSON.")
@click.option("--junit", type=click.Path(), help="Write the rules as JUnit test cases to a file.")
@click.option("--github", is_flag=True, help="Print GitHub annotations (::error, ::warning).")
@click.option("--force", is_flag=True, help="Compare what was not asked alike, and say so.")
@store_option
@json_option
def gate(
    runs: tuple[str, ...],
    policy: str,
    junit: str | None,
    github: bool,
    force: bool,
    store: str | None,
    as_json: bool,
) -> None:
    """Hold a candidate run to a policy, against a baseline where its rules compare.

    Exit code 0 for GO, 100 for NO-GO and for what the data don't decide (unless the policy only
    warns of that). A run is an id (or its beginning), `last`, or a file, as for `julja compare`.
    """
    if len(runs) > 2:
        raise ConfigError(
            f"{len(runs)} runs were named; a gate takes a baseline and a candidate.",
            hint="julja gate BASELINE CANDIDATE --policy FILE",
        )
    from julja.run.comparison.named import open_sides
    from julja.run.gate import gate as decide
    from julja.run.gating.policy import read_policy

    rules = read_policy(Path(policy))
    with open_sides(runs, lambda: open_store(store, must_exist=True), _warn) as sides:
        baseline = sides[0] if len(sides) == 2 else None
        found = decide(rules, sides[-1], baseline, force=force)
    for warning in found["warnings"]:
        _warn(warning)
    _print(found, github=github, as_json=as_json)
    if junit is not None:
        from julja.report.gate import junit as junit_xml
        from julja.writing import write_text

        write_text(Path(junit), junit_xml(found))
    if found["blocks"]:
        raise click.exceptions.Exit(NO_GO)


def _warn(text: str) -> None:
    say(f"julja: {text}")


def _print(found: dict[str, Any], *, github: bool, as_json: bool) -> None:
    from julja.report.gate import annotations, gate_lines

    if as_json:
        print_json(found)
    else:
        print(gate_lines(found, None if is_terminal() else _WIDTH))
    if github:
        # GitHub's runner reads both streams; with --json stdout is one object.
        for line in annotations(found):
            print(line, file=sys.stderr if as_json else sys.stdout)
