"""Means over columns, as they are named: of columns or of groups of them, whole or of a part."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from julja.run.leaderboard.sheet import Cell, Column, Items, Sheet
from julja.types import Json


@dataclass(frozen=True, slots=True)
class Mean:
    """A model's mean over `columns` of `of` columns. It is `complete` where it has all of them."""

    value: float | None
    stderr: float | None
    ci: tuple[float, float] | None
    columns: int
    of: int

    @property
    def complete(self) -> bool:
        """True where it compares with other complete means."""
        return self.of > 0 and self.columns == self.of

    def to_json(self) -> dict[str, Json]:
        """As the leaderboard's object has it."""
        return {
            "value": self.value,
            "stderr": self.stderr,
            "ci": list(self.ci) if self.ci else None,
            "columns": self.columns,
            "of": self.of,
            "complete": self.complete,
        }


def column_weights(sheet: Sheet) -> dict[str, float]:
    """What each column counts in the mean, 1 together: groups alike, and columns within a group.

    A suite that weighs by size weighs each column by its number of samples.
    """
    inside = [column for column in sheet.columns if not column.why_not]
    if sheet.by_size:
        sizes = {c.name: max((cell.n or 0 for cell in c.cells.values()), default=0) for c in inside}
        total = sum(sizes.values()) or 1
        return {name: size / total for name, size in sizes.items()}
    groups: dict[str, list[str]] = defaultdict(list)
    for column in inside:
        groups[column.group or f"\0{column.name}"].append(column.name)
    return {name: 1 / (len(groups) * len(names)) for names in groups.values() for name in names}


def mean_of(model: str, columns: Sequence[Column], weights: Mapping[str, float]) -> Mean:
    """A model's weighted mean over the columns that it has a value in.

    Columns are independent samples: the variance is the sum of their own. There is no interval
    where one of them has no error.
    """
    have = [c for c in columns if model in c.cells and c.cells[model].value is not None]
    total = sum(weights[column.name] for column in have)
    if not have or total <= 0:
        return Mean(None, None, None, 0, len(columns))
    shares = [weights[column.name] / total for column in have]
    cells = [column.cells[model] for column in have]
    value = sum(share * (cell.value or 0.0) for share, cell in zip(shares, cells, strict=True))
    if len(have) == 1:
        ci = cells[0].ci
        known = ci if ci and None not in ci else None
        return Mean(value, cells[0].stderr, known, 1, len(columns))  # type: ignore[arg-type]
    errors = [cell.stderr for cell in cells]
    if any(error is None for error in errors):
        return Mean(value, None, None, len(have), len(columns))
    stderr = math.sqrt(sum((s * (e or 0.0)) ** 2 for s, e in zip(shares, errors, strict=True)))
    ci = (value - 1.96 * stderr, value + 1.96 * stderr)
    return Mean(value, stderr, ci, len(have), len(columns))


def normalised(sheet: Sheet) -> Sheet:
    """Scores above guessing: (score - floor) / (best - floor), and 0 below the floor.

    The formula of the Open LLM Leaderboard v2. A column whose floor is not known is told, and
    divided by its best score alone.
    """
    columns, unknown = [], []
    for column in sheet.columns:
        if column.normalised or column.why_not or column.high is None:
            columns.append(column)
            continue
        if column.floor is None:
            unknown.append(column.name)
        columns.append(_rescaled(column, column.floor or 0.0, column.high))
    remarks = list(sheet.remarks)
    if unknown:
        remarks.append(f"the score of guessing is not known, and 0 is taken: {', '.join(unknown)}")
    return replace(sheet, columns=tuple(columns), remarks=tuple(remarks))


def _rescaled(column: Column, floor: float, high: float) -> Column:
    span = high - floor

    def above(value: float | None) -> float | None:
        return None if value is None else max(0.0, value - floor) / span

    def moved(cell: Cell) -> Cell:
        stderr = None if cell.stderr is None else cell.stderr / span
        ci = (above(cell.ci[0]), above(cell.ci[1])) if cell.ci else None
        return replace(cell, value=above(cell.value), stderr=stderr, ci=ci)

    cells = {model: moved(cell) for model, cell in column.cells.items()}
    items: Items | None = column.items
    if items is not None and items.strata is None:
        items = replace(items, floors=(floor,), slopes=(1 / span,))
    return replace(column, cells=cells, items=items, normalised=True)
