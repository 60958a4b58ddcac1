"""Ratings from pairwise comparisons: pure functions of arrays.

Battles of n rows come as `a`, `b` (n, integers below the number of models m), `outcome` (n, what
the battle is worth to A: 1, .5, 0, or a graded share) and `weight` (n). Ratings are in natural
units: the log-odds of winning against a model of rating 0; `julja.arena.rate` puts them on a scale.
"""

from julja.stats.ratings.bradley_terry import Fit, fit, fit_bradley_terry
from julja.stats.ratings.graph import Components, components
from julja.stats.ratings.pairs import Cells, Pairs, count_cells, sum_pairs
from julja.stats.ratings.ranks import interval_ranks

__all__ = [
    "Cells",
    "Components",
    "Fit",
    "Pairs",
    "components",
    "count_cells",
    "fit",
    "fit_bradley_terry",
    "interval_ranks",
    "sum_pairs",
]
