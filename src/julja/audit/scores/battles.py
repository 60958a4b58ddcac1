"""A file of battles as a table of scores: Bradley-Terry ratings, with errors by prompt."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from julja.audit.scores.table import STATED, ScoreTable
from julja.types import Row

_SIDES = (
    ("model_a", "model_b"),
    ("generator_1", "generator_2"),
    ("left", "right", "winner"),
    ("model_x", "model_y"),
)


def is_battles(rows: Sequence[Row]) -> bool:
    """True where a row names two models."""
    return any(set(columns) <= rows[0].keys() for columns in _SIDES)


def battle_table(path: str, name: str, *, cluster: str | None = None, seed: int = 0) -> ScoreTable:
    """The ratings of a file of battles; `others` has them as if battles were independent.

    `cluster` names what goes together (the prompt, where prompts repeat, by default).
    """
    from julja.arena.adapters import read_battles
    from julja.arena.options import RateOptions
    from julja.arena.rate import rate
    from julja.arena.table import RatingTable

    found = read_battles([path])
    # Resamples would only give the intervals of ranks.
    settings = RateOptions(cluster=cluster, bootstrap=0, seed=seed)
    clustered = rate(found.table, settings)
    remarks = [f"{name}: {text}" for text in (*found.remarks, *clustered.remarks)]
    if found.left_out:
        counts = ", ".join(f"{count} {why}" for why, count in found.left_out.items())
        remarks.append(f"{name}: left out {counts}")

    def table_of(rated: RatingTable) -> ScoreTable:
        made = from_ratings(rated.to_json(), name)
        if rated.covariance is None:
            return made
        place = {model: index for index, model in enumerate(rated.names)}
        if not all(model in place for model in made.models):
            return made
        rows = [place[model] for model in made.models]
        return replace(made, covariance=rated.covariance[np.ix_(rows, rows)])

    made = table_of(clustered)
    alone = []
    if clustered.interval.unit != "battle":
        alone = [table_of(rate(found.table, replace(settings, cluster="none")))]
    return replace(made, remarks=(*made.remarks, *remarks), others=tuple(alone))


def from_ratings(content: Row, name: str) -> ScoreTable:
    """The table of the object of `julja arena rate --json`."""
    rows, interval = content["ratings"], content.get("interval") or {}
    rated = [row for row in rows if row.get("rating") is not None]
    ends = {row["model"]: row["ci"] for row in rated if row.get("ci")}
    # An end without limit (a model that won everything) is one that no other lies beyond.
    lower = {model: -np.inf if ci[0] is None else ci[0] for model, ci in ends.items()}
    upper = {model: np.inf if ci[1] is None else ci[1] for model, ci in ends.items()}
    unrated = [str(row["model"]) for row in rows if row.get("rating") is None]
    remarks = [f"{name}: no rating for {', '.join(unrated)}"] if unrated else []
    return ScoreTable.of(
        name,
        {row["model"]: float(row["rating"]) for row in rated},
        lower=lower,
        upper=upper,
        stderr={row["model"]: row["stderr"] for row in rated if row.get("stderr") is not None},
        level=interval.get("level"),
        unit=str(interval.get("unit") or "unknown"),
        how=str(interval.get("method") or STATED),
        remarks=remarks,
    )
