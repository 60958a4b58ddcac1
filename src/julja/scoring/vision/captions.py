"""Caption metrics over a whole set: CIDEr-D, BLEU-1 to 4, ROUGE-L, as pycocoevalcap has them.

Vedantam et al., CIDEr, CVPR 2015 (https://arxiv.org/abs/1411.5726): TF-IDF over n-grams up to four,
sigma 6, times 10, document frequencies of all pictures' references; Papineni et al., 2002; Lin,
2004 (beta 1.2). METEOR and SPICE need their own Java programs and are left out.

The document frequencies belong to the references, so a bootstrap resamples pictures and leaves
them; CIDEr of a part of the set (`--limit`) has those of that part, and isn't comparable.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from julja.errors import ScoringError
from julja.scoring.base import FunctionScorer
from julja.scoring.vision.caption_text import tokenize
from julja.types import Json, Metric, Response, Sample, Score, Scorer, by_pool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Grams: TypeAlias = Counter[tuple[str, ...]]
ORDERS = 4
_SIGMA = 6.0
_BETA = 1.2
_HIGHEST = 10.0
_TINY, _SMALL = 1e-15, 1e-9


def captions() -> Scorer:
    """CIDEr-D (first), BLEU-1 to 4 and ROUGE-L against all of `Sample.target`.

    A single caption is worth its ROUGE-L where one number has to stand for it.
    """
    made = partial(Metric, source="rouge_l", aggregate=by_pool, pool=CaptionPool)
    # CIDEr-D of a caption that is each reference is 10; it has no upper end in a set's terms.
    names = [f"bleu_{n}" for n in range(1, ORDERS + 1)]
    metrics = (made("cider_d", high=_HIGHEST), *(made(name) for name in names), made("rouge_l"))

    def score(sample: Sample, response: Response) -> Score:
        if not sample.target:
            raise ScoringError(f"sample {sample.id!r} has no reference captions.")
        tokens = tokenize(response.text)
        references = [tokenize(text) for text in sample.target]
        table = {"tokens": tokens, "references": references}
        values = {"rouge_l": rouge_l(tokens, references)}
        empty = not tokens
        return Score(
            values,
            state="unparsed" if empty else "scored",
            extracted=" ".join(tokens) or None,
            explanation="The caption is empty." if empty else None,
            details={"table": table},
        )

    return FunctionScorer("captions", {}, metrics, False, score)


class CaptionPool:
    """All captions of a set with their references, ready to be weighted."""

    # Of the numbers that are no shares, the highest value.
    highs: Mapping[str, float] = MappingProxyType({"cider_d": _HIGHEST})

    def __init__(self, tables: Sequence[Json]) -> None:
        import numpy as np

        self.remarks: Sequence[str] = ()
        pairs = [(table["tokens"], table["references"]) for table in tables]
        self._ciders = np.array(cider_d(pairs))
        self._rouges = np.array([rouge_l(*pair) for pair in pairs])
        self._counts = np.array([_bleu_counts(*pair) for pair in pairs], dtype=np.float64)

    def __call__(self, weights: "Floats") -> Mapping[str, float]:
        """The six numbers where caption i counts `weights[i]` times."""
        total = float(weights.sum())
        if total <= 0:
            names = ("cider_d", "rouge_l", *(f"bleu_{n}" for n in range(1, ORDERS + 1)))
            return dict.fromkeys(names, math.nan)
        sums = (weights @ self._counts).tolist()
        return {
            "cider_d": float(weights @ self._ciders) / total,
            "rouge_l": float(weights @ self._rouges) / total,
            **{f"bleu_{n}": value for n, value in enumerate(_bleu(sums), 1)},
        }


def grams(tokens: Sequence[str]) -> Grams:
    """All n-grams up to four with their counts."""
    return Counter(
        tuple(tokens[place : place + n])
        for n in range(1, ORDERS + 1)
        for place in range(len(tokens) - n + 1)
    )


def _bleu_counts(tokens: Sequence[str], references: Sequence[Sequence[str]]) -> list[float]:
    """Matches and n-grams by order, length, and the length of the closest reference."""
    given = grams(tokens)
    most: Grams = Counter()
    for reference in references:
        most |= grams(reference)
    matches = [0.0] * ORDERS
    for gram, count in (given & most).items():
        matches[len(gram) - 1] += count
    totals = [float(max(0, len(tokens) - n)) for n in range(ORDERS)]
    length = len(tokens)
    closest = min((abs(len(r) - length), len(r)) for r in references)[1]
    return [*matches, *totals, float(length), float(closest)]


def _bleu(sums: Sequence[float]) -> list[float]:
    """BLEU-1 to 4 of summed counts, with pycocoevalcap's small numbers against division by 0."""
    length, wanted = sums[2 * ORDERS], sums[2 * ORDERS + 1]
    ratio = (length + _TINY) / (wanted + _SMALL)
    penalty = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    product, found = 1.0, []
    for n in range(ORDERS):
        product *= (sums[n] + _TINY) / (sums[ORDERS + n] + _SMALL)
        found.append(product ** (1 / (n + 1)) * penalty)
    return found


