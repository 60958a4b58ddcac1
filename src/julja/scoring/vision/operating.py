"""The score from which a detector's findings are looked at one by one, and what they come to there.

AP has no such threshold; pictures and counts of errors need one. It is the score at which F1 at an
IoU of .5, over all pictures and categories together, is highest (van Rijsbergen, "Information
Retrieval", 1979, chapter 7: F1 = 2 right / (found + objects)).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from julja.scoring.vision.matching import LEVELS, Matches


@dataclass(frozen=True, slots=True)
class Point:
    """A threshold, and F1, precision and recall of all detections that reach it."""

    score: float
    f1: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of one picture's detections: right ones, false ones, and missed objects."""

    right: int
    false: int
    missed: int

    @property
    def f1(self) -> float | None:
        """The picture's own F1; None where there is nothing, and nothing was found."""
        total = 2 * self.right + self.false + self.missed
        return 2 * self.right / total if total else None


def best_point(matches: Sequence[Matches]) -> Point | None:
    """The threshold of the highest F1; None where no detection is right.

    Of equal ones the highest score. Detections of equal score pass together.
    """
    import numpy as np

    objects = sum(int(item.objects[:, 1].sum()) for item in matches)
    scores = np.concatenate([np.zeros(0), *(item.scores for item in matches)])
    bits = np.concatenate([np.zeros(0, "u4"), *(item.bits[:, 0] for item in matches)])
    counted = (bits >> LEVELS & 1) == 0
    scores, right = scores[counted], (bits[counted] & 1).astype(np.int64)
    if not objects or not right.any():
        return None
    order = np.argsort(-scores, kind="stable")
    scores, hits = scores[order], np.cumsum(right[order])
    found = np.arange(1, len(scores) + 1)
    last = np.append(scores[1:] != scores[:-1], True)
    f1 = np.where(last, 2 * hits / (found + objects), -1.0)
    best = int(f1.argmax())
    return Point(
        float(scores[best]),
        float(f1[best]),
        float(hits[best] / found[best]),
        float(hits[best] / objects),
    )


def counts(item: Matches, score: float) -> Counts:
    """One picture's counts among the detections of `score` and above."""
    bits = item.bits[item.scores >= score, 0]
    right = int((bits & 1).sum())
    ignored = int((bits >> LEVELS & 1).sum())
    return Counts(right, len(bits) - right - ignored, int(item.objects[:, 1].sum()) - right)
