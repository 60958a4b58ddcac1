"""The one end that a rating has which won, or lost, everything."""

from julja.stats.intervals import Floats
from julja.stats.ratings.models import softplus


def lower_limit(opponents: Floats, weight: Floats, level: float = 0.95) -> float:
    """The lowest rating that is compatible with winning every battle, in log-odds.

    Against opponents of known ratings (n) the likelihood of n wins rises with the rating towards 1;
    the limit is where -2 log(likelihood) is the chi-square quantile with one degree of freedom, as
    the end of any likelihood interval. Of a model that lost everything, minus the limit at minus
    the ratings of its opponents is the upper end.

    >>> import numpy as np
    >>> round(lower_limit(np.zeros(1), np.ones(1)), 3)  # one win against an equal
    -1.762
    """
    from scipy.optimize import brentq
    from scipy.stats import chi2

    bound = float(chi2.ppf(level, 1)) / 2

    def excess(rating: float) -> float:
        return float(weight @ softplus(opponents - rating)) - bound

    reach = 50.0 + bound / float(weight.sum())
    return float(brentq(excess, opponents.min() - reach, opponents.max() + reach))
