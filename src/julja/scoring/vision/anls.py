"""ANLS, of questions about documents: edit distance to the nearest answer, nothing below one half.

Biten et al., Scene Text Visual Question Answering, ICCV 2019 (https://arxiv.org/abs/1905.13648):
1 - NL where NL, the Levenshtein distance over the longer length, is below 0.5, else 0; the best of
all answers counts. Case and the number of spaces don't (the Robust Reading Competition's script).

>>> anls("helo", ["Hello", "goodbye"])
0.8
"""

from collections.abc import Sequence

from julja.errors import ScoringError
from julja.scoring.base import FunctionScorer, unparsed
from julja.types import Metric, Response, Sample, Score, Scorer

_METRICS = (Metric("anls"), Metric("exact_match"))
THRESHOLD = 0.5


def anls_score() -> Scorer:
    """ANLS (first), and whether an answer was met exactly."""

    def score(sample: Sample, response: Response) -> Score:
        if not sample.target:
            raise ScoringError(f"sample {sample.id!r} has no answer to compare with.")
        given = response.text.strip()
        if not given:
            return unparsed(_METRICS, "The response is empty.")
        value = anls(given, sample.target)
        return Score({"anls": value, "exact_match": float(value == 1.0)}, extracted=given)

    return FunctionScorer("anls", {}, _METRICS, False, score)


def anls(given: str, answers: Sequence[str]) -> float:
    """The similarity with the nearest answer, in 0..1."""
    found = plain(given)
    return max(_similarity(found, plain(answer)) for answer in answers)


def plain(text: str) -> str:
    """Lower case, single spaces."""
    return " ".join(text.lower().split())


def _similarity(one: str, other: str) -> float:
    longest = max(len(one), len(other))
    share = distance(one, other) / longest if longest else 0.0
    return 1.0 - share if share < THRESHOLD else 0.0


def distance(one: str, other: str) -> int:
    """Levenshtein distance in characters: insert, delete, replace."""
    row = list(range(len(other) + 1))
    for count, mine in enumerate(one, 1):
        corner, row[0] = row[0], count
        for place, theirs in enumerate(other, 1):
            change = corner + (mine != theirs)
            corner = row[place]
            row[place] = min(change, corner + 1, row[place - 1] + 1)
    return row[-1]
