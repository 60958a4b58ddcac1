"""`julja compare A B…`: is B better than A, and can that be believed?"""

import click

from julja.cli.common import json_option, open_store, print_json, say, store_option

# So many flips of each task bring both answers into a page.
_PAGE_FLIPS = 200


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="A B [C…]")
@click.option("--all-pairs", is_flag=True, help="Each with each, not only with the first.")
@click.option("--task", "tasks", multiple=True, help="Only this task (may be repeated).")
@click.option("--metric", help="Another metric than each task's first.")
@click.option("--margin", type=float, help="Differences within it count as EQUIVALENT.")
@click.option(
    "--adjust",
    metavar="[holm|bh|max-t|none]",
    help="For several comparisons: holm up to 20, bh above, unless you say.",
)
@click.option("--alpha", type=float, default=0.05, show_default=True, help="Error rate.")
@click.option("--flips", type=int, default=10, show_default=True, help="Flipped samples to list.")
@click.option("--html", type=click.Path(), help="Write a page, with both answers of more flips.")
@click.option("--force", is_flag=True, help="Compare what was not asked alike, and say so.")
@click.option("--seed", type=int, default=0, help="Seed of the bootstrap.")
@click.option("--verbose", is_flag=True, help="Say what an unpaired test would have said.")
@store_option
@json_option
def compare(
    runs: tuple[str, ...],
    all_pairs: bool,
    tasks: tuple[str, ...],
    metric: str | None,
    margin: float | None,
    adjust: str | None,
    alpha: float,
    flips: int,
    html: str | None,
    force: bool,
    seed: int,
    verbose: bool,
    store: str | None,
    as_json: bool,
) -> None:
    """Compare runs with the first of them, paired sample by sample.

    A run is an id (or its beginning), `last`, or a file: an export (jsonl), or results of another
    tool that `julja import` reads.
    """
    from julja.report.comparison import print_comparison
    from julja.run.compare import compare_sides
    from julja.run.comparison.named import open_sides
    from julja.run.comparison.options import Options

    options = Options(
        margin=margin,
        adjust=adjust,  # type: ignore[arg-type]
        alpha=alpha,
        all_pairs=all_pairs,
        tasks=tasks,
        metric=metric,
        force=force,
        flips=max(flips, _PAGE_FLIPS) if html else flips,
        unpaired=verbose,
        seed=seed,
    )
    with open_sides(runs, lambda: open_store(store, must_exist=True), _warn) as sides:
        found = compare_sides(sides, options)
    for warning in found["warnings"]:
        _warn(warning)
    if html:
        from pathlib import Path

        from julja.report.compare_page import render_comparison
        from julja.writing import write_text

        say(f"wrote {write_text(Path(html), render_comparison(found))}")
    if as_json:
        print_json(found)
    else:
        print_comparison(found, flips=flips)


def _warn(text: str) -> None:
    say(f"julja: {text}")
