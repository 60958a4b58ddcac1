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
}


@click.group(cls=Verbs, table=VERBS)
def audit() -> None:
    """Audit benchmarks and rankings."""
