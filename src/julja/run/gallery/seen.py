"""What is noted of each record while a report reads them all: how good it is, and by what name.

A picture's own figure orders the gallery; it is no part of the benchmark's number where that is one
of the whole set (AP, mIoU, PQ).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from julja.likelihoods import log_likelihoods
from julja.scoring.vision.matching import Matches, unpack
from julja.types import ChoiceLikelihood, Json, Record, Sample

Kind: TypeAlias = Literal["classes", "objects", "labels", "panoptic", "question"]

# How far a sum of shares may lie from 1: files round them.
_ROUNDING = 0.02


@dataclass(frozen=True, slots=True)
class Noted:
    """One record: its place, its figure, the share of its first class among all scores.

    `wrong` is None for what is neither right nor wrong. A `hidden` one is confidential: it counts
    in charts, and is not shown.
    """

    task: str
    sample: str
    epoch: int
    figure: float | None
    share: float | None = None
    wrong: bool | None = None
    hidden: bool = False


@dataclass(slots=True)
class Seen:
    """The records of one task: notes, and what its charts are made of."""

    task: str
    kind: Kind
    noted: list[Noted] = field(default_factory=list)
    matches: list[Matches] = field(default_factory=list)
    tables: list[Json] = field(default_factory=list)
    # (right, predicted) places of classes, -1 for none.
    pairs: list[tuple[float, float]] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)

    def note(self, record: Record) -> None:
        """Note one record; what has no answer or no score is passed over."""
        if record.response is None or record.score is None:
            return
        values, table = record.score.values, record.score.details.get("table")
        first = next(iter(values.values()), None)
        place = (record.task, record.sample, record.epoch)
        hidden = record.confidential
        if self.kind == "objects" and table is not None:
            self.matches.append(unpack(table))
            self.names |= {int(kind): str(name) for kind, name in table["names"].items()}
            self.noted.append(Noted(*place, None, hidden=hidden))
        elif self.kind == "classes":
            if "predicted" in values and values["class"] >= 0:
                self.pairs.append((values["class"], values["predicted"]))
            share = max(shares(record.response.choices), default=None)
            self.noted.append(Noted(*place, first, share, _is_wrong(first), hidden))
        else:
            if table is not None:
                self.tables.append(table if self.kind == "labels" else None)
            wrong = None if table is not None else _is_wrong(first)
            self.noted.append(Noted(*place, first, None, wrong, hidden))


def _is_wrong(value: float | None) -> bool:
    return value is None or value < 1


def kind_of(sample: Sample, form: str | None, record: Record) -> Kind | None:
    """What a sample of pictures asks for; None for one without pictures."""
    told = "no_picture" in sample.fields
    if form == "detect" and "bbox" in sample.fields:
        return "objects"
    if form == "segment":
        return "panoptic" if "segments" in sample.fields else "labels"
    if not sample.media and not told:
        return None
    values = record.score.values if record.score else {}
    if "predicted" in values or (form == "classify" and sample.choices):
        return "classes"
    return "question"


def shares(choices: Sequence[ChoiceLikelihood]) -> list[float]:
    """Each choice's share of all: what sums to 1 already, else the softmax of the scores."""
    values = log_likelihoods(choices)
    if not values or any(value != value for value in values) or max(values) == -math.inf:
        return []
    if min(values) >= 0 and abs(math.fsum(values) - 1) <= _ROUNDING:
        return values
    best = max(values)
    raised = [math.exp(value - best) for value in values]
    total = math.fsum(raised)
    return [value / total for value in raised]


def worst_first(noted: Sequence[Noted]) -> list[Noted]:
    """What may be shown: confident mistakes first, low figures before high ones, ties by id."""
    return sorted((item for item in noted if not item.hidden), key=_rank)


def _rank(item: Noted) -> tuple[bool, float, float, str, tuple[int, int, str], int]:
    # The surer a mistake, the sooner; of right answers the least sure one.
    sure = item.share or 0.0
    figure = math.inf if item.figure is None else item.figure
    number = item.sample if item.sample.isdecimal() and len(item.sample) < 19 else ""
    by_id = (0, int(number), "") if number else (1, 0, item.sample)
    order = sure if item.wrong is False else -sure
    return (item.wrong is False, order, figure, item.task, by_id, item.epoch)
