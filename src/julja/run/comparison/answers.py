"""Both answers of the samples whose scores differ."""

from collections.abc import Iterable, Mapping
from typing import Any

from julja.run.comparison.sides import Side
from julja.types import Record

LONGEST = 2_000


def add_answers(flips: Iterable[dict[str, Any]], a: Side, b: Side) -> None:
    """Write what both runs said into these flips, with what was right.

    Of a confidential sample only the scores are told; a longer answer is cut.
    """
    for flip in flips:
        one, two = _record(a, flip), _record(b, flip)
        flip["target"] = list(one.target) if one else None
        flip["answer_a"], flip["answer_b"] = _answer(one), _answer(two)


def _record(side: Side, flip: Mapping[str, Any]) -> Record | None:
    """The first epoch that a sample has."""
    from julja.run.reports import shareable

    records = side.store.records(side.row.id, task=flip["task"], sample=flip["sample"])
    return next(iter(shareable(records)), None)


def _answer(record: Record | None) -> dict[str, Any] | None:
    if record is None:
        return None
    text = record.response.text if record.response else ""
    return {
        "state": record.state,
        "extracted": record.score.extracted if record.score else None,
        "text": text if len(text) <= LONGEST else text[:LONGEST] + " …",
    }
