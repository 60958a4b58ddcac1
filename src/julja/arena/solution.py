"""Ratings of the models that can be compared, with all that their errors are made of.

One shape for every method: log-odds, a covariance where there is a sandwich, draws where battles
were drawn anew. What is reported (intervals, ranks, win rates) is computed from it alone.
"""

from dataclasses import dataclass

import numpy as np

from julja.arena.table import Ends
from julja.stats.intervals import Floats
from julja.stats.ratings.bradley_terry import MODELS, Kind
from julja.stats.ratings.models import sigmoid
from julja.stats.ratings.ranks import rank_intervals

NORMAL_DRAWS = 10_000
# A resampled end further out than this share of the draws is where no limit was found.
_STEP = 1e-5


@dataclass(frozen=True, slots=True)
class Solution:
    """Ratings of m models in natural units, with mean 0; q = m, or m + 1 with a tie parameter.

    `covariance` (q, q) is the sandwich; `draws` (d, m) are ratings of battles drawn anew, where
    inf is a model that won everything there and NaN one that met none of the others, `extras` (d)
    their tie parameters. `kind` says how a difference of ratings becomes a chance of winning,
    `degrees` are those of Student's distribution (None: normal).
    """

    kind: Kind
    ratings: Floats
    extra: float | None
    covariance: Floats | None
    draws: Floats | None
    extras: Floats | None
    degrees: int | None

    def relative(self, zero: int | None) -> "Solution":
        """The same with the rating of one model held at 0: errors are those of differences."""
        if zero is None:
            return self
        size = len(self.ratings)
        covariance = self.covariance
        if covariance is not None:
            change = np.eye(len(covariance))
            change[:size, zero] -= 1
            covariance = change @ covariance @ change.T
        draws = self.draws
        if draws is not None:
            with np.errstate(invalid="ignore"):
                draws = draws - draws[:, [zero]]
            # A table in which the anchor itself has no limit says nothing of differences to it.
            draws[:, zero] = 0.0
        return Solution(
            self.kind,
            self.ratings - self.ratings[zero],
            self.extra,
            covariance,
            draws,
            self.extras,
            self.degrees,
        )

    def quantile(self, level: float) -> float:
        """How many standard errors an interval reaches to each side."""
        from scipy.stats import norm, t

        tail = (1 + level) / 2
        return float(norm.ppf(tail) if self.degrees is None else t.ppf(tail, self.degrees))

    def rating_draws(self, generator: np.random.Generator) -> Floats | None:
        """Draws of all ratings: those of the bootstrap, else normal ones with the covariance."""
        if self.draws is not None:
            return self.draws
        if self.covariance is None:
            return None
        size = len(self.ratings)
        values, vectors = np.linalg.eigh(self.covariance[:size, :size])
        root = vectors * np.sqrt(np.maximum(values, 0))
        normal = generator.standard_normal((NORMAL_DRAWS, size)) @ root.T
        if self.degrees is not None:
            normal *= np.sqrt(self.degrees / generator.chisquare(self.degrees, (NORMAL_DRAWS, 1)))
        drawn: Floats = self.ratings + normal
        return drawn

    def rank_ends(self, generator: np.random.Generator, level: float) -> list[tuple[int, int]]:
        """An interval of each model's rank among the m; empty where nothing was drawn."""
        draws = self.rating_draws(generator)
        if draws is None:
            return []
        low, high = rank_intervals(draws, level)
        return list(zip(low.tolist(), high.tolist(), strict=True))

    def scores(self, ratings: Floats, extra: Floats | None, baseline: int | None) -> Floats:
        """What each model is expected to score, against the baseline or the mean of the others.

        `ratings` (…, m), `extra` (…, 1) or None; shape (…, m).
        """
        score = MODELS[self.kind].score
        found: Floats
        with np.errstate(invalid="ignore"):
            if baseline is not None:
                found = score(ratings - ratings[..., [baseline]], extra)
                found[..., baseline] = 0.5
                return found
            size = ratings.shape[-1]
            total = np.zeros_like(ratings)
            for other in range(size):
                against = score(ratings - ratings[..., [other]], extra)
                against[..., other] = 0.0
                total += against
        found = total / max(size - 1, 1)
        return found

    def win_rates(self, baseline: int | None) -> Floats:
        """The expected scores at the fitted ratings; shape (m,)."""
        return self.scores(self.ratings, self._own(), baseline)

    def _own(self) -> Floats | None:
        return None if self.extra is None else np.array([self.extra])

    def win_rate_errors(
        self, baseline: int | None, level: float
    ) -> list[tuple[float | None, Ends | None]]:
        """Standard error and interval of each expected score: by the delta method, or percentiles.

        The former's interval is made on the scale of log-odds, so that no end leaves 0 to 1.
        """
        if self.covariance is None:
            if self.draws is None:
                return [(None, None)] * len(self.ratings)
            extras = None if self.extras is None else self.extras[:, None]
            drawn = self.scores(self.draws, extras, baseline)
            return list(zip(draw_stderr(drawn), percentile_ends(drawn, level), strict=True))
        rates = self.win_rates(baseline)
        slopes = self._slopes(baseline)
        errors = np.sqrt(np.maximum(np.einsum("iq,qr,ir->i", slopes, self.covariance, slopes), 0))
        half = self.quantile(level) * errors / np.maximum(rates * (1 - rates), 1e-300)
        middle = np.log(rates) - np.log1p(-rates)
        low, high = sigmoid(middle - half), sigmoid(middle + half)
        ends = zip(low.tolist(), high.tolist(), strict=True)
        return list(zip(errors.tolist(), ends, strict=True))

    def _slopes(self, baseline: int | None) -> Floats:
        """The derivatives of the expected scores along each parameter; shape (m, q)."""
        score = MODELS[self.kind].score
        size = len(self.ratings)
        gaps = self.ratings[:, None] - self.ratings[None, :]
        own = self._own()
        along = (score(gaps + _STEP, own) - score(gaps - _STEP, own)) / (2 * _STEP)
        share = np.full((size, size), 1 / max(size - 1, 1))
        if baseline is not None:
            share = np.zeros((size, size))
            share[:, baseline] = 1.0
        np.fill_diagonal(share, 0.0)
        found = np.diag((share * along).sum(axis=1)) - share * along
        if own is None:
            return found
        beside = (score(gaps, own + _STEP) - score(gaps, own - _STEP)) / (2 * _STEP)
        return np.column_stack([found, (share * beside).sum(axis=1)])


def percentile_ends(draws: Floats, level: float) -> list[Ends | None]:
    """Percentile intervals of each column; draws (d, m). An infinite end is None, no draw no ends.

    Between draws the quantiles are interpolated, as numpy and pandas do by default; where a draw is
    infinite the next draw outwards is taken.
    """
    tail = (1 - level) / 2
    found: list[Ends | None] = []
    for column in draws.T:
        known = column[~np.isnan(column)]
        if not len(known):
            found.append(None)
        elif np.isfinite(known).all():
            low, high = np.quantile(known, [tail, 1 - tail])
            found.append((float(low), float(high)))
        else:
            low = float(np.quantile(known, tail, method="lower"))
            high = float(np.quantile(known, 1 - tail, method="higher"))
            found.append((low if np.isfinite(low) else None, high if np.isfinite(high) else None))
    return found


def draw_stderr(draws: Floats, most_lost: float = 0.025) -> list[float | None]:
    """The standard deviation of each column's finite draws; None where too many are not finite."""
    found: list[float | None] = []
    for column in draws.T:
        known = column[np.isfinite(column)]
        enough = len(known) > 1 and len(known) >= (1 - most_lost) * len(column)
        found.append(float(known.std(ddof=1)) if enough else None)
    return found
