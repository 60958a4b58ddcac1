"""LiveBench: how answers are drawn: words kept or changed, and the frames models put them in."""

import random
from collections.abc import Sequence
from typing import Any

Question = dict[str, Any]
Case = tuple[Question, str]
NEW, OLD = "2024-11-25", "2024-06-24"
_FRAMES = (
    "<solution>{}</solution>",
    "So it is <solution>{}</solution>.",
    "<Solution>\n{}\n</solution>",
    "</solution>{}</solution>",
    "**{}**",
    "I think **{}**, not **that**",
    "***{}***",
    "It is $\\boxed{{{}}}$.",
    "\\boxed{{\\text{{{}}}}}",
    "{}",
    "Hm.\n{}",
    "First the one, then the other.\nAnswer: {}",
    "The answer is {}",
    "**Answer:** {}.\n",
)
_BROKEN = ("", "I don't know.", "**", "<solution></solution>", "Let me see\n\n")


def framed(rng: random.Random, said: str, usual: str = "<solution>{}</solution>") -> str:
    """An answer as models write it: in tags, bold, boxed, plain, sometimes twice or not at all."""
    if rng.random() < 0.05:
        return rng.choice(_BROKEN)
    text = rng.choice((usual,) * len(_FRAMES) + _FRAMES).format(said)
    if rng.random() < 0.1:
        text = f"{rng.choice(_FRAMES).format('something else')}\n{text}"
    return text


def mixed(rng: random.Random, truth: Sequence[str], pool: Sequence[str]) -> list[str]:
    """The right words, or some of them replaced, left out or in another order."""
    words = list(truth)
    if rng.random() < 0.5:
        words = [word if rng.random() < 0.6 else rng.choice(pool) for word in words]
    if rng.random() < 0.1:
        rng.shuffle(words)
    if rng.random() < 0.1:
        words = words[: rng.randint(0, len(words))]
    return words


def question_of(truth: Any, turn: str = "?", date: str = NEW, **more: str) -> Question:
    return {"ground_truth": truth, "turns": [turn], "livebench_release_date": date, **more}
