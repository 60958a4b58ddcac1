"""One of two sets of items or of scores that are held against each other: public, or private."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from julja.audit.scores.items import ItemTable
from julja.audit.scores.table import ScoreTable, moments
from julja.errors import DataError
from julja.stats.intervals import LEVEL, Floats, clustered_stderr, mean_stderr
from julja.stats.resample import resampled_sums

# Numbers of more kinds than this are binned, or each item would be a stratum of its own.
_MOST_STRATA = 12
_BINS = 5


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two sets: scores (m,) as shares with variances and sizes, NaN where not known.

    `items` has them one by one where they are; `strata` (n,) labels the items' difficulty.
    """

    name: str
    models: tuple[str, ...]
    score: Floats
    variance: Floats
    size: Floats
    items: ItemTable | None = None
    strata: tuple[str, ...] | None = None

    def take(self, models: Sequence[str]) -> "Side":
        """The rows of some models, in that order."""
        rows = [self.models.index(model) for model in models]
        return replace(
            self,
            models=tuple(models),
            score=self.score[rows],
            variance=self.variance[rows],
            size=self.size[rows],
            items=self.items and self.items.take(models),
        )


def side_of_items(table: ItemTable) -> Side:
    """A side of items; models without a score on two of them are left out."""
    known = np.isfinite(table.scores).sum(axis=1)
    kept = [model for model, count in zip(table.models, known, strict=True) if count > 1]
    if not kept:
        raise DataError(f"{table.name}: no model has scores on two items.")
    table = table.take(kept)
    values = [known_scores(table, row) for row in range(len(kept))]
    score = np.array([float(found.mean()) for found, _ in values])
    variance = np.array([_variance(found, clusters) for found, clusters in values])
    size = np.array([float(len(found)) for found, _ in values])
    return Side(table.name, tuple(kept), score, variance, size, table)


def side_of_scores(table: ScoreTable, shares: Floats, n: int | None, factor: float) -> Side:
    """A side of means: `shares` (m,), n items behind each; `factor` makes shares of errors."""
    _, variance, _ = moments(table, LEVEL)
    variance = variance * factor**2
    if n is not None:
        variance = np.where(np.isnan(variance), shares * (1 - shares) / n, variance)
    size = np.full(len(shares), np.nan if n is None else float(n))
    return Side(table.name, table.models, shares, variance, size)


def known_scores(table: ItemTable, row: int) -> tuple[Floats, list[str] | None]:
    """A model's scores, and their items' clusters."""
    scores = table.scores[row]
    there = np.isfinite(scores)
    clusters = table.clusters and [table.clusters[place] for place in np.flatnonzero(there)]
    return scores[there], list(clusters) if clusters else None


def _variance(values: Floats, clusters: list[str] | None) -> float:
    if clusters is not None and len(set(clusters)) < len(values):
        return clustered_stderr(values, clusters) ** 2
    return mean_stderr(values) ** 2


def label(public: ItemTable, private: ItemTable, name: str) -> tuple[list[str], list[str]]:
    """The difficulty labels (n,) of both sides' items; numbers of many kinds become five bins."""
    values = [*public.column(name), *private.column(name)]
    kinds = {str(value) for value in values}
    numbers = [value for value in values if isinstance(value, int | float)]
    if len(kinds) > _MOST_STRATA and len(numbers) == len(values):
        edges = np.quantile(np.array(numbers, float), np.linspace(0, 1, _BINS + 1)[1:-1])
        labels = [str(int(place)) for place in np.searchsorted(edges, np.array(numbers, float))]
    elif len(kinds) > _MOST_STRATA:
        raise DataError(
            f"items have {len(kinds)} different values of {name!r}: no label of difficulty.",
            hint="Name another field with --match, or --match none.",
        )
    else:
        labels = ["" if value is None else str(value) for value in values]
    n = len(public.items)
    return labels[:n], labels[n:]


def draws(side: Side, resamples: int, seed: int) -> Floats | None:
    """The scores (b, m) of all models over resamples of the items, or by their errors."""
    if side.items is not None:
        known = np.isfinite(side.items.scores)
        features = np.concatenate([np.where(known, side.items.scores, 0.0), known]).T
        clusters = side.items.clusters
        sums = resampled_sums(features, clusters=clusters, resamples=resamples, seed=seed)
        m = len(side.models)
        counts = sums[:, m:]
        drawn: Floats = np.where(counts > 0, sums[:, :m] / np.maximum(counts, 1e-9), side.score)
        return drawn
    if np.isnan(side.variance).any():
        return None
    generator = np.random.default_rng(seed)
    noise = generator.standard_normal((resamples, len(side.models)))
    return np.clip(side.score + noise * np.sqrt(side.variance), 0.0, 1.0)
