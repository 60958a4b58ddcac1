"""One fit for each method, with its errors: `estimate`."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from julja.arena.options import RateOptions
from julja.arena.solution import Solution
from julja.errors import ConfigError
from julja.stats.intervals import Floats, spreadless
from julja.stats.ratings.bootstrap import bootstrap
from julja.stats.ratings.bradley_terry import Fit, Kind, fit
from julja.stats.ratings.covariates import CovariateFit, bootstrap_covariates, fit_covariates
from julja.stats.ratings.elo import Elo, elo_bootstrap, online_elo
from julja.stats.ratings.pairs import Ints, count_cells
from julja.types import Json

Tick = Callable[[int], None]
NO_SPREAD = "model, no spread"


@dataclass(frozen=True, slots=True)
class Fitting:
    """n battles between m models that can be compared; `clusters` (n) or None, `z` (n, k) or None.

    `unit` is what the clusters are, `units` how many there are; `first` (n) is as in `Battles`.
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
    first: Ints
    options: RateOptions

    @property
    def draws(self) -> int:
        """How often the battles are drawn anew."""
        return self.options.draws(len(self.a), len(self.names))


@dataclass(frozen=True, slots=True)
class Estimated:
    """A solution; `covariance` (m, m) also where the intervals are not made of it.

    `method` and `draws` are what the errors were made of in the end. `parameters` are those of the
    method for the report, `coefficients` the style's, in the order of the features.
    """

    solution: Solution
    covariance: Floats | None
    method: str
    draws: int
    parameters: dict[str, Json] = field(default_factory=dict)
    coefficients: tuple[dict[str, Json], ...] = ()
    remarks: tuple[str, ...] = ()


def estimate(fitting: Fitting, tick: Tick) -> Estimated:
    """Fit the ratings and their errors as the options say."""
    if fitting.options.method == "elo":
        return _elo(fitting, tick)
    if fitting.z is not None:
        return _styled(fitting, fitting.z, tick)
    return _by_pairs(fitting, fitting.options.method, tick)


def _by_pairs(fitting: Fitting, kind: Kind, tick: Tick) -> Estimated:
    options, size = fitting.options, len(fitting.names)
    cells = count_cells(fitting.a, fitting.b, fitting.outcome, fitting.weight, models=size)
    try:
        fitted = fit(cells, kind, clusters=fitting.clusters)
    except ValueError as error:
        raise ConfigError(
            f"--method {kind}: {error}.", hint="--method bt needs no ties."
        ) from error
    parameters: dict[str, Json] = {}
    if fitted.extra is not None:
        own = fitted.extra
        parameters = (
            {"tie_threshold": own * options.factor}
            if kind == "rao-kupper"
            else {"nu": float(np.exp(own))}
        )
    if _is_flat(fitted):
        return _without_spread(fitting, fitted, kind, fitted.extra, parameters)
    drawn, extras = None, None
    if fitting.draws:
        generator = np.random.default_rng(options.seed)
        found = bootstrap(
            cells, fitted, fitting.draws, generator, clusters=fitting.clusters, tick=tick
        )
        drawn, extras = found.ratings, found.extra
    by_sandwich = fitted.covariance if options.how == "sandwich" else None
    solution = Solution(
        kind, fitted.ratings, fitted.extra, by_sandwich, drawn, extras, _degrees(fitting)
    )
    return Estimated(
        solution,
        fitted.covariance[:size, :size],
        _method(fitting),
        fitting.draws,
        parameters,
        remarks=_unbounded(fitting, drawn),
    )


def _styled(fitting: Fitting, z: Floats, tick: Tick) -> Estimated:
    options, size = fitting.options, len(fitting.names)
    frozen = None if options.constants is None else np.array(options.constants.coefficients)
    data = (fitting.a, fitting.b, fitting.outcome, fitting.weight, z)
    try:
        fitted = fit_covariates(*data, models=size, clusters=fitting.clusters, coefficients=frozen)
    except ArithmeticError as error:
        raise ConfigError(
            f"--style: {error}.",
            hint="Style and models go together here, or two features do: leave --style away.",
        ) from error
    if _is_flat(fitted):
        return _without_spread(fitting, fitted, "bt", None, {})
    drawn, slopes = None, None
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
    own = fitted.covariance[:size, :size]
    by_sandwich = own if options.how == "sandwich" else None
    solution = Solution("bt", fitted.ratings, None, by_sandwich, drawn, None, _degrees(fitting))
    return Estimated(
        solution,
        own,
        _method(fitting),
        fitting.draws,
        coefficients=_coefficients(fitted, solution, options, slopes),
        remarks=_unbounded(fitting, drawn),
    )


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
    method = _method(fitting) if fitting.draws else "none"
    return Estimated(solution, None, method, fitting.draws, {"k": options.k})


def _is_flat(fitted: Fit | CovariateFit) -> bool:
    """True where the battles, or the sums over clusters, don't differ from what is expected."""
    own, expected = np.trace(fitted.covariance), np.trace(fitted.information)
    return spreadless(float(own), float(expected))


def _without_spread(
    fitting: Fitting,
    fitted: Fit | CovariateFit,
    kind: Kind,
    extra: float | None,
    parameters: dict[str, Json],
) -> Estimated:
    """Errors from the model alone, so that no interval of width zero is claimed."""
    size = len(fitting.names)
    width = size if extra is None else size + 1
    solution = Solution(
        kind, fitted.ratings, extra, fitted.information[:width, :width], None, None, None
    )
    what = "are all ties" if fitting.clusters is None else f"of every {fitting.unit} cancel out"
    remark = (
        f"the battles {what} (a judge that always takes the same side does that, too): they show no"
        " spread, and the errors are those of the model."
    )
    return Estimated(
        solution, fitted.information[:size, :size], NO_SPREAD, 0, parameters, remarks=(remark,)
    )


def _method(fitting: Fitting) -> str:
    return ("" if fitting.clusters is None else "cluster ") + fitting.options.how


def _degrees(fitting: Fitting) -> int | None:
    return None if fitting.clusters is None else fitting.units - 1


def _unbounded(fitting: Fitting, ratings: Floats | None) -> tuple[str, ...]:
    """A remark where tables drawn anew left a rating without limit."""
    lost = 0 if ratings is None else (~np.isfinite(ratings)).sum(axis=0)
    if ratings is None or not np.any(lost):
        return ()
    worst = sorted(zip(np.asarray(lost).tolist(), fitting.names, strict=True), reverse=True)
    shown = [f"{name} ({count})" for count, name in worst if count]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return (
        f"of {len(ratings)} resamples some leave a rating without limit (all battles won, lost or"
        f" left out): {', '.join(shown[:5])}{more}; ends of intervals that this reaches are open.",
    )
