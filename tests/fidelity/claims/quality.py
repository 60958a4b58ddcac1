"""Benchmarks' quality by Arena-Hard's notebook; AlpacaEval 2's leaderboard, from their files."""

import json
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from julja.audit.quality import Quality, measure
from julja.audit.scores.read import read_tables
from julja.data.files import read_rows
from julja.stats.length_control import (
    Anchor,
    LengthWeights,
    length_controlled,
    predict,
    win_rate,
)
from tests.fidelity.claim import Claim

NOTEBOOK = "judge/lmarena__arena-hard-auto/notebook"
PRINTED = "lmarena/arena-hard-auto: benchmark_for_benchmarks.ipynb"
ALPACA = "judge/tatsu-lab__alpaca_eval"
ANNOTATIONS = f"{ALPACA}/derived/annotations_slim_half.csv.gz"
ANNOTATOR = "weighted_alpaca_eval_gpt4_turbo"
SOURCE = f"{ALPACA}/src/alpaca_eval"
BOARD = f"{SOURCE}/leaderboards/data_AlpacaEval_2/{ANNOTATOR}_leaderboard.csv"
WEIGHTS = (
    f"{SOURCE}/metrics/weights/{ANNOTATOR}/length_controlled_v1/baseline_gpt4_1106_preview.csv"
)
LEADERBOARD = "tatsu-lab/alpaca_eval: weighted_alpaca_eval_gpt4_turbo_leaderboard.csv"


@cache
def quality(mirror: Path, name: str, mapping: str) -> Quality:
    """A benchmark against the Chatbot Arena of 2024-03-29."""
    folder = mirror / NOTEBOOK
    (bench,) = read_tables(str(folder / f"bootstrap_stats_{name}.jsonl.gz"), unit="prompt")
    (arena,) = read_tables(str(folder / "elo_20240329_leaderboard_table.json"))
    names = json.loads((folder / f"{mapping}.json").read_text())
    return measure(bench, arena, names=names, resamples=2)


def of_quality(
    mirror: Path, name: str, mapping: str, value: Callable[[Quality], float | None]
) -> tuple[float, int]:
    found = quality(mirror, name, mapping)
    return value(found) or 0.0, len(found.models)


NUMBERS: tuple[tuple[str, Callable[[Quality], float | None], int], ...] = (
    ("separability", lambda found: found.separability.value, 4),
    ("agreement (notebook)", lambda found: found.agreements["notebook"].value, 4),
    ("spearman", lambda found: found.estimates["spearman"].value, 4),
    ("brier", lambda found: found.estimates["brier"].value, 5),
    ("log_loss", lambda found: found.estimates["log_loss"].value, 4),
)
BENCHMARKS = (
    ("arena_hard", "arena_to_arena_hard", (0.8421, 0.9040, 0.9323, 0.07048, 0.3950)),
    ("alpaca_LC", "alpaca_to_arena", (0.8789, 0.8729, 0.8782, 0.13473, 1.9653)),
    ("alpaca", "alpaca_to_arena", (0.7105, 0.7910, 0.7579, 0.16421, 1.8409)),
    ("mt_bench", "arena_to_mt_bench", (0.3632, 0.6949, 0.8932, 0.10083, 0.3311)),
)


@cache
def board(mirror: Path) -> dict[str, dict[str, str]]:
    return {next(iter(row.values())): row for row in read_rows(mirror / BOARD)}


@cache
def shared(mirror: Path) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """{model: (preference, length difference, place)} of the leaderboard's models that are here."""
    found: dict[str, list[tuple[float, float, int]]] = {}
    for row in read_rows(mirror / ANNOTATIONS):
        difference = float(row["len_1"]) - float(row["len_2"])
        entry = (float(row["preference"]) - 1, difference, int(row["index"]))
        if row["model"] in board(mirror):
            found.setdefault(row["model"], []).append(entry)
    columns = {name: np.array(rows).T for name, rows in found.items()}
    return {name: (c[0], c[1], c[2].astype(int)) for name, c in columns.items()}


@cache
def difficulty(mirror: Path) -> np.ndarray:
    rows = read_rows(mirror / ALPACA / "derived" / "instruction_difficulty_recovered.csv")
    return np.array([float(row["instruction_difficulty"]) for row in rows])


