"""Average precision of few pictures, drawn from a made world of many."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from tests.stats.coverage.case import Case

from julja.scoring.vision.matching import LEVELS, Matches
from julja.scoring.vision.precision import Curves
from julja.stats.pooled import pooled_estimates

PICTURES, KINDS = 6000, 80
NAMES = ("AP", "AP50", "AR100")


@dataclass(frozen=True)
class Numbers:
    """AP, AP50 and AR100 of some pictures under weights."""

    curves: Curves

    def __call__(self, weights):
        precision, recall = self.curves(weights)
        values = (precision[0], precision[0, :, 0], recall[0, 2])
        return {name: float(np.nanmean(v)) for name, v in zip(NAMES, values, strict=True)}


def numbers(pictures):
    return Numbers(Curves(pictures, ranges=1))


@cache
def world():
    """(pictures, their numbers). Categories are as uneven as COCO's, three a picture.

    How well an object is found hangs on its category, its picture and itself; the score of a
    detection tells something of how well its box fits, and each picture has false ones.
    """
    rng = np.random.default_rng(5)
    shares = rng.permutation(np.r_[0.45, 0.5 * np.arange(2, KINDS + 1) ** -0.75])
    skill = rng.normal(0, 0.8, KINDS)
    pictures = [picture(rng, shares, skill) for _ in range(PICTURES)]
    return pictures, numbers(pictures)(np.ones(PICTURES))


def picture(rng, shares, skill):
    light = rng.normal(0, 0.7)
    rows, objects = [], []
    for kind in np.flatnonzero(rng.random(KINDS) < 0.55 * shares):
        count = rng.geometric(0.45)
        objects.append((kind, count, 0, 0, 0))
        ease = skill[kind] - light + rng.normal(0.6, 1, count)
        levels = np.clip(np.round(4 + 3 * ease + rng.normal(0, 1.5, count)), 0, LEVELS)
        scores = 1 / (1 + np.exp(0.3 - 1.2 * ease - rng.normal(0, 0.9, count)))
        rows += [
            (kind, score, (1 << int(level)) - 1)
            for score, level in zip(scores, levels, strict=True)
            if score > 0.02
        ]
    false = rng.poisson(14)
    kinds = rng.choice(KINDS, false, p=shares / shares.sum())
    rows += [(kind, score, 0) for kind, score in zip(kinds, rng.beta(0.5, 4, false), strict=True)]
    rows.sort(key=lambda row: -row[1])
    bits = np.zeros((len(rows), 4), np.uint32)
    bits[:, 0] = [row[2] for row in rows]
    return Matches(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], float),
        bits,
        np.array(objects, np.int64).reshape(-1, 5),
        0,
    )


def precision(name, n, rng):
    pictures, truth = world()
    chosen = [pictures[place] for place in rng.choice(PICTURES, n, replace=False)]
    low, high = pooled_estimates(numbers(chosen), n, seed=int(rng.integers(2**31)))[name].ci
    return float(low <= truth[name] <= high)


CASES = tuple(
    Case(
        "jackknife, bias by halves",
        f"{name}, {n} pictures",
        partial(precision, name, n),
        runs=runs,
        low=low,
        high=1.0,
    )
    for n, runs, low in ((64, 60, 0.83), (500, 20, 0.85))
    for name in NAMES
)
