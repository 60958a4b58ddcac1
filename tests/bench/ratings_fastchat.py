"""FastChat's way to Bradley-Terry ratings, written anew from its description.

`fastchat/serve/monitor/rating_systems.py` at commit 0e6d3e4b: the unique (a, b, outcome) with their
counts, a quasi-Newton search by scipy's L-BFGS-B from zeros (at most 100 steps, gtol 1e-6) with the
slopes given; a bootstrap draws the counts anew and searches from zeros again. With style, single
battles are searched over, with a penalty of 0.5 on every parameter.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

ALPHA = np.log(10.0)
OPTIONS = {"maxiter": 100, "gtol": 1e-6}


def prepare(xs, ys, outcomes):
    """Names and outcomes as unique rows with counts."""
    models = sorted(set(xs) | set(ys))
    place = {name: index for index, name in enumerate(models)}
    rows = np.column_stack([[place[x] for x in xs], [place[y] for y in ys], 2 * outcomes])
    unique, counts = np.unique(rows.astype(np.int64), axis=0, return_counts=True)
    return unique[:, :2], unique[:, 2] / 2, counts.astype(float), models


def search(pairs, outcomes, weights, models):
    """Ratings in units of log10-odds."""
    left, right = pairs[:, 0], pairs[:, 1]

    def loss(ratings):
        x = ALPHA * (ratings[left] - ratings[right])
        p = expit(x)
        value = -(weights * (outcomes * np.log(p) + (1 - outcomes) * np.log(1 - p))).sum()
        flow = -ALPHA * weights * (outcomes - p)
        slope = np.bincount(left, flow, models) - np.bincount(right, flow, models)
        return value, slope

    return minimize(loss, np.zeros(models), jac=True, method="L-BFGS-B", options=OPTIONS).x


def bootstrap(pairs, outcomes, counts, models, rounds, seed=0):
    """Ratings of battles drawn anew, as counts of the unique rows."""
    rng = np.random.default_rng(seed)
    total = int(counts.sum())
    draws = rng.multinomial(total, counts / total, size=rounds)
    return np.array([search(pairs, outcomes, draw.astype(float), models) for draw in draws])


def style(left, right, outcomes, features, models):
    """Ratings and coefficients of single battles."""

    def loss(params):
        ratings, own = params[:models], params[models:]
        x = ALPHA * (ratings[left] - ratings[right]) + features @ own
        p = expit(x)
        value = -(outcomes * np.log(p) + (1 - outcomes) * np.log(1 - p)).sum()
        error = p - outcomes
        flow = ALPHA * error
        slope = np.bincount(left, flow, models) - np.bincount(right, flow, models)
        whole = np.concatenate([slope, features.T @ error])
        return value + 0.25 * params @ params, whole + 0.5 * params

    start = np.zeros(models + features.shape[1])
    return minimize(loss, start, jac=True, method="L-BFGS-B", options=OPTIONS).x
