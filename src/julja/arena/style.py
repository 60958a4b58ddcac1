"""The style of answers: counted from their text, and as covariates of a rating.

Length, headers, lists and bold are the four features of the Chatbot Arena's style control; battles
keep them in fields named `length_a`, `length_b` and so on.

>>> count_style("# Plan\\n- **one**\\n- two")
{'length': 22.0, 'headers': 1.0, 'lists': 2.0, 'bold': 1.0}
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.arena.battles import Battles
from julja.errors import DataError
from julja.stats.intervals import Floats
from julja.stats.ratings.covariates import relative_difference
from julja.types import Json

FEATURES = ("length", "headers", "lists", "bold")
_CODE = re.compile(r"```[^`]*```")
_HEADERS = re.compile(r"^#{1,6}\s", re.MULTILINE)
_LISTS = re.compile(r"^\s*(?:\d+\.|[-*+])\s", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")


def count_style(text: str) -> dict[str, float]:
    """The features of one answer: its length in characters, and marks outside code blocks."""
    prose = _CODE.sub("", text)
    counts = (_HEADERS, _LISTS, _BOLD)
    found = [float(len(text)), *(float(len(pattern.findall(prose))) for pattern in counts)]
    return dict(zip(FEATURES, found, strict=True))


def style_fields(a: str, b: str) -> dict[str, Json]:
    """The fields of a battle that keep the style of both answers."""
    sides = {"a": count_style(a), "b": count_style(b)}
    return {f"{name}_{side}": sides[side][name] for name in FEATURES for side in sides}


@dataclass(frozen=True, slots=True)
class StyleConstants:
    """What a feature is divided by (`spreads`), and the coefficients, frozen for later tables."""

    features: tuple[str, ...]
    spreads: tuple[float, ...]
    coefficients: tuple[float, ...]

    def to_json(self) -> dict[str, Json]:
        """As a file of constants keeps them."""
        rows = zip(self.features, self.spreads, self.coefficients, strict=True)
        return {
            "normalisation": "(a - b) / (a + b) / spread",
            "features": {
                name: {"spread": spread, "coefficient": own} for name, spread, own in rows
            },
        }

    @classmethod
    def from_json(cls, data: Json, place: str) -> "StyleConstants":
        """Read what `to_json` wrote; raises DataError that names the place."""
        try:
            rows: Mapping[str, Mapping[str, float]] = data["features"]
            found = cls(
                tuple(rows),
                tuple(float(row["spread"]) for row in rows.values()),
                tuple(float(row["coefficient"]) for row in rows.values()),
            )
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise DataError(
                f"{place}: not a file of style constants ({type(error).__name__}: {error}).",
                hint="`--style-constants NEW_FILE` writes one.",
            ) from error
        numbers = (*found.spreads, *found.coefficients)
        if not rows or not np.isfinite(numbers).all() or min(found.spreads) <= 0:
            raise DataError(f"{place}: style constants must be numbers, and spreads above 0.")
        return found


@dataclass(frozen=True, slots=True)
class Design:
    """Covariates `z` (n, k) of battles; `missing` (n) marks those whose style is not recorded.

    `flat` names features that never differ between two answers, which are left out.
    """

    features: tuple[str, ...]
    z: Floats
    spreads: Floats
    missing: NDArray[np.bool_]
    flat: tuple[str, ...] = ()


def design(battles: Battles, constants: StyleConstants | None = None) -> Design:
    """The covariates of all battles whose style is recorded; raises DataError where none is."""
    wanted = FEATURES if constants is None else constants.features
    found = [name for name in wanted if f"{name}_a" in battles.columns]
    if not found or (constants is not None and len(found) < len(wanted)):
        absent = ", ".join(name for name in wanted if name not in found)
        raise DataError(
            f"the battles don't record the style of the answers ({absent}).",
            hint="Give the answers with --answers FILE, or fields length_a, length_b, headers_a …",
        )
    sides = [
        np.array([_numbers(battles.columns.get(f"{name}_{side}"), len(battles)) for name in found])
        for side in "ab"
    ]
    missing = np.isnan(sides[0]).any(axis=0) | np.isnan(sides[1]).any(axis=0)
    if missing.all():
        raise DataError(
            "no battle records the style of both answers.", hint="Give the answers: --answers FILE."
        )
    gaps = relative_difference(*sides)[:, ~missing]
    spreads = gaps.std(axis=1) if constants is None else np.array(constants.spreads)
    varied = spreads > 1e-12
    kept = tuple(name for name, is_kept in zip(found, varied, strict=True) if is_kept)
    flat = tuple(name for name in found if name not in kept)
    if not kept:
        raise DataError("the answers never differ in style: there is nothing to control for.")
    return Design(kept, (gaps[varied] / spreads[varied, None]).T, spreads[varied], missing, flat)


def _numbers(column: NDArray[np.object_] | None, size: int) -> Floats:
    """A field as numbers, NaN where it is missing or none."""
    if column is None:
        return np.full(size, np.nan)
    found = np.full(size, np.nan)
    for index, value in enumerate(column):
        if value is not None and value != "":
            try:
                found[index] = float(value)
            except (TypeError, ValueError):
                continue
    found[found < 0] = np.nan
    return found


def with_answers(battles: Battles, answers: Mapping[tuple[str, str], str]) -> Battles:
    """Battles with the style of their answers, which `answers` has by (model, prompt)."""
    from dataclasses import replace

    counted = {key: count_style(text) for key, text in answers.items()}
    columns = dict(battles.columns)
    for side, codes in (("a", battles.a), ("b", battles.b)):
        rows: Sequence[Mapping[str, float]] = [
            counted.get((battles.models[model], battles.prompts[prompt]), {})
            for model, prompt in zip(codes.tolist(), battles.prompt.tolist(), strict=True)
        ]
        for name in FEATURES:
            column = np.empty(len(battles), dtype=object)
            column[:] = [row.get(name) for row in rows]
            columns[f"{name}_{side}"] = column
    return replace(battles, columns=columns)
