"""How many votes an arena needs: by Fisher information, and by simulating it.

The closed form takes the votes to fall evenly on all pairs and the ratings to be as assumed; the
simulation votes, fits and measures as `julja arena rate` does, under each matchmaking policy.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, TypeAlias

import numpy as np

from julja.arena.matchmaking import POLICIES, Floats, Policy
from julja.arena.simulate import Checkpoint, information, simulate
from julja.errors import ConfigError

Goal: TypeAlias = Literal["half_width", "win_rate", "votes"]
# Rating points in one unit of log-odds: 400 points are ten to one.
POINTS = 400 / math.log(10)
ROUNDS = 200
# More votes than this are nobody's plan; it bounds the simulation.
MOST_VOTES = 2_000_000
# The simulation goes on to so many times what the closed form says.
_BEYOND = 2.5
# … and is looked at from this share of that on.
_FROM = 0.08
_SURE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is planned, and what is assumed of the models and the voters.

    One of three: `half_width`, rating points, of the widest `level` interval of a difference
    between two models; `win_rate`, to tell two models apart of which one wins so often (ties as
    half), with `power`; `votes`, to see what so many give. `spread` is the standard deviation of
    the models' true ratings in points (100, and 0 of two models), `ties` the share of ties between
    equals, `design_effect` by how much votes that share prompts or voters count less. `rounds` is
    how many arenas are simulated (200, fewer of more than ten models), `policy` the matchmaking
    (both kinds by default).
    """

    models: int = 2
    half_width: float | None = None
    win_rate: float | None = None
    votes: int | None = None
    power: float = 0.8
    level: float = 0.95
    ties: float = 0.2
    spread: float | None = None
    design_effect: float = 1.0
    rounds: int | None = None
    seed: int = 0
    policy: Policy | None = None

    def __post_init__(self) -> None:
        """Refuse what can't be planned."""
        given = [name for name in ("half_width", "win_rate", "votes") if getattr(self, name)]
        if len(given) != 1:
            raise ConfigError(
                "say what is wanted: an interval, two models told apart, or a number of votes.",
                hint="One of --half-width 20, --win-rate 0.55, --votes 1000.",
            )
        for name, low, high in (
            ("models", 2, 500),
            ("half_width", 0.5, 2000),
            ("win_rate", 0.501, 0.999),
            ("votes", 10, MOST_VOTES),
            ("power", 0.05, 0.999),
            ("level", 0.5, 0.9999),
            ("ties", 0.0, 0.95),
            ("spread", 0.0, 1000),
            ("design_effect", 1.0, 100),
            ("rounds", 10, 10_000),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                flag = name.replace("_", "-")
                raise ConfigError(f"--{flag} {value:g}: must lie between {low:,} and {high:,}.")

    @property
    def goal(self) -> Goal:
        """Which of the three is asked."""
        if self.half_width is not None:
            return "half_width"
        return "win_rate" if self.win_rate is not None else "votes"

    @property
    def z(self) -> float:
        """The normal quantile of the interval's level."""
        return NormalDist().inv_cdf((1 + self.level) / 2)


@dataclass(frozen=True, slots=True)
class PolicyPlan:
    """One policy's answer; votes are multiplied by the design effect, widths are at those votes.

    `votes` is what the simulation needs (the median of its rounds, 5 and 95 % of them in `range`;
    for a power, where the share of rounds reaches it), None where it doesn't get there;
    `closed_form` is Fisher information's, for votes that fall evenly. `half_width` is of the widest
    difference and `own_half_width` of the widest single rating, in points, `power` how often the
    two middle models are told apart, `coverage` how often an interval of a difference holds the
    true one.
    """

    policy: Policy
    votes: int | None
    range: tuple[int, int] | None
    closed_form: int | None
    half_width: float
    own_half_width: float
    power: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The answers under each policy; `saved` is the share of votes that `widest` saves."""

    wish: Wish
    rounds: int
    difference: float
    policies: tuple[PolicyPlan, ...]
    saved: float | None


def plan(wish: Wish) -> Plan:
    """Answer a wish; deterministic with its seed."""
    truth = assumed(wish)
    rounds = wish.rounds or max(10, min(ROUNDS, 10 * ROUNDS // wish.models))
    # Between two models there is nothing to choose.
    both: tuple[Policy, ...] = ("uniform",) if wish.models == 2 else POLICIES[::-1]
    policies = (wish.policy,) if wish.policy else both
    found = tuple(_policy(wish, truth, policy, rounds) for policy in policies)
    upper, lower = _middle(wish.models)
    return Plan(wish, rounds, POINTS * (truth[upper] - truth[lower]), found, _saved(wish, found))


def assumed(wish: Wish) -> Floats:
    """The true ratings (m) in log-odds: normal quantiles of the wanted spread.

    The two in the middle are put as far apart as the wanted win rate says, where there is one.
    """
    size = wish.models
    quantiles = np.array([NormalDist().inv_cdf((k + 0.5) / size) for k in range(size)])
    scale = quantiles.std()
    spread = wish.spread if wish.spread is not None else (100.0 if size > 2 else 0.0)
    truth: Floats = quantiles * (spread / POINTS / scale)
    if wish.win_rate is not None:
        upper, lower = _middle(size)
        half = math.log(wish.win_rate / (1 - wish.win_rate)) / 2
        centre = (truth[upper] + truth[lower]) / 2
        truth[upper], truth[lower] = centre + half, centre - half
    return truth


def closed_form(wish: Wish, truth: Floats) -> int | None:
    """The votes that Fisher information asks for if they fall evenly on all pairs.

    n = V (z / w)^2 for a half-width w of a difference whose variance is V / n, and
    n = V ((z_alpha/2 + z_power) / d)^2 to tell a difference d from none.
    """
    share = np.full((wish.models, wish.models), 1 / math.comb(wish.models, 2))
    np.fill_diagonal(share, 0)
    one = information(truth, wish.ties, share)
    own = np.diagonal(one)
    variance = own[:, None] + own[None, :] - 2 * one
    if wish.half_width is not None:
        votes = variance.max() * (wish.z * POINTS / wish.half_width) ** 2
    elif wish.win_rate is not None:
        upper, lower = _middle(wish.models)
        reach = wish.z + NormalDist().inv_cdf(wish.power)
        votes = variance[upper, lower] * (reach / (truth[upper] - truth[lower])) ** 2
    else:
        return None
    return math.ceil(float(votes) * wish.design_effect)


def _policy(wish: Wish, truth: Floats, policy: Policy, rounds: int) -> PolicyPlan:
    even = closed_form(wish, truth)
    if even is None:
        assert wish.votes is not None
        most = max(10, round(wish.votes / wish.design_effect))
    else:
        most = min(MOST_VOTES, math.ceil(_BEYOND * even / wish.design_effect) + 50)
    rng = np.random.default_rng([wish.seed, POLICIES.index(policy)])
    first = int(_FROM * most) if even else most
    states = []
    for state in simulate(truth, wish.ties, policy, rounds, most, rng, first=first):
        states.append(_measure(wish, truth, state))
        if _is_enough(wish, states):
            break
    needed, ends = _needed(wish, states)
    at = _nearest(states, needed if needed is not None else most)
    effect = wish.design_effect
    return PolicyPlan(
        policy,
        None if needed is None else math.ceil(needed * effect),
        None if ends is None else (math.ceil(ends[0] * effect), math.ceil(ends[1] * effect)),
        even if policy == "uniform" else None,
        float(np.median(at.widths)),
        float(np.median(at.own)),
        float(at.told.mean()),
        at.coverage,
    )


@dataclass(frozen=True, slots=True)
class _State:
    """What is measured at one number of votes, for each of R arenas; widths in points."""

    votes: int
    widths: Floats
    own: Floats
    told: Floats
    coverage: float


def _measure(wish: Wish, truth: Floats, state: Checkpoint) -> _State:
    variance = np.maximum(state.variance(), 0)
    own = np.diagonal(state.covariance, axis1=-2, axis2=-1)
    upper, lower = _middle(wish.models)
    difference = state.ratings[:, upper] - state.ratings[:, lower]
    error = np.sqrt(variance[:, upper, lower])
    pairs = np.triu_indices(wish.models, 1)
    found = (state.ratings[:, :, None] - state.ratings[:, None, :])[:, pairs[0], pairs[1]]
    true = (truth[:, None] - truth[None, :])[pairs]
    held = np.abs(found - true) <= wish.z * np.sqrt(variance[:, pairs[0], pairs[1]])
    return _State(
        state.votes,
        wish.z * POINTS * np.sqrt(variance.max(axis=(1, 2))),
        wish.z * POINTS * np.sqrt(np.maximum(own, 0).max(axis=1)),
        (difference > wish.z * error).astype(float),
        float(held.mean()),
    )


def _needed(wish: Wish, states: list[_State]) -> tuple[float | None, tuple[float, float] | None]:
    """The votes it takes, and how that varies from arena to arena, before the design effect."""
    votes = np.array([state.votes for state in states], float)
    if wish.win_rate is not None:
        power = np.array([state.told.mean() for state in states])
        return _crossing(votes, power, wish.power), None
    if wish.half_width is None:
        return None, None
    widths = np.array([state.widths for state in states])
    # From where on the interval stays narrow: an early one can be narrow by accident.
    wide = widths > wish.half_width
    last = np.where(wide.any(axis=0), len(votes) - 1 - wide[::-1].argmax(axis=0), -1)
    if np.median(last) >= len(votes) - 1:
        return None, None
    crossed = votes[np.minimum(last + 1, len(votes) - 1)]
    low, high = np.quantile(crossed, [0.05, 0.95])
    return float(np.median(crossed)), (float(low), float(high))


def _crossing(votes: Floats, power: Floats, wanted: float) -> float | None:
    """Where the power reaches what is wanted, smoothed to never fall (isotonic regression)."""
    from scipy.optimize import isotonic_regression

    smooth = isotonic_regression(power).x
    above = np.flatnonzero(smooth >= wanted)
    if not len(above):
        return None
    first = int(above[0])
    if first == 0:
        return float(votes[0])
    return float(np.interp(wanted, smooth[first - 1 : first + 1], votes[first - 1 : first + 1]))


def _is_enough(wish: Wish, states: list[_State]) -> bool:
    """True where more votes would not change the answer."""
    if wish.half_width is not None:
        # An interval that narrowed for good has done so for a few checkpoints.
        return all((state.widths <= wish.half_width).all() for state in states[-_SURE:]) and (
            len(states) > _SURE
        )
    if wish.win_rate is not None:
        return len(states) > _SURE and all(
            state.told.mean() > (1 + wish.power) / 2 for state in states[-_SURE:]
        )
    return False


def _nearest(states: list[_State], votes: float) -> _State:
    return min(states, key=lambda state: abs(state.votes - votes))


def _middle(models: int) -> tuple[int, int]:
    """The two models in the middle, the better one first."""
    return models // 2, models // 2 - 1


def _saved(wish: Wish, plans: tuple[PolicyPlan, ...]) -> float | None:
    """The share of votes that `widest` saves against `uniform`."""
    votes = {item.policy: item.votes for item in plans}
    even, best = votes.get("uniform"), votes.get("widest")
    return 1 - best / even if even and best else None
