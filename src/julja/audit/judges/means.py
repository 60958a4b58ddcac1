"""The mean that people would give: by the judge alone, by labels alone, and by both (PPI++)."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from julja.stats.estimate import estimate
from julja.stats.intervals import Floats
from julja.stats.paired import holm
from julja.stats.ppi import PredictionPowered, ppi_mean, rogan_gladen
from julja.types import Estimate

JUDGE_ONLY = "no human label is in it: its interval is about what this judge says, not the truth"
# Fewer labels than this tell too little about the judge's errors.
FEWEST = 10
_SUSPECT = 0.01


@dataclass(frozen=True, slots=True)
class Means:
    """Estimates of one mean. `judge_only` has no valid interval for what people would say.

    `ppi_plus` is PPI++ (tuned by `power`), `ppi` the untuned; `worth` is how many labels each label
    is worth with the judge beside it. `rogan_gladen` corrects a pass rate by the judge's error
    rates. `labelled` and `unlabelled` count items, `imputed` those whose verdict could not be read:
    they stand at the judge's mean, which keeps PPI valid, since any guess does.
    """

    what: str
    judge_only: Estimate
    judge_only_remark: str
    human_only: Estimate | None
    ppi: Estimate | None
    ppi_plus: Estimate | None
    power: float | None
    worth: float | None
    rogan_gladen: Estimate | None
    labelled: int
    unlabelled: int
    imputed: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """B - A for two models on the items that both answered.

    `p` is two-sided, from PPI++; `p_holm` is Holm's over all pairs.
    """

    a: str
    b: str
    judge_only: Estimate
    human_only: Estimate | None
    ppi_plus: Estimate | None
    p: float | None
    p_holm: float | None
    labelled: int
    unlabelled: int


def means(
    what: str,
    judged: Floats,
    people: Floats,
    clusters: Sequence[Hashable],
    *,
    low: float = -math.inf,
    high: float = math.inf,
    of_many: int = 1,
    resamples: int = 2000,
    seed: int = 0,
) -> Means:
    """Estimate one mean over items (u): `judged` NaN where unparsed, `people` where unlabelled.

    `of_many` is how many means are looked at: a suspicious one among many is none.
    """
    names = np.empty(len(judged), dtype=object)
    names[:] = list(clusters)
    read = np.isfinite(judged)
    lost = int((~read).sum())
    ends = (low, high) if math.isfinite(high - low) else _ends(judged)
    alone = estimate(
        "judge_only",
        judged[read].tolist(),
        clusters=names[read].tolist(),
        missing_weights=[1.0] * lost,
        low=low,
        high=high,
    )
    if lost and alone.value is not None:
        # Of a scale whose ends nobody gave, the bounds go by those seen.
        worst, best = ((alone.value * read.sum() + lost * end) / len(judged) for end in ends)
        alone = replace(alone, bounds=(float(worst), float(best)))
    known = np.isfinite(people)
    labelled, unlabelled = int(known.sum()), int((~known).sum())
    nothing = Means(
        what, alone, JUDGE_ONLY, None, None, None, None, None, None, labelled, unlabelled, lost
    )
    if not labelled:
        return nothing
    human = estimate(
        "human_only", people[known].tolist(), clusters=names[known].tolist(), low=low, high=high
    )
    if labelled < FEWEST or not read.any():
        why = f"PPI++ needs {FEWEST} labelled items, and there are {labelled}"
        return _with(nothing, human, (why,) if labelled < FEWEST else ())
    filled = np.where(read, judged, judged[read].mean())
    several = len(set(clusters)) < len(judged)
    tuned, plain = (
        ppi_mean(
            people[known],
            filled[known],
            filled[~known],
            power=power,
            clusters=names[known].tolist() if several else None,
            unlabelled_clusters=names[~known].tolist() if several else None,
            metric="ppi",
            low=low,
            high=high,
        )
        for power in (None, 1.0)
    )
    remarks = _remarks(filled[known], filled[~known], _SUSPECT / of_many)
    rate = _pass_rate(judged, people, resamples, seed)
    return _with(nothing, human, remarks, tuned, plain, rate)


def _with(
    found: Means,
    human: Estimate,
    remarks: tuple[str, ...],
    tuned: PredictionPowered | None = None,
    plain: PredictionPowered | None = None,
    rate: Estimate | None = None,
) -> Means:
    found = replace(found, human_only=human, remarks=remarks, rogan_gladen=rate)
    if tuned is None or plain is None:
        return found
    return replace(
        found,
        ppi=plain.estimate,
        ppi_plus=tuned.estimate,
        power=tuned.power,
        worth=tuned.worth,
    )


def _ends(values: Floats) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)


def _remarks(labelled: Floats, unlabelled: Floats, suspect: float) -> tuple[str, ...]:
    """A warning where the labelled items don't look like a random draw."""
    if len(unlabelled) < 2:
        return ("every item is labelled: the judge adds nothing to the mean",)
    p = _welch(labelled, unlabelled)
    if not p < suspect:
        return ()
    return (
        "the judge's scores of labelled and unlabelled items differ"
        f" ({labelled.mean():.3g} and {unlabelled.mean():.3g}, p = {p:.2g}): if the labelled ones"
        " were not drawn at random, PPI++ does not hold",
    )


