"""The flags of `julja arena rate`, and what they become."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from julja.errors import ConfigError

if TYPE_CHECKING:
    from julja.arena.adapters import Settings
    from julja.arena.battles import Battles
    from julja.arena.options import RateOptions
    from julja.arena.style import StyleConstants

F = TypeVar("F", bound=Callable[..., Any])
_METHODS = click.Choice(["bt", "elo", "rao-kupper", "davidson"])
_TIES = click.Choice(["half", "drop"])
_SOURCES = click.Choice(["sandwich", "bootstrap"])

_FLAGS = (
    click.option("--method", type=_METHODS, default="bt", show_default=True, help="The model."),
    click.option("--anchor", metavar="MODEL=RATING", help="The rating of one model, held fixed."),
    click.option("--baseline", metavar="MODEL", help="Win rates against this model."),
    click.option("--style", is_flag=True, help="At equal length, headers, lists and bold."),
    click.option(
        "--style-constants", metavar="FILE", help="Frozen style: read where it is, else written."
    ),
    click.option("--answers", multiple=True, metavar="FILE", help="Answers, for their style."),
    click.option("--bootstrap", type=int, metavar="N", help="Intervals from N resamples."),
    click.option("--interval", type=_SOURCES, help="What intervals are made of (sandwich)."),
    click.option(
        "--cluster", metavar="FIELD", help="What goes together: prompt, judge, a field, or none."
    ),
    click.option("--level", type=float, default=0.95, show_default=True, help="Of intervals."),
    click.option("--strong", type=float, default=1.0, help="What A>>B counts (Arena-Hard: 3)."),
    click.option("--ties", type=_TIES, default="half", help="Half a win each, or left out."),
    click.option("--verdicts", is_flag=True, help="Take graded preferences as bare verdicts."),
    click.option("--where", multiple=True, metavar="FIELD=VALUE", help="Only such battles."),
    click.option("--category", metavar="NAME", help="Short for --where category=NAME."),
    click.option("--judge", metavar="NAME", help="Short for --where judge=NAME."),
    click.option("--by", metavar="FIELD", help="Also a table for each value of a field."),
    click.option("--drop-duplicates", is_flag=True, help="Count equal battles once."),
    click.option("--format", "form", metavar="NAME", help="The format, else told from the rows."),
    click.option(
        "--columns", metavar="ROLE=COLUMN,…", help="As model_a=left,model_b=right,winner=vote."
    ),
    click.option("--tie-margin", type=float, default=0.1, help="Scores so near are a tie (0.1)."),
    click.option("--named", is_flag=True, help="Votes given with the names shown, too."),
    click.option("--skip-bad-rows", is_flag=True, help="Leave out rows that are no battles."),
    click.option("--scale", type=float, default=400.0, show_default=True, help="Points …"),
    click.option("--base", type=float, default=10.0, show_default=True, help="… a factor of."),
    click.option("--initial", type=float, default=1000.0, show_default=True, help="Mean rating."),
    click.option("--k", type=float, default=4.0, show_default=True, help="Elo's step."),
    click.option("--seed", type=int, default=0, show_default=True, help="Of the resamples."),
)


def rate_flags(function: F) -> F:
    """Add the flags to the verb."""
    for decorate in reversed(_FLAGS):
        function = decorate(function)
    return function


def settings_of(flags: Mapping[str, Any]) -> "Settings":
    """What the readers of files are told."""
    from julja.arena.adapters import Settings
    from julja.arena.adapters.table import ROLES
    from julja.errors import did_you_mean

    columns = _pairs((flags["columns"] or "").split(","), "--columns")
    for role in columns:
        if role not in ROLES:
            near = did_you_mean(role, ROLES) or f"There are {', '.join(ROLES)}."
            raise ConfigError(f"--columns: there is no role {role!r}.", hint=near)
    return Settings(columns, flags["baseline"], flags["tie_margin"], flags["named"])


def options_of(flags: Mapping[str, Any]) -> "RateOptions":
    """How to rate."""
    from julja.arena.options import RateOptions

    anchor = None
    if flags["anchor"] is not None:
        # A model's name may hold "=", a rating can't.
        name, _, text = flags["anchor"].rpartition("=")
        try:
            anchor = (name, float(text))
        except ValueError:
            anchor = None
        if not name or anchor is None or anchor[1] != anchor[1]:
            raise ConfigError(
                f"--anchor {flags['anchor']}: not MODEL=RATING.", hint="As --anchor gpt-4-0314=1000"
            )
    constants = _constants(flags["style_constants"])
    return RateOptions(
        method=flags["method"],
        anchor=anchor,
        baseline=flags["baseline"],
        interval=flags["interval"],
        bootstrap=flags["bootstrap"],
        cluster=flags["cluster"],
        level=flags["level"],
        scale=flags["scale"],
        base=flags["base"],
        initial=flags["initial"],
        k=flags["k"],
        strong=flags["strong"],
        ties=flags["ties"],
        graded=not flags["verdicts"],
        style=flags["style"] or flags["style_constants"] is not None,
        constants=constants,
        seed=flags["seed"],
    )


def chosen(battles: "Battles", flags: Mapping[str, Any]) -> "Battles":
    """The battles that are asked for, with the style of their answers where those are given."""
    from julja.arena import select

    wanted = _pairs(flags["where"], "--where")
    wanted |= {name: flags[name] for name in ("category", "judge") if flags[name] is not None}
    battles = select.where(battles, wanted)
    if flags["drop_duplicates"]:
        battles = battles.take(~select.duplicates(battles))
    if flags["answers"]:
        from julja.arena.adapters.answers import read_answers
        from julja.arena.style import with_answers

        battles = with_answers(battles, read_answers(flags["answers"]))
    return battles


def _constants(place: str | None) -> "StyleConstants | None":
    """The frozen constants of a file that is there."""
    if place is None or not Path(place).expanduser().exists():
        return None
    import json

    from julja.arena.style import StyleConstants
    from julja.errors import DataError

    try:
        data = json.loads(Path(place).expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{place}: style constants can't be read ({error}).") from error
    return StyleConstants.from_json(data, place)


def _pairs(items: Iterable[str], flag: str) -> dict[str, str]:
    """NAME=VALUE items; empty ones are none."""
    found: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if item.strip() and not (equals and name.strip()):
            raise ConfigError(f"{flag} {item}: there is no NAME=VALUE in it.")
        if item.strip():
            found[name.strip()] = value.strip()
    return found
