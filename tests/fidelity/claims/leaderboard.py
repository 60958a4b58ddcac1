"""Averages, frontiers and separated pairs of leaderboards that others publish."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.fidelity.claim import Claim
from tests.parity.leaderboard_data import (
    HAL,
    LIVEBENCH,
    LIVECODEBENCH,
    PROBLEMS,
    hal_corners,
    livebench_average,
    livecodebench,
)

RELEASE = "2024_11_25"
AVERAGES = (
    ("o1-2024-12-17-high", 75.67),
    ("o3-mini-2025-01-31-high", 75.88),
    ("claude-3-7-sonnet-thinking", 76.10),
)
CORNERS = (("GPT-3.5", 0.0549, 0.739), ("Escalation", 0.2731, 0.85), ("Warming", 2.4484, 0.9317))


def average(mirror: Path, model: str) -> tuple[float, int]:
    return livebench_average(mirror, RELEASE, model), 18


def corner(mirror: Path, number: int, axis: int) -> tuple[float, int]:
    return hal_corners(mirror)[number][axis], PROBLEMS


def told_apart(mirror: Path, what: str) -> tuple[float, int]:
    ties = livecodebench(mirror)["ties"]
    return ties[what] - ties[f"{what}_tied"], ties["n"]


def claim(
    metric: str,
    file: str,
    published: float,
    places: int,
    source: str,
    note: str,
    compute: Callable[[Path], tuple[float, int]],
) -> Claim:
    return Claim("leaderboard", file, metric, published, places, source, note, compute=compute)


CLAIMS = (
    *(
        claim(
            "global average",
            f"{LIVEBENCH}/table_{RELEASE}.csv",
            value,
            2,
            "livebench.ai, release 2024-11-25",
            model,
            partial(average, model=model),
        )
        for model, value in AVERAGES
    ),
    *(
        claim(
            f"frontier, {name}: {what}",
            HAL,
            value,
            places,
            "benediktstroebl/agent-eval: eval.ipynb",
            "HumanEval agents, convex hull",
            partial(corner, number=number, axis=axis),
        )
        for number, (name, cost, accuracy) in enumerate(CORNERS)
        for axis, (what, value, places) in enumerate(
            (("dollars", cost, 4), ("accuracy", accuracy, 3 if number < 2 else 4))
        )
    ),
    claim(
        "pairs told apart",
        LIVECODEBENCH,
        83,
        0,
        "computed apart: bootstrap max-T, 4,000 resamples",
        "16 models, problem by problem",
        partial(told_apart, what="pairs"),
    ),
    claim(
        "neighbours told apart",
        LIVECODEBENCH,
        1,
        0,
        "computed apart: bootstrap max-T, 4,000 resamples",
        "of 15",
        partial(told_apart, what="adjacent"),
    ),
)
