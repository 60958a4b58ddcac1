"""`julja judge …`: models as judges of answers, and how far they can be believed."""

import click

from julja.cli.verbs import Verbs

VERBS = {
    "score": ("julja.cli.judge.score:score", "Let judges grade the answers of a run."),
    "pair": ("julja.cli.judge.pair:pair", "Let judges compare the answers of runs: battles."),
    "calibrate": ("julja.cli.judge.calibrate:calibrate", "Hold a judge against human labels."),
}


@click.group(cls=Verbs, table=VERBS)
def judge() -> None:
    """Models as judges."""
