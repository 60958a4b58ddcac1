"""The flags by which `vote` and `serve` are told where the answers come from."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from julja.cli.common import open_store, say

if TYPE_CHECKING:
    from julja.arena.session import Arena

F = TypeVar("F", bound=Callable[..., Any])


def source_options(function: F) -> F:
    """Add the sources of answers, and how battles are chosen, to a verb."""
    for decorate in reversed(
        (
            click.argument("sources", nargs=-1),
            click.option("--runs", multiple=True, help="A run; more may follow, as sources do."),
            click.option("--answers", multiple=True, help="A file of answers; more may follow."),
            click.option("--questions", multiple=True, help="A file of questions, for FastChat's."),
            click.option("--task", "tasks", multiple=True, help="Only samples of this task."),
            click.option(
                "--policy",
                type=click.Choice(["widest", "uniform"]),
                default="widest",
                show_default=True,
                help="Pairs that narrow the widest interval, or any pair alike.",
            ),
            click.option("--strong", is_flag=True, help="Offer 'much better' too."),
            click.option("--seed", type=int, help="Same battles and sides each time (for tests)."),
            click.option(
                "--keep-revealing",
                is_flag=True,
                help="Keep answers that say who wrote them; votes on those are not blind.",
            ),
        )
    ):
        function = decorate(function)
    return function


def open_arena(flags: dict[str, Any]) -> "Arena":
    """The arena of some flags; says what takes part, and what is left out, on stderr."""
    from julja.arena.session import Arena
    from julja.arena.votes import VoteLog
    from julja.run.arena import open_pool

    store = open_store(flags["store"])
    try:
        pool = open_pool(
            store,
            [*flags["runs"], *flags["answers"], *flags["sources"]],
            tasks=flags["tasks"],
            questions=flags["questions"],
            keep_revealing=flags["keep_revealing"],
        )
    finally:
        store.close()
    say(
        f"julja: {len(pool.models)} models, {len(pool.questions)} prompts, "
        f"{pool.battles()} different battles"
    )
    for reason, count in pool.left_out.items():
        say(f"julja: left out {count}: {reason}")
    return Arena(
        pool,
        VoteLog(store.path),
        policy=flags["policy"],
        strong=flags["strong"],
        seed=flags["seed"],
    )
