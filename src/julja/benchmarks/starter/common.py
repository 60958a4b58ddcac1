"""What the tasks of `starter` share: rows from a seed, and the words that they are made of."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from julja.errors import TaskError
from julja.types import Json, Row

COUNT = 100
LEVELS = (1, 2, 3)
CONTAMINATION = (
    "Generated from a seed: another --seed gives other questions; a few short ones can come again."
)
LICENCE = "Apache-2.0"
LABEL_ERRORS = "None: the program that writes a question also knows or checks its answer."

NAMES = (
    "Ada",
    "Ben",
    "Clara",
    "Dina",
    "Emil",
    "Fay",
    "Goran",
    "Hana",
    "Ivo",
    "June",
    "Kofi",
    "Lena",
)
THINGS = ("apples", "pencils", "stamps", "shells", "marbles", "buttons", "cards", "coins", "nuts")
NOUNS = (
    "anchor", "basket", "candle", "desert", "engine", "feather", "garden", "hammer", "island",
    "jacket", "kettle", "ladder", "magnet", "needle", "orchid", "pillow", "quartz", "ribbon",
    "saddle", "tunnel", "umbrella", "violin", "window", "yarn", "zebra", "lamp", "rope", "stone",
    "drum", "fork", "glove", "mirror",
)  # fmt: skip

Maker: TypeAlias = Callable[[random.Random, int], Mapping[str, Json]]


def generate(name: str, seed: int, make: Maker, count: int = COUNT) -> list[Row]:
    """Rows with ids and levels, the same on every machine, no `text` (else `input`) twice.

    The id names the seed, so that samples of two seeds are never taken for the same sample.
    """
    draw = random.Random(f"{name}:{seed}")
    rows: list[Row] = []
    seen: set[str] = set()
    for _ in range(count * 50):
        if len(rows) == count:
            return rows
        level = LEVELS[len(rows) % len(LEVELS)]
        row = make(draw, level)
        question = str(row.get("text", row["input"]))
        if question in seen:
            continue
        seen.add(question)
        rows.append({"id": f"seed{seed}-{len(rows)}", "level": level, **row})
    raise TaskError(f"{name} can't make {count} different questions, only {len(rows)}.")


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence: `a, b, c`."""
    return ", ".join(words)
