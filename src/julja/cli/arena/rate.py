"""`julja arena rate FILE…`: ratings with intervals and ranks from battles."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from julja.cli.arena.rate_flags import chosen, options_of, rate_flags, settings_of
from julja.cli.common import json_option, print_json, say
from julja.errors import JuljaError

if TYPE_CHECKING:
    from julja.arena.adapters import Found
    from julja.arena.battles import Battles
    from julja.arena.options import RateOptions

_SHOWN = 5


@click.command()
@click.argument("files", nargs=-1, required=True)
@rate_flags
@json_option
def rate(files: tuple[str, ...], as_json: bool, **flags: Any) -> None:
    """Rate models by their battles: Chatbot Arena, Arena-Hard, MT-Bench, AlpacaEval, csv …

    Ratings come with intervals that mind prompts judged several times, ranks with theirs, and the
    share of battles that each model is expected to win.
    """
    # Systems of some hundred unknowns gain nothing from threads, and lose much on a busy machine.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from julja.arena.adapters import read_battles
    from julja.arena.rate import rate as rate_battles

    options = options_of(flags)
    options.check()
    found = read_battles(
        files, settings_of(flags), form=flags["form"], skip_bad_rows=flags["skip_bad_rows"]
    )
    _tell(found)
    battles = chosen(found.table, flags)
    ticks = _Ticks(options.draws(len(battles), len(battles.models)))
    table = rate_battles(battles, options, tick=ticks)
    result = table.to_json() | {
        "files": dict(found.formats),
        "refused": [str(row) for row in found.refused],
        "left_out": dict(found.left_out),
    }
    for line in table.remarks:
        say(f"julja: {line}")
    if flags["by"]:
        result["by"] = {"field": flags["by"], "tables": _parts(battles, flags["by"], options)}
    if flags["style_constants"] and options.constants is None:
        _freeze(result["parameters"]["style"], flags["style_constants"])
    if as_json:
        print_json(result)
        return
    from julja.report.ratings import print_ratings

    print_ratings(result)
    for value, part in result.get("by", {"tables": {}})["tables"].items():
        title = f"{flags['by']} = {value or '(not recorded)'}"
        if "error" in part:
            click.echo(f"\n{title}: {part['error']}")
        else:
            click.echo()
            print_ratings(part, title)


def _parts(battles: "Battles", field: str, options: "RateOptions") -> dict[str, Any]:
    """A table for each value of a field; a part that can't be rated says why."""
    from julja.arena import select
    from julja.arena.rate import rate as rate_battles

    found: dict[str, Any] = {}
    for value, part in select.split(battles, field).items():
        try:
            found[value] = rate_battles(part, options).to_json()
        except JuljaError as error:
            found[value] = {"error": str(error)}
    return found


def _tell(found: "Found") -> None:
    """What was read, and what was not, on stderr."""
    for place, name in found.formats.items():
        say(f"julja: {place}: {name}")
    for name, count in found.left_out.items():
        say(f"julja: left out {count}: {name}")
    for row in found.refused[:_SHOWN]:
        say(f"julja: left out {row}")
    if len(found.refused) > _SHOWN:
        say(f"julja: left out {len(found.refused) - _SHOWN} more such rows (--json lists all)")
    for line in found.remarks:
        say(f"julja: {line}")


def _freeze(style: Mapping[str, Mapping[str, float]], place: str) -> None:
    """Write the constants of this table for later ones."""
    import json

    from julja.arena.style import StyleConstants
    from julja.writing import write_text

    constants = StyleConstants(
        tuple(style),
        tuple(row["spread"] for row in style.values()),
        tuple(row["coefficient"] for row in style.values()),
    )
    write_text(Path(place).expanduser(), json.dumps(constants.to_json(), indent=1) + "\n")
    say(f"julja: wrote the style's constants to {place}")


class _Ticks:
    """Counts what takes long on a terminal, in one line that is written over."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._next = time.monotonic() + 2.0
        self._shown = False

    def __call__(self, done: int) -> None:
        if not sys.stderr.isatty():
            return
        if time.monotonic() > self._next and done < self._total:
            self._next = time.monotonic() + 0.5
            self._shown = True
            print(f"\r{done:,} of {self._total:,} resamples ", end="", file=sys.stderr, flush=True)
        elif self._shown and done >= self._total:
            print("\r" + " " * 40 + "\r", end="", file=sys.stderr, flush=True)