@cache
def anchor(mirror: Path) -> Anchor:
    place = mirror / ALPACA / "derived" / "gamed_baseline_suffstats.json"
    sums = json.loads(place.read_text())
    return Anchor(np.array(sums["t"]), np.array(sums["d"]), (sums["S1"], sums["S2"]))


def farthest_win_rate(mirror: Path) -> tuple[float, int]:
    off = [
        abs(100 * win_rate(columns[0]).value - float(board(mirror)[name]["win_rate"]))
        for name, columns in shared(mirror).items()
    ]
    return max(off), len(off)


def whole(mirror: Path) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    return {name: columns for name, columns in shared(mirror).items() if len(columns[0]) == 805}


def farthest_lc(mirror: Path) -> tuple[float, int]:
    off = []
    for name, (preference, difference, place) in whole(mirror).items():
        hard = difficulty(mirror)[place]
        value = length_controlled(preference, difference, hard, anchor=anchor(mirror)).value
        off.append(abs(100 * value - float(board(mirror)[name]["length_controlled_winrate"])))
    return max(off), len(off)


def lc_from_weights(mirror: Path) -> tuple[float, int]:
    """How many models' LC follows from their published weights to .001 points."""
    equal = total = 0
    for row in read_rows(mirror / WEIGHTS):
        name, *rest = row.values()
        kept = board(mirror).get(name, {})
        if not kept.get("length_controlled_winrate") or int(kept["n_total"]) != 805:
            continue
        weights = LengthWeights(*(float(value) for value in rest))
        value = 100 * predict(weights, difficulty(mirror), 805).mean()
        total += 1
        equal += abs(value - float(kept["length_controlled_winrate"])) < 1e-3
    return equal, total


def one_model(mirror: Path, model: str, *, error: bool) -> tuple[float, int]:
    """A model's LC win rate by our fit, or the standard error that the leaderboard prints."""
    preference, difference, place = shared(mirror)[model]
    hard = difficulty(mirror)[place]
    found = length_controlled(preference, difference, hard, anchor=anchor(mirror))
    return 100 * (found.naive_stderr if error else found.value), len(preference)


def alpaca(
    metric: str,
    published: float,
    places: int,
    note: str,
    compute: Callable[[Path], tuple[float, int]],
) -> Claim:
    return Claim(
        "alpaca_eval", ANNOTATIONS, metric, published, places, LEADERBOARD, note, compute=compute
    )


FUSECHAT = "FuseChat-Gemma-2-9B-Instruct"

CLAIMS = (
    *(
        Claim(
            "audit",
            f"{NOTEBOOK}/bootstrap_stats_{name}.jsonl.gz",
            f"{name} {metric}",
            published,
            places,
            PRINTED,
            "20 models, Chatbot Arena 2024-03-29",
            compute=partial(of_quality, name=name, mapping=mapping, value=value),
        )
        for name, mapping, row in BENCHMARKS
        for (metric, value, places), published in zip(NUMBERS, row, strict=True)
    ),
    alpaca("win_rate", 0.0, 9, "largest difference of 29 models, in points", farthest_win_rate),
    Claim(
        "alpaca_eval",
        ANNOTATIONS,
        "lc_win_rate",
        0.0,
        3,
        LEADERBOARD,
        "own fit at one C: largest difference of the models with 805 rows, in points",
        slack=0.15,
        compute=farthest_lc,
    ),
    alpaca(
        "lc_win_rate",
        186,
        0,
        "models whose LC follows from their published weights; NullModel and dbrx don't",
        lc_from_weights,
    ),
    alpaca("lc_win_rate", 70.1811, 3, FUSECHAT, partial(one_model, model=FUSECHAT, error=False)),
    alpaca(
        "lc_standard_error",
        0.5941,
        3,
        f"{FUSECHAT}; by refitting it is 1.37",
        partial(one_model, model=FUSECHAT, error=True),
    ),
    alpaca(
        "lc_standard_error",
        0.1418,
        3,
        "NullModel; by refitting it is 0.79",
        partial(one_model, model="NullModel", error=True),
    ),
)