def rouge_l(tokens: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """F (beta 1.2) of the best precision and the best recall of the longest common subsequence."""
    if not tokens:
        return 0.0
    common = [(_common(reference, tokens), len(reference)) for reference in references]
    precision = max(count for count, _ in common) / len(tokens)
    recall = max(count / max(length, 1) for count, length in common)
    if precision == 0 or recall == 0:
        return 0.0
    return (1 + _BETA**2) * precision * recall / (recall + _BETA**2 * precision)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        corner = 0
        for place, theirs in enumerate(other, 1):
            best = corner + 1 if word == theirs else max(row[place], row[place - 1])
            corner, row[place] = row[place], best
    return row[-1]


def cider_d(pairs: Sequence[tuple[Sequence[str], Sequence[Sequence[str]]]]) -> list[float]:
    """CIDEr-D of each caption, idf = log(pictures) - log(pictures whose references have it)."""
    references = [[grams(tokens) for tokens in group] for _, group in pairs]
    frequency = Counter(
        gram for group in references for gram in {gram for one in group for gram in one}
    )
    pictures = math.log(len(pairs)) if pairs else 0.0
    found = []
    for (tokens, _), group in zip(pairs, references, strict=True):
        given = _Vector(grams(tokens), frequency, pictures)
        likeness = (given.likeness(_Vector(one, frequency, pictures)) for one in group)
        found.append(10 * sum(likeness) / len(group))
    return found


class _Vector:
    """TF-IDF of a caption's n-grams. Its length is counted in bigrams, as officially."""

    def __init__(self, counts: Grams, frequency: Grams, pictures: float) -> None:
        self.parts: list[dict[tuple[str, ...], float]] = [{} for _ in range(ORDERS)]
        for gram, count in counts.items():
            weight = count * (pictures - math.log(max(1, frequency[gram])))
            self.parts[len(gram) - 1][gram] = weight
        self.norms = [math.sqrt(sum(w * w for w in part.values())) for part in self.parts]
        self.length = sum(count for gram, count in counts.items() if len(gram) == 2)

    def likeness(self, other: "_Vector") -> float:
        """Mean over the orders of the clipped cosine, times a Gaussian of the lengths' difference.

        Vedantam et al., equation 3 and section 6 (CIDEr-D).
        """
        total = 0.0
        for mine, theirs, norm, other_norm in zip(
            self.parts, other.parts, self.norms, other.norms, strict=True
        ):
            product = sum(min(w, theirs[g]) * theirs[g] for g, w in mine.items() if g in theirs)
            total += product / (norm * other_norm) if norm and other_norm else product
        penalty = math.exp(-((self.length - other.length) ** 2) / (2 * _SIGMA**2))
        return total / ORDERS * penalty
