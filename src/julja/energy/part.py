"""What a meter or a formula says: watt-hours, how they came about, and how sure they are."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """The energy of one part of a machine (`gpu`, `cpu`, `machine`, `servers`), in Wh.

    `low` and `high` are the ends of the range of an estimate; of a measurement both are `wh`.
    """

    part: str
    method: str
    wh: float
    low: float
    high: float
    source: str
    measured: bool


def measured(part: str, method: str, wh: float, source: str) -> Part:
    """A reading of a meter."""
    return Part(part, method, wh, wh, wh, source, True)


def estimated(part: str, method: str, low: float, high: float, source: str) -> Part:
    """A range, whose middle is the geometric mean: its ends are factors away, not Wh."""
    middle = math.sqrt(low * high) if low > 0 else (low + high) / 2
    return Part(part, method, middle, low, high, source, False)
