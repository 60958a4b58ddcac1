"""What is measured: how often an interval holds the truth, or a test decides."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Run: TypeAlias = Callable[[np.random.Generator], float]


@dataclass(frozen=True, slots=True)
class Case:
    """One method in one setting.

    `run` gives 1 for a hit and 0 else (or an exact share, with `runs` = 1). `low` and `high` are
    where the share of hits must lie: 94 to 96 % for an interval in its range.
    """

    method: str
    setting: str
    run: Run
    nominal: float = 0.95
    runs: int = 4000
    low: float = 0.94
    high: float = 0.96
    kind: str = "coverage"

    def measure(self, more: int = 1) -> tuple[float, int]:
        """(share of hits, runs)."""
        runs = self.runs if self.runs == 1 else self.runs * more
        generator = np.random.default_rng(zlib.crc32(f"{self.method} {self.setting}".encode()))
        return float(np.mean([self.run(generator) for _ in range(runs)])), runs


def holds(ends: tuple[float, float] | None, truth: float) -> bool:
    """True when an interval is there and holds the truth."""
    return ends is not None and ends[0] <= truth <= ends[1]
