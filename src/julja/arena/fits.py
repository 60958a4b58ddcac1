"""One fit for each method, with its errors: `estimate`."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from julja.arena.options import RateOptions
from julja.arena.solution import Solution
from julja.errors import ConfigError
from julja.stats.intervals import Floats
from julja.stats.ratings.bootstrap import bootstrap
from julja.stats.ratings.bradley_terry import Kind, fit
from julja.stats.ratings.covariates import CovariateFit, bootstrap_covariates, fit_covariates
from julja.stats.ratings.elo import Elo, elo_bootstrap, online_elo
from julja.stats.ratings.pairs import Ints, count_cells
from julja.types import Json

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Fitting:
    """n battles between m models that can be compared; `clusters` (n) or None, `z` (n, k) or None.

    `unit` is what the clusters are, `units` how many there are.
    """

    a: Ints
    b: Ints
    outcome: Floats
    weight: Floats
    names: tuple[str, ...]
    clusters: Ints | None
    unit: str
    units: int
    z: Floats | None
    options: RateOptions

    @property
    def draws(self) -> int:
        """How often the battles are drawn anew."""
        return self.options.draws(len(self.a))


@dataclass(frozen=True, slots=True)
class Estimated:
    """A solution; `covariance` (m, m) also where the intervals are not made of it.

    `parameters` are those of the method for the report, `coefficients` the style's, in the order of
    the features.
    """

    solution: Solution
    covariance: Floats | None
    parameters: dict[str, Json] = field(default_factory=dict)
    coefficients: tuple[dict[str, Json], ...] = ()
    remarks: tuple[str, ...] = ()


def estimate(fitting: Fitting, tick: Tick) -> Estimated:
    """Fit the ratings and their errors as the options say."""
    if fitting.options.method == "elo":
        return _elo(fitting, tick)
    return (
        _by_pairs(fitting, fitting.options.method, tick)
        if fitting.z is None
        else _styled(fitting, fitting.z, tick)
    )


def _by_pairs(fitting: Fitting, kind: Kind, tick: Tick) -> Estimated:
    options, size = fitting.options, len(fitting.names)
    cells = count_cells(fitting.a, fitting.b, fitting.outcome, fitting.weight, models=size)
    try:
        fitted = fit(cells, kind, clusters=fitting.clusters)
    except ValueError as error:
        raise ConfigError(
            f"--method {kind}: {error}.", hint="`--method bt` needs no ties."
        ) from error
    drawn = None
    remarks: tuple[str, ...] = ()
    if fitting.draws:
        generator = np.random.default_rng(options.seed)
        drawn = bootstrap(
            cells, fitted, fitting.draws, generator, clusters=fitting.clusters, tick=tick
        )
        remarks = _unbounded(fitting, drawn.ratings)
    by_sandwich = options.how == "sandwich"
    solution = Solution(
        kind,
        fitted.ratings,
        fitted.extra,
        fitted.covariance if by_sandwich else None,
        None if drawn is None else drawn.ratings,
        None if drawn is None else drawn.extra,
        None if fitting.clusters is None else fitting.units - 1,
    )
    parameters: dict[str, Json] = {}
    if fitted.extra is not None:
        own = float(fitted.extra)
        parameters = (
            {"tie_threshold": own * options.factor}
            if kind == "rao-kupper"
            else {"nu": float(np.exp(own))}
        )
    return Estimated(solution, fitted.covariance[:size, :size], parameters, remarks=remarks)


def _styled(fitting: Fitting, z: Floats, tick: Tick) -> Estimated:
    options, size = fitting.options, len(fitting.names)
    frozen = None if options.constants is None else np.array(options.constants.coefficients)
    data = (fitting.a, fitting.b, fitting.outcome, fitting.weight, z)
    try:
        fitted = fit_covariates(*data, models=size, clusters=fitting.clusters, coefficients=frozen)
    except ArithmeticError as error:
        raise ConfigError(
            f"--style: {error}.", hint="The features go together: leave --style away."
        ) from error
    drawn, slopes = None, None
    remarks: tuple[str, ...] = ()
    if fitting.draws:
        drawn, slopes = bootstrap_covariates(
            *data,
            fitted,
            fitting.draws,
            np.random.default_rng(options.seed),
            clusters=fitting.clusters,
            frozen=frozen is not None,
            tick=tick,
        )
        remarks = _unbounded(fitting, drawn)
    by_sandwich = options.how == "sandwich"
    own = fitted.covariance[:size, :size]
    degrees = None if fitting.clusters is None else fitting.units - 1
    solution = Solution(
        "bt", fitted.ratings, None, own if by_sandwich else None, drawn, None, degrees
    )
    return Estimated(solution, own, {}, _coefficients(fitted, solution, options, slopes), remarks)


def _coefficients(
    fitted: CovariateFit, solution: Solution, options: RateOptions, slopes: Floats | None
) -> tuple[dict[str, Json], ...]:
    """Each coefficient with its error and interval; frozen ones have neither."""
    errors = fitted.coefficient_stderr
    rows: list[dict[str, Json]] = []
    for index, value in enumerate(fitted.coefficients.tolist()):
        row: dict[str, Json] = {"coefficient": value, "stderr": None, "ci": None}
        if errors is not None and options.how == "sandwich":
            half = solution.quantile(options.level) * float(errors[index])
            row |= {"stderr": float(errors[index]), "ci": [value - half, value + half]}
        elif errors is not None and slopes is not None:
            known = slopes[:, index][~np.isnan(slopes[:, index])]
            tail = (1 - options.level) / 2
            if len(known) > 1:
                ends = np.quantile(known, [tail, 1 - tail]).tolist()
                row |= {"stderr": float(known.std(ddof=1)), "ci": ends}
        rows.append(row)
    return tuple(rows)


def _elo(fitting: Fitting, tick: Tick) -> Estimated:
    options, size = fitting.options, len(fitting.names)
    settings = Elo(options.k, options.scale, options.base, options.initial)
    data = (fitting.a, fitting.b, fitting.outcome, fitting.weight)
    try:
        ratings = online_elo(*data, models=size, settings=settings)
    except ValueError as error:
        raise ConfigError(f"--method elo: {error}.", hint="--k 4 is usual.") from error
    draws = None
    if fitting.draws:
        drawn = elo_bootstrap(
            *data,
            fitting.draws,
            np.random.default_rng(options.seed),
            models=size,
            clusters=fitting.clusters,
            settings=settings,
            tick=tick,
        )
        draws = (drawn - options.initial) / options.factor
    natural = (ratings - options.initial) / options.factor
    solution = Solution("bt", natural, None, None, draws, None, None)
    return Estimated(solution, None, {"k": options.k})


def _unbounded(fitting: Fitting, ratings: Floats) -> tuple[str, ...]:
    """A remark where tables drawn anew left a rating without limit."""
    lost = (~np.isfinite(ratings)).sum(axis=0)
    if not lost.any():
        return ()
    worst = sorted(zip(lost.tolist(), fitting.names, strict=True), reverse=True)
    shown = [f"{name} ({count})" for count, name in worst if count]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return (
        f"of {len(ratings)} resamples some leave a rating without limit (all battles won, lost or"
        f" left out): {', '.join(shown[:5])}{more}; an end of an interval that this reaches is"
        " open.",
    )
