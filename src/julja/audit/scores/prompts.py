"""Scores prompt by prompt, where a file has them: intervals by resampling prompts.

Prompts are drawn with all their rows (turns, repeats) and for all models at once. So the intervals
know that rows of a prompt belong together, and the draws of two models can be compared as pairs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from julja.audit.scores.columns import number
from julja.audit.scores.table import ScoreTable
from julja.errors import DataError, did_you_mean
from julja.stats.intervals import Floats
from julja.types import Row

ITEM_COLUMNS = (
    *("question_id", "prompt_id", "prompt", "item", "sample", "uid", "id", "session_id"),
    *("instruction", "index"),
)
VALUE_COLUMNS = ("score", "preference", "value", "rating", "correct", "acc", "win")
BOOTSTRAPS = 1000
# An interval needs two independent prompts.
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class PromptScores:
    """Sums and counts (m, n) of the scores of m models on n prompts; `squares` (m,) of all rows.

    `lost` counts rows without a score, `thin` names models with too few prompts for an interval.
    """

    models: tuple[str, ...]
    sums: Floats
    counts: Floats
    squares: Floats
    lost: int = 0
    thin: tuple[str, ...] = ()


def is_long(rows: Sequence[Row], key: str) -> bool:
    """True where models repeat: a row for each model and prompt."""
    models = [str(row.get(key)) for row in rows]
    return len(set(models)) < len(models)


def read_prompts(
    rows: Sequence[Row],
    path: str,
    name: str,
    key: str,
    *,
    score: str | None = None,
    item: str | None = None,
    seed: int = 0,
) -> ScoreTable:
    """The table of mean scores of a file with a row for each model and prompt.

    `key`, `item` and `score` are the columns of the model, the prompt and the score; the latter
    two are found by their usual names where None.
    """
    known = list(dict.fromkeys(column for row in rows[:100] for column in row))
    value = prompt_column(path, score, VALUE_COLUMNS, known, "score", "Name it: FILE#COLUMN")
    prompt = prompt_column(path, item, ITEM_COLUMNS, known, "prompt", "Name it: --cluster COLUMN")
    found = collect_prompts(rows, path, (key, prompt, value))
    remarks = [f"{name}: means of {value!r} over {found.sums.shape[1]} values of {prompt!r}"]
    return prompt_table(found, name, seed=seed, remarks=remarks)


def prompt_table(
    found: PromptScores, name: str, *, seed: int = 0, remarks: Sequence[str] = ()
) -> ScoreTable:
    """The table of mean scores, with draws over prompts; `others` has it as if rows were alone."""
    if not found.models:
        raise DataError(f"{name}: no model has scores on {_FEWEST} prompts.")
    said = list(remarks)
    if found.lost:
        said.append(f"{name}: {found.lost} rows have no score and are left out")
    if found.thin:
        thin = ", ".join(found.thin)
        said.append(f"{name}: left out for having fewer than {_FEWEST} prompts: {thin}")
    gaps = int((found.counts == 0).sum())
    if gaps:
        said.append(f"{name}: {gaps} pairs of model and prompt have no score")
    rows = found.counts.sum(axis=1)
    means = found.sums.sum(axis=1) / rows
    scores = dict(zip(found.models, means.tolist(), strict=True))
    alone: tuple[ScoreTable, ...] = ()
    if (found.counts > 1).any():
        spread = np.sqrt(np.maximum(found.squares / rows - means**2, 0) / np.maximum(rows - 1, 1))
        errors = dict(zip(found.models, spread.tolist(), strict=True))
        alone = (ScoreTable.of(name, scores, stderr=errors, unit="row"),)
    draws = prompt_draws(found, seed)
    return ScoreTable.of(
        name,
        scores,
        draws=dict(zip(found.models, draws.T, strict=True)),
        unit="prompt",
        paired=True,
        remarks=said,
        others=alone,
    )


def prompt_draws(found: PromptScores, seed: int = 0, bootstraps: int = BOOTSTRAPS) -> Floats:
    """Means (b, m) of all models over resamples of the prompts, the same ones for each model."""
    n = found.sums.shape[1]
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(n, np.full(n, 1 / n), size=bootstraps).astype(float)
    sums, rows = drawn @ found.sums.T, drawn @ found.counts.T
    # A resample may lack all prompts of a model that has only a few: it then says nothing new.
    mean = found.sums.sum(axis=1) / found.counts.sum(axis=1)
    return np.where(rows > 0, sums / np.where(rows > 0, rows, 1.0), mean)


def collect_prompts(rows: Sequence[Row], path: str, columns: tuple[str, str, str]) -> PromptScores:
    """Sums and counts by model and prompt, from the columns of the model, the prompt, the score."""
    key, prompt, value = columns
    models: dict[str, int] = {}
    items: dict[str, int] = {}
    entries: list[tuple[int, int, float]] = []
    lost = 0
    for place, row in enumerate(rows, start=1):
        if row.get(key) is None or row.get(prompt) is None:
            raise DataError(f"{path}, row {place}: no {key if row.get(key) is None else prompt}.")
        score = number(row.get(value))
        # FastChat writes -1 where a judge's rating could not be read.
        if math.isnan(score) or (score == -1 and "judgment" in row):
            lost += 1
            continue
        model = models.setdefault(str(row[key]), len(models))
        entries.append((model, items.setdefault(str(row[prompt]), len(items)), score))
    if not entries:
        raise DataError(f"{path}: the column {value!r} holds no numbers.")
    table = np.array(entries)
    cell = table[:, 0].astype(int), table[:, 1].astype(int)
    sums, counts = np.zeros((2, len(models), len(items)))
    np.add.at(sums, cell, table[:, 2])
    np.add.at(counts, cell, 1.0)
    squares = np.bincount(cell[0], weights=table[:, 2] ** 2, minlength=len(models))
    enough = (counts > 0).sum(axis=1) >= _FEWEST
    names = tuple(models)
    return PromptScores(
        tuple(name for name, kept in zip(names, enough, strict=True) if kept),
        sums[enough],
        counts[enough],
        squares[enough],
        lost,
        tuple(name for name, kept in zip(names, enough, strict=True) if not kept),
    )


def prompt_column(
    path: str, given: str | None, usual: Sequence[str], known: Sequence[str], what: str, hint: str
) -> str:
    """The column that is given, or else one of the usual names; DataError where there is none."""
    if given is not None:
        if given in known:
            return given
        near = did_you_mean(given, known) or f"It has {', '.join(known)}."
        raise DataError(f"{path}: there is no column {given!r}.", hint=near)
    by_case = {column.lower(): column for column in reversed(known)}
    found = next((by_case[name] for name in usual if name in by_case), None)
    if found is None:
        raise DataError(
            f"{path}: models repeat, so it has a row for each prompt, but which column is the"
            f" {what} is not clear.",
            hint=f"{hint}; it has {', '.join(known)}.",
        )
    return found
