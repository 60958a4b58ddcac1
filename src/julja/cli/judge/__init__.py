"""`julja judge …`: models as judges of answers, and how far they can be believed."""

import click

from julja.cli.verbs import Verbs

VERBS = {
    "pair": ("julja.cli.judge.pair:pair", "Let judges compare the answers of runs: battles."),
    "calibrate": ("julja.cli.judge.calibrate:calibrate", "Hold a judge against human labels."),
}


@click.group(
    cls=Verbs,
    table=VERBS,
    epilog="To grade answers: julja run TASK -m MODEL --judge JUDGE, or julja score RUN --judge …",
)
def judge() -> None:
    """Models as judges: let them compare runs, and hold them against people."""
