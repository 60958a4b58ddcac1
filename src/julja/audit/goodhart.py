"""The gap between a public and a private score, or an old and a fresh one: is it there, and whose?

A public benchmark that is trained on, or tuned to, shows higher scores than its like that nobody
has seen. So does one that is easier. Three ways to tell, each where the data allows it:

- the plain gap, public - private, of each model;
- matched: the public score with the private items' mix of difficulties (labels of the items);
- the excess: public score beyond what other models with such a private score have.

No result is a verdict on a model: see `says`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from julja.audit.scores.sides import Side, draws, known_scores
from julja.errors import DataError
from julja.stats.estimate import estimate_json
from julja.stats.gap import FEWEST_REFERENCES, excess, expected_maximum, newcombe_independent
from julja.stats.intervals import Floats, stratified_mean, t_interval
from julja.types import Estimate, Json

Basis: TypeAlias = Literal["excess", "matched", "gap"]
# Scores are kept so far from 0 and 1 on the logit scale.
_FLOOR = 0.002


@dataclass(frozen=True, slots=True)
class ModelGap:
    """One model: its scores, the gap in its three ways (None where one can't be had).

    `tries` is what choosing the best of the declared tries explains at most; it is taken off all
    three. `basis` is the best of them: matched, else the excess, else the plain gap. `flagged` says
    that its lower end is above the margin, and so is the excess where there is one.
    """

    model: str
    public: float
    private: float
    sizes: tuple[int | None, int | None]
    gap: Estimate
    matched: Estimate | None
    excess: Estimate | None
    tries: float
    basis: Basis
    flagged: bool
    says: str

    @property
    def shown(self) -> Estimate:
        """The estimate that the flag is made of."""
        found = {"excess": self.excess, "matched": self.matched, "gap": self.gap}[self.basis]
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Goodhart:
    """The comparison of two sides over their models; `mean` is over the models, paired by model.

    `matched_on` names the field of the items' difficulty, `unmatched` counts the items whose
    difficulty the other side doesn't have.
    """

    public: str
    private: str
    gaps: tuple[ModelGap, ...]
    mean: Estimate
    matched_on: str | None
    unmatched: int
    tries: int
    margin: float
    remarks: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """What `julja audit goodhart --json` prints."""
        return {
            "public": self.public,
            "private": self.private,
            "margin": self.margin,
            "tries": self.tries,
            "matched_on": self.matched_on,
            "unmatched_items": self.unmatched,
            "mean_gap": estimate_json(self.mean),
            "flagged": [gap.model for gap in self.gaps if gap.flagged],
            "models": [_plain(gap) for gap in self.gaps],
            "remarks": list(self.remarks),
        }


def _plain(gap: ModelGap) -> dict[str, Json]:
    ways = {"gap": gap.gap, "matched": gap.matched, "excess": gap.excess}
    return {
        "model": gap.model,
        "public": gap.public,
        "private": gap.private,
        "n_public": gap.sizes[0],
        "n_private": gap.sizes[1],
        **{name: estimate_json(found) if found else None for name, found in ways.items()},
        "explained_by_tries": gap.tries,
        "basis": gap.basis,
        "flagged": gap.flagged,
        "says": gap.says,
    }


def compare(
    public: Side,
    private: Side,
    *,
    matched_on: str | None = None,
    tries: int = 1,
    margin: float = 0.02,
    resamples: int = 2000,
    seed: int = 0,
) -> Goodhart:
    """Compare two sides over the models that both have; DataError where none is in both."""
    common = [model for model in public.models if model in private.models]
    if not common:
        raise DataError(
            f"{public.name} and {private.name} have no model in common.",
            hint='Map their names with --names FILE.json: {"name here": "name there", …}',
        )
    one, two = public.take(common), private.take(common)
    plain = [_gap(one, two, row) for row in range(len(common))]
    matched: list[Estimate | None] = [None] * len(common)
    unmatched = 0
    if one.strata is not None and two.strata is not None:
        matched = [_matched(one, two, row) for row in range(len(common))]
        shared = set(one.strata) & set(two.strata) - {""}
        unmatched = sum(name not in shared for name in (*one.strata, *two.strata))
    drawn = [draws(side, resamples, seed + place) for place, side in enumerate((one, two))]
    beyond = _beyond(one, two, drawn, seed)
    gaps = [
        _judge(one, two, row, (plain[row], matched[row], beyond[row]), tries, margin)
        for row in range(len(common))
    ]
    gaps.sort(key=lambda gap: -(gap.shown.value or 0.0))
    return Goodhart(
        one.name,
        two.name,
        tuple(gaps),
        _mean([matched[row] or plain[row] for row in range(len(common))], drawn),
        matched_on,
        unmatched,
        tries,
        margin,
        tuple(_remarks(public, private, common)),
    )


def _gap(one: Side, two: Side, row: int) -> Estimate:
    """The plain gap of one model, its items independent on both sides."""
    value = float(one.score[row] - two.score[row])
    variance = np.array([one.variance[row], two.variance[row]])
    n = int(np.nansum([one.size[row], two.size[row]]))
    if np.isnan(variance).any():
        return Estimate("gap", value, None, None, n, None, "no errors are known")
    right = [_shares(side, row) for side in (one, two)]
    if right[0] is not None and right[1] is not None:
        ci = newcombe_independent((right[0][0], right[1][0]), (right[0][1], right[1][1]))
        return Estimate("gap", value, float(variance.sum() ** 0.5), ci, n, None, "Newcombe")
    return _welch("gap", value, variance, np.array([one.size[row], two.size[row]]), n)


def _shares(side: Side, row: int) -> tuple[float, int] | None:
    """(right, n) of independent items that are right or wrong; None for anything else."""
    if side.items is None:
        return None
    values, clusters = known_scores(side.items, row)
    alone = clusters is None or len(set(clusters)) == len(values)
    return (float(values.sum()), len(values)) if alone and np.isin(values, (0, 1)).all() else None


def _welch(name: str, value: float, variance: Floats, sizes: Floats, n: int) -> Estimate:
    """The t interval of a difference with Welch and Satterthwaite's degrees of freedom."""
    stderr = float(variance.sum() ** 0.5)
    free = np.where(np.isnan(sizes), 1e9, np.maximum(sizes - 1, 1))
    degrees = float(variance.sum() ** 2 / max((variance**2 / free).sum(), 1e-300))
    ci = t_interval(value, stderr, degrees) if stderr > 0 else None
    return Estimate(name, value, stderr, ci, n, None, "Welch")


def _matched(one: Side, two: Side, row: int) -> Estimate | None:
    """The gap with the private items' mix of strata on both sides, over strata that both have."""
    assert one.items is not None and two.items is not None
    assert one.strata is not None and two.strata is not None
    values = [side.items.scores[row] for side in (one, two) if side.items is not None]
    there = [
        np.isfinite(scores) & (np.array(strata) != "")
        for scores, strata in zip(values, (one.strata, two.strata), strict=True)
    ]
    names = [np.array(s)[t] for s, t in zip((one.strata, two.strata), there, strict=True)]
    shared = set(names[0].tolist()) & set(names[1].tolist())
    kept = [np.isin(found, sorted(shared)) for found in names]
    if not shared or min(int(found.sum()) for found in kept) < 2:
        return None
    shares = {name: float(count) for name, count in Counter(names[1][kept[1]].tolist()).items()}
    found = [
        stratified_mean(values[i][there[i]][kept[i]], names[i][kept[i]].tolist(), shares=shares)
        for i in (0, 1)
    ]
    n = sum(int(k.sum()) for k in kept)
    value = found[0].value - found[1].value
    if found[0].stderr is None or found[1].stderr is None:
        return Estimate("matched", value, None, None, n, None, "too few items")
    variance = np.array([item.stderr or 0.0 for item in found]) ** 2
    return _welch("matched", value, variance, np.array([item.degrees + 1 for item in found]), n)


def _beyond(
    one: Side, two: Side, drawn: Sequence[Floats | None], seed: int
) -> list[Estimate | None]:
    """The excess of each model; None where models are too few, or errors aren't known."""
    m = len(one.models)
    first, second = drawn
    if m <= FEWEST_REFERENCES or first is None or second is None:
        return [None] * m
    b = min(len(first), len(second))
    found = excess(one.score, two.score, first[:b], second[:b], floor=_FLOOR, seed=seed)
    return [
        Estimate(
            "excess",
            float(found.value[row]),
            float(found.stderr[row]),
            (float(found.low[row]), float(found.high[row])),
            m - 1,
            None,
            "bootstrap of items and models",
        )
        for row in range(m)
    ]


def _judge(
    one: Side,
    two: Side,
    row: int,
    ways: tuple[Estimate, Estimate | None, Estimate | None],
    tries: int,
    margin: float,
) -> ModelGap:
    error = float(one.variance[row]) ** 0.5
    chosen = 0.0 if tries == 1 or np.isnan(error) else expected_maximum(tries) * error
    plain, matched, beyond = (_less(found, chosen) if found else None for found in ways)
    assert plain is not None
    basis: Basis = "matched" if matched else "excess" if beyond else "gap"
    shown = matched or beyond or plain
    # A gap that others have as well isn't one of this model.
    shared = beyond is not None and (beyond.value or 0.0) <= margin
    flagged = _is_above(shown, margin) and not shared
    return ModelGap(
        model=one.models[row],
        public=float(one.score[row]),
        private=float(two.score[row]),
        sizes=(_count(one.size[row]), _count(two.size[row])),
        gap=plain,
        matched=matched,
        excess=beyond,
        tries=chosen,
        basis=basis,
        flagged=flagged,
        says=_says(one.name, two.name, basis, (shown, matched or plain), flagged, margin),
    )


def _less(found: Estimate, chosen: float) -> Estimate:
    """An estimate without what choosing the best of many tries explains."""
    if not chosen or found.value is None:
        return found
    ci = found.ci and (found.ci[0] - chosen, found.ci[1] - chosen)
    return replace(found, value=found.value - chosen, ci=ci)


def _is_above(found: Estimate, margin: float) -> bool:
    return found.ci is not None and found.ci[0] > margin


def _count(size: float) -> int | None:
    return None if np.isnan(size) else int(size)


def _says(
    public: str,
    private: str,
    basis: Basis,
    found: tuple[Estimate, Estimate],
    flagged: bool,
    margin: float,
) -> str:
    """What the numbers (of the basis, and the gap itself) allow to say, never more."""
    shown, gap = found
    points = f"{100 * margin:g} points"
    if shown.ci is None:
        return "can't be told: the scores come without errors (--n: how many items are behind them)"
    if flagged and basis == "gap":
        return f"over {points}: consistent with training or tuning, and with a harder {private}"
    if flagged:
        beside = "models alike on " + private if basis == "excess" else "items of equal difficulty"
        return f"over {points} beside {beside}: consistent with {public} in training or tuning"
    if _is_above(gap, margin):
        return f"over {points}, but so are others: consistent with a harder {private}, or all tuned"
    return f"a gap over {points} is not shown"


def _mean(gaps: Sequence[Estimate], drawn: Sequence[Floats | None]) -> Estimate:
    """The mean gap, paired by model: its error is of the items, and of the models where many.

    Both are added, which counts the noise of single models twice: rather too wide than too narrow.
    """
    values = np.array([float(gap.value or 0.0) for gap in gaps])
    value, m = float(values.mean()), len(values)
    if m == 1:
        return replace(gaps[0], metric="mean_gap")
    variance = float(values.var(ddof=1)) / m
    method = "paired by model, t over models"
    first, second = drawn
    if first is not None and second is not None:
        b = min(len(first), len(second))
        variance += float((first[:b] - second[:b]).mean(axis=1).var(ddof=1))
        method = "paired by model, items and models"
    stderr = variance**0.5
    ci = t_interval(value, stderr, m - 1) if stderr > 0 else None
    return Estimate("mean_gap", value, stderr, ci, m, None, method)


def _remarks(public: Side, private: Side, common: Sequence[str]) -> list[str]:
    said = [text for side in (public, private) if side.items for text in side.items.remarks]
    for side in (public, private):
        left = [model for model in side.models if model not in common]
        if left:
            shown = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
            said.append(f"{side.name}: {len(left)} models are in no other set: {shown}")
    return list(dict.fromkeys(said))
