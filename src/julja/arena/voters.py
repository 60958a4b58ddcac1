"""Which voters vote unlike the others: reported, never taken out by itself.

Two sequential tests, each an e-value: a number whose mean is at most 1 for an honest voter, however
often one looks, so that 100 is as surprising as a p-value of .01 (Ville's inequality).

- **One side.** Sides are a fair coin, so an honest voter's preferred answer was shown first half of
  the time, whatever the models' strengths. The e-value bets against that with the Jeffreys mixture:
  B(k + 1/2, n - k + 1/2) / B(1/2, 1/2) * 2^n for k of n (Krichevsky and Trofimov, 1981).
- **Against the field.** An honest voter prefers a over b with the chance p that the other voters'
  ratings give; the e-value is the mean of the likelihood ratios of a voter who tosses a coin (1/2)
  and one who votes the other way round (1 - p).

Several voters are judged together by e-BH (Wang and Ramdas, 2022): at most `ALPHA` of the flags are
false on average. The Chatbot Arena tests its voters so as well, by products of e-values.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from julja.arena.battles import Battle
from julja.arena.matchmaking import Posterior, posterior
from julja.arena.votes import WORTH
from julja.stats.ratings.models import sigmoid

ALPHA = 0.05
LEAST = 5


@dataclass(frozen=True, slots=True)
class Voter:
    """One voter's votes and how unlike the others they are.

    `decided` are those that prefer an answer, `first` of them the one shown first; `ties` the rest.
    `side` and `against` are the two e-values (None below five decided votes), `flags` which of
    them stand out among all voters.
    """

    voter: str
    votes: int
    decided: int
    first: int
    ties: int
    seconds: float | None
    side: float | None
    against: float | None
    flags: tuple[str, ...] = ()


def judge_voters(rows: Sequence[Battle], *, alpha: float = ALPHA) -> list[Voter]:
    """All voters of a table of votes, the most unlike the others first."""
    models = {name: i for i, name in enumerate(sorted({n for r in rows for n in _pair(r)}))}
    mine: dict[str, list[Battle]] = {}
    for row in rows:
        if row.verdict is not None:
            mine.setdefault(row.judge, []).append(row)
    total = sum((_wins(given, models) for given in mine.values()), _wins([], models))
    found = [
        _voter(name, given, models, total - _wins(given, models)) for name, given in mine.items()
    ]
    return _flagged(found, alpha)


def side_e_value(first: int, decided: int) -> float:
    """The e-value against a fair coin of `first` of `decided` votes for the answer shown first.

    >>> round(side_e_value(10, 10), 1)
    180.4
    """
    from scipy.special import betaln

    log = betaln(first + 0.5, decided - first + 0.5) - betaln(0.5, 0.5) + decided * np.log(2)
    return float(np.exp(min(log, 700.0)))


def against_e_value(chances: NDArray[np.float64]) -> float:
    """The e-value against a voter whose choices had these chances; shape (decided,)."""
    coin = -np.log(2 * chances).sum()
    other = (np.log1p(-chances) - np.log(chances)).sum()
    return float(np.exp(np.minimum(np.logaddexp(coin, other) - np.log(2), 700.0)))


def _voter(
    name: str, rows: Sequence[Battle], models: dict[str, int], others: NDArray[np.float64]
) -> Voter:
    decided = [row for row in rows if row.verdict and WORTH[row.verdict] != 0.5]
    first = sum(_won(row) == row.first for row in decided)
    known = [row for row in decided if row.first is not None]
    enough = len(decided) >= LEAST
    seconds = [float(row.fields["seconds"]) for row in rows if "seconds" in row.fields]
    return Voter(
        name,
        len(rows),
        len(decided),
        first,
        len(rows) - len(decided),
        float(np.median(seconds)) if seconds else None,
        side_e_value(first, len(known)) if enough and known else None,
        against_e_value(_chances(decided, models, posterior(others))) if enough else None,
    )


def _chances(
    rows: Sequence[Battle], models: dict[str, int], belief: Posterior
) -> NDArray[np.float64]:
    """The chance of each choice by the other voters' ratings, their uncertainty averaged over.

    The mean of a logistic over a normal: sigmoid(d / sqrt(1 + pi v / 8)) (MacKay, 1992).
    """
    variance = belief.variance()
    found = []
    for row in rows:
        a, b = (models[name] for name in _pair(row))
        x = (belief.ratings[a] - belief.ratings[b]) / np.sqrt(1 + np.pi * variance[a, b] / 8)
        found.append(x if _won(row) == "a" else -x)
    return sigmoid(np.array(found))


def _flagged(voters: list[Voter], alpha: float) -> list[Voter]:
    """Mark the tests that e-BH rejects: the k largest, where the k-th is at least n / (k alpha)."""
    tests = sorted(
        (value for voter in voters for value in (voter.side, voter.against) if value is not None),
        reverse=True,
    )
    passed = [k for k, value in enumerate(tests, start=1) if value >= len(tests) / (k * alpha)]
    limit = tests[passed[-1] - 1] if passed else np.inf
    marked = [
        replace(
            voter,
            flags=tuple(
                flag
                for flag, value in (("one side", voter.side), ("against the field", voter.against))
                if value is not None and value >= limit
            ),
        )
        for voter in voters
    ]
    return sorted(marked, key=lambda voter: -max(voter.side or 0, voter.against or 0))


def _wins(rows: Sequence[Battle], models: dict[str, int]) -> NDArray[np.float64]:
    wins = np.zeros((len(models), len(models)))
    for row in rows:
        if row.verdict is None:
            continue
        a, b = (models[name] for name in _pair(row))
        wins[a, b] += WORTH[row.verdict]
        wins[b, a] += 1 - WORTH[row.verdict]
    return wins


def _pair(row: Battle) -> tuple[str, str]:
    return row.model_a, row.model_b


def _won(row: Battle) -> str:
    return "a" if row.verdict is not None and WORTH[row.verdict] == 1 else "b"
