"""`julja audit …`: is the measuring itself any good?"""

import click

from julja.cli.verbs import Verbs

VERBS = {
    "benchmark": (
        "julja.cli.audit.benchmark:benchmark",
        "Does a benchmark tell models apart, and as people do?",
    ),
    "cross-check": (
        "julja.cli.audit.cross_check:cross_check",
        "Do benchmarks, own evals and the arena rank models alike?",
    ),
    "saturation": (
        "julja.cli.audit.saturation:saturation",
        "Does a benchmark still tell the best models apart?",
    ),
    "goodhart": (
        "julja.cli.audit.goodhart:goodhart",
        "Does a score hold on private or fresh items?",
    ),
}


@click.group(cls=Verbs, table=VERBS)
def audit() -> None:
    """Audit benchmarks and rankings."""
