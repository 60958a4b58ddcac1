"""What the columns of published tables of scores mean, by their names."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from julja.types import Json, Row

MODEL_COLUMNS = ("model", "model_name", "name", "system", "generator", "player", "index", "")
SCORE_COLUMNS = ("score", "rating", "value", "elo")
# Numbers of a leaderboard that are no scores.
_NO_SCORES = {
    *("rank", "final_ranking", "rank_ub", "rank_stylectrl", "num_battles", "battles", "votes"),
    *("n", "n_total", "n_wins", "n_wins_base", "n_draws", "total", "count", "index", "seed"),
    *("avg_length", "avg_tokens", "avg_len", "output_length", "date", "price", "parameters"),
    *("variance", "stderr", "standard_error", "se", "lower", "upper", "low", "high", "ci"),
    *("q025", "q975", "ci_lower", "ci_upper", "ci_lo", "ci_hi", "lc_standard_error"),
}
_ENDS = (("lower", "upper"), ("q025", "q975"), ("ci_lower", "ci_upper"), ("ci_lo", "ci_hi"))
_ERRORS = ("stderr", "standard_error", "se")
# AlpacaEval's names: a score and the column of its error.
_PAIRED = {
    "win_rate": "standard_error",
    "length_controlled_winrate": "lc_standard_error",
}
_MISSING = {"", "-", "–", "n/a", "na", "nan", "none", "null"}


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """By model: ends of intervals, the level of those where it is known, standard errors."""

    lower: Mapping[str, float]
    upper: Mapping[str, float]
    stderr: Mapping[str, float]
    level: float | None


def number(value: Json) -> float:
    """A cell as a number ("55.2 %" is 55.2); NaN where it is missing or none."""
    if isinstance(value, bool) or value is None:
        return math.nan
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else math.nan
    text = str(value).strip().removesuffix("%").strip()
    try:
        found = float(text)
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def is_missing(value: Json) -> bool:
    """True for a cell that says that there is no value."""
    return value is None or (isinstance(value, str) and value.strip().lower() in _MISSING)


def name_column(rows: Sequence[Row]) -> str | None:
    """The column with the models' names: a known one that holds texts, whatever its case."""
    by_case = {key.lower(): key for key in rows[0]}
    for wanted in MODEL_COLUMNS:
        key = by_case.get(wanted)
        if key is None:
            continue
        texts = [row.get(key) for row in rows if not is_missing(row.get(key))]
        if any(math.isnan(number(text)) for text in texts):
            return key
    return None


def number_columns(rows: Sequence[Row]) -> list[str]:
    """The columns that hold numbers, and could be scores."""
    keys = dict.fromkeys(key for row in rows for key in row)
    return [key for key in keys if _could_be_score(key) and _all_numbers(rows, key)]


def _could_be_score(key: str) -> bool:
    name = key.lower()
    endings = [f"_{end}" for pair in _ENDS for end in pair] + [f"_{error}" for error in _ERRORS]
    return name not in _NO_SCORES and not name.endswith(tuple(endings))


def _all_numbers(rows: Sequence[Row], key: str) -> bool:
    cells = [row[key] for row in rows if not is_missing(row.get(key))]
    return bool(cells) and not any(math.isnan(number(cell)) for cell in cells)


def uncertainty(named: Mapping[str, Row], column: str) -> Uncertainty:
    """What the other columns say of how sure a score column is; empty where they don't."""
    first = next(iter(named.values()))
    # Columns without a prefix belong to the one column that is called a score.
    own = column in SCORE_COLUMNS
    prefixes = (f"{column}_", "rating_", "") if own else (f"{column}_",)
    lower: Mapping[str, float] = {}
    upper: Mapping[str, float] = {}
    level = None
    pairs = [(prefix + low, prefix + high) for low, high in _ENDS for prefix in prefixes]
    ends = next((pair for pair in pairs if pair[0] in first and pair[1] in first), None)
    if ends is not None:
        lower, upper = _values(named, ends[0]), _values(named, ends[1])
        level = 0.95 if ends[0].endswith("q025") else None
    elif own and isinstance(first.get("ci"), list):
        given = {model: row["ci"] for model, row in named.items() if row.get("ci")}
        lower = {model: number(pair[0]) for model, pair in given.items()}
        upper = {model: number(pair[-1]) for model, pair in given.items()}
    names = [_PAIRED.get(column, column), *(f"{column}_{error}" for error in _ERRORS)]
    # In AlpacaEval's files an error without a name belongs to the win rate.
    names += list(_ERRORS) if own and "win_rate" not in first else []
    key = next((name for name in names if name in first and name != column), None)
    if key is not None:
        return Uncertainty(lower, upper, _values(named, key), level)
    variance = _values(named, "variance") if own else {}
    stderr = {model: math.sqrt(value) for model, value in variance.items() if value >= 0}
    return Uncertainty(lower, upper, stderr, level)


def _values(named: Mapping[str, Row], key: str) -> dict[str, float]:
    found = {model: number(row.get(key)) for model, row in named.items()}
    return {model: value for model, value in found.items() if not math.isnan(value)}
