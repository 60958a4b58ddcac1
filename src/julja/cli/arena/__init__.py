"""`julja arena …`: ratings from battles, and the arena in which people vote."""

import click

from julja.cli.verbs import Verbs

VERBS = {
    "rate": ("julja.cli.arena.rate:rate", "Ratings with intervals and ranks from battles."),
    "vote": ("julja.cli.arena.vote:vote", "Vote in the terminal: blind pairs, names afterwards."),
    "votes": ("julja.cli.arena.votes:votes", "What was voted, by whom; votes for `rate`."),
    "serve": ("julja.cli.arena.serve:serve", "The arena's HTTP API."),
    "plan": ("julja.cli.arena.plan:plan", "How many votes a wanted interval takes."),
}


@click.group(cls=Verbs, table=VERBS)
def arena() -> None:
    """Battles between models: rate them, vote on them, plan them."""
