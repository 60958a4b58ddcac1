"""`julja arena votes`: what was voted, by whom, and the table for `julja arena rate`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from julja.cli.common import json_option, open_store, print_json, say, store_option
from julja.errors import StoreError

if TYPE_CHECKING:
    from julja.arena.ballots import Summary
    from julja.arena.voters import Voter


@click.command()
@click.option("--out", help="Write the votes that count to this file (.jsonl or .csv).")
@click.option("--late", is_flag=True, help="Count changes after the names were told, too.")
@store_option
@json_option
def votes(out: str | None, late: bool, store: str | None, as_json: bool) -> None:
    """Count the votes, report voters unlike the others, and write them for `julja arena rate`."""
    from julja.arena.ballots import ballots, summarise, write_ballots
    from julja.arena.voters import judge_voters
    from julja.arena.votes import VoteLog

    opened = open_store(store, must_exist=True)
    opened.close()
    log = VoteLog(opened.path)
    try:
        events, broken = log.since(0), log.verify()
    finally:
        log.close()
    rows = ballots(events, late=late)
    if not rows:
        raise StoreError(
            f"there is no vote in {opened.path}.", hint="`julja arena vote` takes the first."
        )
    if broken is not None:
        say(f"julja: the log was tampered with: row {broken} does not follow from those before it")
    summary, voters = summarise(events), judge_voters(rows)
    if out:
        say(f"julja: {len(rows)} votes in {write_ballots(rows, out)}")
    if as_json:
        print_json(_as_json(summary, voters, broken))
    else:
        _print(summary, voters)


def _as_json(summary: "Summary", voters: "list[Voter]", broken: int | None) -> dict[str, Any]:
    return {
        **asdict(summary),
        "by_voter": [asdict(voter) for voter in voters],
        "tampered": broken,
    }


def _print(summary: "Summary", voters: "list[Voter]") -> None:
    from julja.cli.arena import screen

    console = screen.console(to_stderr=False)
    console.print(
        f"{summary.votes} votes that count, by {summary.voters} voters, "
        f"of {summary.battles} battles"
    )
    others = (
        (summary.skipped, "skipped"),
        (summary.unanswered, "shown and not answered"),
        (summary.changed, "votes changed before the names were told"),
        (summary.late, "changed afterwards"),
    )
    for count, what in others:
        if count:
            console.print(f"  {count} {what}")
    if summary.first is not None and summary.first_ci is not None:
        low, high = summary.first_ci
        console.print(
            f"  the answer shown first won {summary.first:.3f} [{low:.3f}, {high:.3f}] of "
            f"{summary.decided} decided votes"
        )
    console.print(screen.tally(summary.tally, most=1000))
    for voter in voters:
        if voter.flags:
            console.print(f"  voter {voter.voter} stands out ({_why(voter)}); still counted")


def _why(voter: "Voter") -> str:
    parts = []
    if "one side" in voter.flags:
        parts.append(
            f"{voter.first} of {voter.decided} for the answer shown first, e-value {voter.side:.3g}"
        )
    if "against the field" in voter.flags:
        parts.append(f"votes against the other voters' ratings, e-value {voter.against:.3g}")
    return "; ".join(parts)
