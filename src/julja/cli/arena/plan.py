"""`julja arena plan`: how many votes a wanted interval takes, or what so many votes give."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from julja.cli.common import json_option, print_json

if TYPE_CHECKING:
    from julja.arena.plan import Plan, PolicyPlan


@click.command()
@click.option("--half-width", type=float, help="Of the widest difference's interval, in points.")
@click.option("--win-rate", type=float, help="Tell two models apart of which one wins so often.")
@click.option("--votes", type=int, help="What so many votes give.")
@click.option("--models", type=int, default=2, show_default=True, help="Models in the arena.")
@click.option("--power", type=float, default=0.8, show_default=True, help="With --win-rate.")
@click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals.")
@click.option("--ties", type=float, default=0.2, show_default=True, help="Share between equals.")
@click.option("--spread", type=float, help="Standard deviation of the true ratings (100).")
@click.option(
    "--design-effect",
    type=float,
    default=1.0,
    show_default=True,
    help="By how much votes count less that share prompts or voters.",
)
@click.option("--policy", type=click.Choice(["widest", "uniform"]), help="One matchmaking only.")
@click.option("--rounds", type=int, help="Simulated arenas (200; fewer of many models).")
@click.option("--seed", type=int, default=0, show_default=True)
@json_option
def plan(as_json: bool, **wanted: Any) -> None:
    """Say how many votes a wanted interval takes: in closed form, and in simulated arenas.

    For example: julja arena plan --models 10 --half-width 40
    """
    from julja.arena.plan import Wish
    from julja.arena.plan import plan as make

    found = make(Wish(**wanted))
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)


def _as_json(found: "Plan") -> dict[str, Any]:
    wish = asdict(found.wish)
    return {
        "goal": found.wish.goal,
        "assumed": {**wish, "rounds": found.rounds, "middle_difference": found.difference},
        "policies": [asdict(item) for item in found.policies],
        "saved": found.saved,
    }


def _print(found: "Plan") -> None:
    from rich.table import Table

    from julja.cli.arena import screen
    from julja.cli.common import is_terminal

    wish = found.wish
    console = screen.console(to_stderr=False)
    console.print(_asked(found))
    table = Table(box=None, pad_edge=False)
    for name in ("pairs", "votes", "5-95 % of arenas", "closed form"):
        table.add_column(name, justify="left" if name == "pairs" else "right")
    told = () if wish.half_width is not None else ("power",)
    for name in ("widest difference", "a rating", "coverage", *told):
        table.add_column(name, justify="right")
    for item in found.policies:
        table.add_row(
            *_row(item, wish.votes)[: len(table.columns)], style="bold" if is_terminal() else ""
        )
    console.print(table)
    if found.saved is not None:
        less = "fewer" if found.saved >= 0 else "more"
        console.print(f"asking for the widest interval takes {abs(found.saved):.0%} {less} votes")
    if wish.design_effect == 1:
        console.print(
            "votes are taken to be independent; where they share prompts or voters, "
            "say --design-effect (Arena-Hard: 2.8)"
        )


def _asked(found: "Plan") -> str:
    wish = found.wish
    if wish.half_width is not None:
        goal = f"every difference known to ±{wish.half_width:g} points at {wish.level:.0%}"
    elif wish.win_rate is not None:
        goal = f"two models told apart, one of which wins {wish.win_rate:.1%}, power {wish.power:g}"
    else:
        goal = f"what {wish.votes} votes give"
    return (
        f"{goal}; {wish.models} models, {wish.ties:.0%} ties between equals, "
        f"{found.rounds} simulated arenas"
    )


def _row(item: "PolicyPlan", asked: int | None) -> list[str]:
    votes = asked if asked is not None else item.votes
    return [
        item.policy,
        "not reached" if votes is None else f"{votes:,}",
        "–" if item.range is None else f"{item.range[0]:,}–{item.range[1]:,}",
        "–" if item.closed_form is None else f"{item.closed_form:,}",
        f"±{item.half_width:.1f}",
        f"±{item.own_half_width:.1f}",
        f"{item.coverage:.3f}",
        f"{item.power:.2f}",
    ]
