"""From the log to the table of battles: the votes that count, and how many of them there are.

battles = Battles.of(ballots(log.since(0)))
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from julja.arena.battles import Battle
from julja.arena.style import FEATURES
from julja.arena.votes import WORTH, Event
from julja.errors import ConfigError
from julja.stats.intervals import wilson
from julja.writing import writing

COLUMNS = ("prompt", "model_a", "model_b", "first", "judge", "verdict", "weight", "time")
# What style control (`julja arena rate --style`), breakdowns and checks of voters need besides.
FIELDS = ("battle", "group", "seconds", *(f"{name}_{side}" for name in FEATURES for side in "ab"))


@dataclass(frozen=True, slots=True)
class Tally:
    """One model's votes; `both_bad` is counted in `ties` too, as ratings count it."""

    model: str
    battles: int
    wins: int
    ties: int
    losses: int
    both_bad: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a log holds. `battles` were shown; of them `votes` have a vote that counts.

    `changed` votes were replaced by a later one that counts, `late` ones came after the names were
    told and don't; `skipped` battles were passed over, `unanswered` ones have neither. `first` is
    how often the answer shown first won of the votes that preferred one, with its 95 % interval: a
    half, were it not for the voters.
    """

    voters: int
    battles: int
    votes: int
    changed: int
    late: int
    skipped: int
    unanswered: int
    first: float | None
    first_ci: tuple[float, float] | None
    decided: int
    tally: tuple[Tally, ...]


def current_votes(events: Iterable[Event], *, late: bool = False) -> list[Event]:
    """The vote that counts of each battle: the last before the names were told.

    With `late` the last one of all. In the order in which the battles were first voted in.
    """
    found: dict[str, Event] = {}
    for event in events:
        if event.kind == "vote" and (late or not event.after_reveal):
            found[event.battle] = event
    return list(found.values())


def ballots(events: Iterable[Event], *, late: bool = False) -> list[Battle]:
    """The votes that count as battles: A was shown first, the judge is the voter."""
    return [
        Battle(
            event.prompt,
            event.model_a,
            event.model_b,
            event.verdict,
            "a",
            event.voter,
            1.0,
            event.time,
            {
                "battle": event.battle,
                **{name: event.body[name] for name in FIELDS if name in event.body},
            },
        )
        for event in current_votes(events, late=late)
    ]


def summarise(events: Sequence[Event]) -> Summary:
    """Count what a log holds, or what of it one voter did."""
    votes = [event for event in events if event.kind == "vote"]
    current = current_votes(events)
    shown = {event.battle for event in events if event.kind == "battle"}
    skipped = {event.battle for event in events if event.kind == "skip"}
    late = sum(event.after_reveal for event in votes)
    decided = [WORTH[e.verdict] for e in current if e.verdict and WORTH[e.verdict] != 0.5]
    first = sum(decided)
    return Summary(
        voters=len({event.voter for event in events if event.kind == "battle"}),
        battles=len(shown),
        votes=len(current),
        changed=len(votes) - late - len(current),
        late=late,
        skipped=len(skipped),
        unanswered=len(shown - skipped - {event.battle for event in votes}),
        first=first / len(decided) if decided else None,
        first_ci=wilson(first, len(decided)) if decided else None,
        decided=len(decided),
        tally=tally(current),
    )


def tally(votes: Iterable[Event]) -> tuple[Tally, ...]:
    """Wins, ties and losses of each model; the one that scored most of its battles first."""
    counts: dict[str, Counter[str]] = {}
    for vote in votes:
        if vote.verdict is None:
            continue
        a, b = (counts.setdefault(name, Counter()) for name in (vote.model_a, vote.model_b))
        worth = WORTH[vote.verdict]
        if worth == 0.5:
            for side in (a, b):
                side["tie"] += 1
                side["bad"] += vote.verdict == "bothbad"
        else:
            (a if worth else b)["win"] += 1
            (b if worth else a)["loss"] += 1
    rows = [
        Tally(name, n["win"] + n["tie"] + n["loss"], n["win"], n["tie"], n["loss"], n["bad"])
        for name, n in counts.items()
    ]
    return tuple(
        sorted(rows, key=lambda row: (-(row.wins + row.ties / 2) / row.battles, row.model))
    )


def write_ballots(rows: Sequence[Battle], place: str) -> Path:
    """Write battles as `.jsonl` or `.csv`; `julja arena rate` reads both."""
    path = Path(place).expanduser()
    suffix = path.suffix.lower()
    if suffix not in (".jsonl", ".csv"):
        raise ConfigError(f"{place}: votes are written as .jsonl or .csv.", hint="votes.jsonl")
    with writing(path):
        if suffix == ".jsonl":
            path.write_bytes(b"".join(orjson.dumps(_flat(row)) + b"\n" for row in rows))
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, [*COLUMNS, *FIELDS], restval="")
                writer.writeheader()
                writer.writerows(_flat(row) for row in rows)
    return path


def _flat(row: Battle) -> dict[str, object]:
    own = {name: getattr(row, name) for name in COLUMNS}
    return {**own, **row.fields}
