"""Simulated arenas: many at once, with known ratings, voted in as a matchmaking policy asks.

Every arena has the same true ratings. A vote of the pair (a, b) is drawn with the chance
p = sigmoid(r_a - r_b) that a ratings model gives for the score, of which a share is ties: `ties`
between equals, 4 p (1 - p) as many between unequals, so that the expected score stays p.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from julja.arena.matchmaking import (
    EXPLORE,
    Floats,
    Policy,
    Posterior,
    difference_variance,
    gains,
    laplacian,
    posterior,
)
from julja.stats.ratings.models import sigmoid
from julja.stats.ratings.pairs import Ints

# Only there so that an early arena, with nothing but wins, has finite ratings.
_FAR = 6.0
# Ratings are fitted again whenever the votes have grown by this share.
_GROWTH = 0.03
# So many votes at once go to one pair, as a share of what one model has had on average.
_GRAIN = 0.1
_CLOSE = 1e-3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where R arenas of m models stand after `votes` votes each, in log-odds.

    `ratings` (R, m) are the fits, relative to their mean; `covariance` (R, m, m) is the sandwich
    estimate of their error.
    """

    votes: int
    ratings: Floats
    covariance: Floats

    def variance(self) -> Floats:
        """The variance of every difference; shape (R, m, m)."""
        return difference_variance(self.covariance)


def chances(truth: Floats, ties: float) -> tuple[Floats, Floats]:
    """The expected score of i against j and the share of ties; both (m, m)."""
    p = sigmoid(truth[:, None] - truth[None, :])
    shared = np.minimum(4 * p * (1 - p) * ties, 2 * np.minimum(p, 1 - p))
    return p, shared


def information(truth: Floats, ties: float, share: Floats) -> Floats:
    """The covariance (m, m) of the ratings from one vote, to be divided by their number.

    `share` (m, m, symmetric) is how the votes fall on pairs, each pair counted in both its cells
    and all pairs together 1. Fisher information H = sum w p (1 - p) d d', what the scores vary
    G = sum w (p (1 - p) - tie / 4) d d' (a tie counts half a win), and H^+ G H^+ of both.
    """
    p, tied = chances(truth, ties)
    bread = np.linalg.pinv(laplacian(share * p * (1 - p)), hermitian=True)
    found: Floats = bread @ laplacian(share * (p * (1 - p) - tied / 4)) @ bread
    return found


def simulate(
    truth: Floats,
    ties: float,
    policy: Policy,
    rounds: int,
    most: int,
    rng: np.random.Generator,
    *,
    first: int = 0,
) -> Iterator[Checkpoint]:
    """Vote in `rounds` arenas until `most` votes each, giving their state every few per cent.

    States before `first` votes are left out.
    """
    arenas = _Arenas(truth, ties, rounds, rng)
    ratings = None
    while arenas.votes < most:
        count = min(max(len(truth) // 2, int(arenas.votes * _GROWTH)), most - arenas.votes)
        if policy == "uniform":
            arenas.vote_anywhere(count)
        else:
            arenas.vote_widest(count)
        if arenas.votes >= min(first, most):
            found = arenas.fitted(ratings)
            ratings = found.ratings
            yield found


class _Arenas:
    """The votes of R arenas so far: `wins` (R, m, m) of i over j, `drawn` (R, m, m, symmetric)."""

    def __init__(self, truth: Floats, ties: float, rounds: int, rng: np.random.Generator) -> None:
        p, self._tie = chances(truth, ties)
        self._win = np.clip(p - self._tie / 2, 0, 1)
        self._rng = rng
        self._up = np.triu_indices(len(truth), 1)
        self._rows = np.arange(rounds)
        self.votes = 0
        self.wins = np.zeros((rounds, len(truth), len(truth)))
        self.drawn = np.zeros_like(self.wins)
        self._belief: Posterior | None = None

    def vote_anywhere(self, count: int) -> None:
        """So many votes in each arena, each of any pair alike."""
        i, j = self._up
        share = np.full(len(i), 1 / len(i))
        counts = self._rng.multinomial(count, share, size=len(self._rows))
        won, tied = self._outcomes(self._win[i, j], self._tie[i, j], counts)
        self.wins[:, i, j] += won
        self.wins[:, j, i] += counts - won - tied
        self.drawn[:, i, j] += tied
        self.drawn[:, j, i] += tied
        self.votes += count

    def vote_widest(self, count: int) -> None:
        """So many votes in each arena, of the pairs that narrow its widest interval."""
        start = self._belief.ratings if self._belief else None
        belief = posterior(self.wins + self.drawn / 2, start=start, tolerance=_CLOSE)
        size, rows = self.wins.shape[-1], self._rows
        while count:
            grain = min(max(1, int(_GRAIN * 2 * self.votes / size)), count)
            i, j = self._choose(belief)
            won, tied = self._outcomes(self._win[i, j], self._tie[i, j], np.full(len(i), grain))
            self.wins[rows, i, j] += won
            self.wins[rows, j, i] += grain - won - tied
            self.drawn[rows, i, j] += tied
            self.drawn[rows, j, i] += tied
            self.votes += grain
            count -= grain
            belief = _expect(belief, i, j, grain)
        self._belief = belief

    def _choose(self, belief: Posterior) -> tuple[Ints, Ints]:
        """One pair for each arena; shape (R,) each."""
        rounds, size = belief.ratings.shape
        up = self._up
        any_ = self._rng.integers(len(up[0]), size=rounds)
        best = gains(belief).reshape(rounds, -1)
        # Equals, as at the start, are drawn from at random.
        best *= 1 + 1e-9 * self._rng.random(best.shape)
        flat = best.argmax(axis=1)
        i, j = np.minimum(flat // size, flat % size), np.maximum(flat // size, flat % size)
        astray = (self._rng.random(rounds) < EXPLORE) | (i == j)
        return np.where(astray, up[0][any_], i), np.where(astray, up[1][any_], j)

    def _outcomes(self, win: Floats, tie: Floats, counts: Ints) -> tuple[Ints, Ints]:
        """How many of some votes the first model wins, and ties."""
        won = self._rng.binomial(counts, win)
        rest = np.clip(tie / np.maximum(1 - win, 1e-12), 0, 1)
        return won, self._rng.binomial(counts - won, rest)

    def fitted(self, start: Floats | None) -> Checkpoint:
        """The ratings as `julja arena rate` would give them, but for a very wide prior."""
        fit = posterior(self.wins + self.drawn / 2, prior_sd=_FAR, start=start, tolerance=1e-5)
        p = sigmoid(fit.ratings[..., :, None] - fit.ratings[..., None, :])
        meat = self.wins * (1 - p) ** 2
        meat += np.swapaxes(meat, -1, -2)
        covariance = fit.covariance @ laplacian(meat + self.drawn * (0.5 - p) ** 2) @ fit.covariance
        centred = fit.ratings - fit.ratings.mean(axis=-1, keepdims=True)
        return Checkpoint(self.votes, centred, covariance)


def _expect(belief: Posterior, i: Ints, j: Ints, count: int) -> Posterior:
    """The belief after votes whose outcome is not known yet: a rank-one update each."""
    rows = np.arange(len(i))
    covariance = belief.covariance
    reach = covariance[rows, i] - covariance[rows, j]
    weight = count * belief.information[rows, i, j]
    shrink = weight / (1 + weight * (reach[rows, i] - reach[rows, j]))
    less = (shrink[:, None] * reach)[:, :, None] * reach[:, None, :]
    return Posterior(belief.ratings, covariance - less, belief.information)
