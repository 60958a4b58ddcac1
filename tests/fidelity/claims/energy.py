"""CO2 by the Open LLM Leaderboard's formula, energy by EcoLogits', scores in dated windows."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from julja.audit.scores.items import read_items
from julja.energy.estimate import open_llm_co2_kg, writing_wh
from tests.fidelity.claim import Claim

WINDOWS = "dynamic/livecodebench/2024_02_26.json.gz"
CUT = date(2023, 9, 1)


def co2(mirror: Path) -> tuple[float, int]:
    """Kilograms of one hour on 8 H100."""
    return open_llm_co2_kg(3600) or 0.0, 1


def ecologits(active: float, total: float, mirror: Path) -> tuple[float, int]:
    """Wh of 500 output tokens, without PUE."""
    return writing_wh(500, active, total), 500


def window(model: str, fresh: bool, mirror: Path) -> tuple[float, int]:
    """Mean pass@1 (x100) on LeetCode's problems before, or from, 2023-09-01."""
    table = read_items(str(mirror / WINDOWS))
    assert table is not None
    platform = dict(zip(table.items, table.column("platform"), strict=True))
    days = dict(zip(table.items, table.dates("date"), strict=True))
    kept = table.keep(lambda item: platform[item] == "leetcode" and (days[item] >= CUT) == fresh)
    scores = kept.take([model]).scores[0]
    return 100 * float(scores.mean()), len(scores)


def _claim(
    task: str,
    file: str,
    metric: str,
    published: tuple[float, int],
    source: str,
    compute: Callable[[Path], tuple[float, int]],
) -> Claim:
    value, places = published
    return Claim(task, file, metric, value, places, source, compute=compute)


CLAIMS = [
    _claim(
        "open_llm_leaderboard",
        "",
        "kg CO2 of one hour",
        (1.511, 3),
        "Open LLM Leaderboard's documentation of emissions",
        co2,
    ),
    *[
        _claim(
            "ecologits",
            "",
            f"Wh of 500 tokens, {active:g}B active of {total:g}B",
            (wh, 10),
            "ecologits 0.11.3, compute_llm_impacts_dag at PUE 1",
            partial(ecologits, active, total),
        )
        for active, total, wh in (
            (8.0, 8.0, 0.03714691023045364),
            (70.0, 70.0, 0.27397041368062687),
            (37.0, 671.0, 1.6578753738268463),
        )
    ],
    *[
        _claim(
            "audit_goodhart",
            WINDOWS,
            f"pass@1 of {model} on LeetCode, {'from' if fresh else 'before'} 2023-09-01",
            (value, 1),
            "livecodebench.github.io's leaderboard between the same dates",
            partial(window, model, fresh),
        )
        for model, fresh, value in (
            ("DSCoder-33b-Ins", False, 56.5),
            ("DSCoder-33b-Ins", True, 19.9),
            ("GPT-4-Turbo-1106", False, 44.9),
            ("GPT-4-Turbo-1106", True, 39.7),
        )
    ],
]
