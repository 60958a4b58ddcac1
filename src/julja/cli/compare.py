"""`julja compare A B`: is B better than A, and can that be believed?"""

import click

from julja.cli.common import json_option, open_store, print_json, say, store_option


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--margin", type=float, help="Differences within it count as EQUIVALENT.")
@click.option("--flips", type=int, default=10, show_default=True, help="Flipped samples to list.")
@store_option
@json_option
def compare(
    a: str, b: str, margin: float | None, flips: int, store: str | None, as_json: bool
) -> None:
    """Compare run B with run A, paired sample by sample."""
    from julja.report.table import print_comparison
    from julja.run.compare import compare_runs

    opened = open_store(store, must_exist=True)
    try:
        found = compare_runs(opened, opened.find_run(a), opened.find_run(b), margin=margin)
    finally:
        opened.close()
    for warning in found["warnings"]:
        say(f"julja: {warning}")
    if as_json:
        print_json(found)
    else:
        print_comparison(found, flips=flips)
