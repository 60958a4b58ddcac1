"""What the place of an answer is worth: how often the first of two equals wins.

The order is a covariate of Bradley-Terry, so that models that are shown first more often don't pass
for a bias: logit P(A wins) = rating_a - rating_b + delta, minus delta where B was first.
"""

import numpy as np

from julja.arena.battles import UNKNOWN
from julja.arena.fits import Fitting
from julja.stats.ratings.covariates import fit_covariates
from julja.stats.ratings.graph import components
from julja.stats.ratings.models import sigmoid
from julja.stats.ratings.pairs import count_cells
from julja.types import Json


def position(fitting: Fitting) -> dict[str, Json] | None:
    """The chance that the first of two equal answers wins, a tie as half, with its interval.

    None where no order is recorded, or where it goes with the models (a baseline that is always
    first): then the two can't be told apart.
    """
    known = fitting.first != UNKNOWN
    size = len(fitting.names)
    if not known.any():
        return None
    columns = (fitting.a, fitting.b, fitting.outcome, fitting.weight)
    a, b, outcome, weight = (column[known] for column in columns)
    if not components(count_cells(a, b, outcome, weight, models=size).pairs()).is_connected:
        return None
    side = np.where(fitting.first[known] == 0, 1.0, -1.0)
    clusters = None if fitting.clusters is None else fitting.clusters[known]
    try:
        found = fit_covariates(a, b, outcome, weight, side[:, None], models=size, clusters=clusters)
    except ArithmeticError:
        return None
    delta, error = float(found.coefficients[0]), float(found.covariance[size, size]) ** 0.5
    ends = sigmoid(np.array([delta - 1.96 * error, delta, delta + 1.96 * error])).tolist()
    return {"first_wins": ends[1], "ci": [ends[0], ends[2]], "battles": int(known.sum())}


def position_remark(found: dict[str, Json] | None) -> tuple[str, ...]:
    """A line where the place makes a difference."""
    if found is None or found["ci"][0] <= 0.5 <= found["ci"][1]:
        return ()
    low, high = found["ci"]
    return (
        f"of two equal answers the one shown first wins {found['first_wins']:.3f}"
        f" [{low:.3f}, {high:.3f}] of {found['battles']} battles: the place counts.",
    )