def _welch(one: Floats, other: Floats) -> float:
    """The two-sided p of Welch's t for a difference of means; 1 where nothing varies."""
    from scipy.stats import t

    parts = [float(np.var(side, ddof=1)) / len(side) for side in (one, other)]
    total = sum(parts)
    if total <= 1e-24 * max(1.0, float(np.abs(one).max()) ** 2):
        return 1.0
    sizes = len(one) - 1, len(other) - 1
    degrees = total**2 / sum(part**2 / size for part, size in zip(parts, sizes, strict=True))
    return float(2 * t.sf(abs(one.mean() - other.mean()) / math.sqrt(total), degrees))


def _pass_rate(judged: Floats, people: Floats, resamples: int, seed: int) -> Estimate | None:
    """Rogan and Gladen's estimate where both give only 0 and 1."""
    read = np.isfinite(judged)
    both = read & np.isfinite(people)
    rest = read & ~np.isfinite(people)
    values = np.concatenate([judged[read], people[both]])
    if not np.all((values == 0) | (values == 1)) or not rest.any():
        return None
    good = people[both] == 1
    return rogan_gladen(
        int(judged[rest].sum()),
        int(rest.sum()),
        int(judged[both][good].sum()),
        int(good.sum()),
        int((1 - judged[both][~good]).sum()),
        int((~good).sum()),
        resamples=resamples,
        seed=seed,
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """One model's answers by item: the judge's value (NaN where unparsed) and people's."""

    judged: Mapping[Hashable, float]
    people: Mapping[Hashable, float]


def differences(
    models: Mapping[str, Answers], clusters: Mapping[Hashable, Hashable]
) -> tuple[Difference, ...]:
    """All pairs of models on the items that both answered; `clusters` names each item's."""
    names = list(models)
    found = [
        _difference(a, b, models[a], models[b], clusters)
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    ]
    tested = [(index, item.p) for index, item in enumerate(found) if item.p is not None]
    adjusted = holm([p for _, p in tested])
    for (index, _), p_holm in zip(tested, adjusted, strict=True):
        found[index] = replace(found[index], p_holm=p_holm)
    return tuple(found)


def _difference(
    a: str, b: str, one: Answers, other: Answers, clusters: Mapping[Hashable, Hashable]
) -> Difference:
    items = [item for item in one.judged if item in other.judged]
    judged = np.array([other.judged[item] - one.judged[item] for item in items])
    none = math.nan
    people = np.array([other.people.get(i, none) - one.people.get(i, none) for i in items])
    names = np.empty(len(items), dtype=object)
    names[:] = [clusters[item] for item in items]
    read, known = np.isfinite(judged), np.isfinite(people)

    def mean(metric: str, values: Floats, used: NDArray[np.bool_]) -> Estimate:
        inside = names[used].tolist()
        return estimate(
            metric, values[used].tolist(), clusters=inside, low=-math.inf, high=math.inf
        )

    alone = mean("judge_only", judged, read)
    human = mean("human_only", people, known) if known.any() else None
    counts = int(known.sum()), int((~known).sum())
    if known.sum() < FEWEST or not read.any():
        return Difference(a, b, alone, human, None, None, None, *counts)
    filled = np.where(read, judged, judged[read].mean())
    several = len(set(names.tolist())) < len(items)
    both = ppi_mean(
        people[known],
        filled[known],
        filled[~known],
        clusters=names[known].tolist() if several else None,
        unlabelled_clusters=names[~known].tolist() if several else None,
        metric="difference",
    ).estimate
    p = None
    if both.stderr and both.value is not None:
        p = math.erfc(abs(both.value) / both.stderr / math.sqrt(2))
    return Difference(a, b, alone, human, both, p, None, *counts)
