"""What a cell of a table of judgements says: a number, a verdict, a word, or nothing."""

import math
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from julja.types import Json

Side: TypeAlias = Literal["a", "b"]
Kind: TypeAlias = Literal["nothing", "number", "verdict", "shown", "label"]

NOTHING = frozenset(
    {"", "-", "–", "?", "na", "n/a", "nan", "none", "null", "unlabeled", "unlabelled"}
)
_VERDICTS: dict[str, float] = {
    **dict.fromkeys(("a", "a>b", "a>>b", "model_a", "modela", "left", "answer_a", "a wins"), 1.0),
    **dict.fromkeys(("b", "b>a", "b>>a", "model_b", "modelb", "right", "answer_b", "b wins"), 0.0),
    **dict.fromkeys(
        ("a=b", "c", "tie", "draw", "both", "equal", "same", "neither", "tie (inconsistent)"), 0.5
    ),
    **dict.fromkeys(("bothbad", "both_bad", "tie (bothbad)", "both bad"), 0.5),
}
# Verdicts on what was shown: which model that is depends on the order.
_SHOWN: dict[str, float] = {"first": 1.0, "second": 0.0}
BINARY: dict[str, float] = {
    **dict.fromkeys(("yes", "true", "pass", "passed", "correct", "right", "good", "positive"), 1.0),
    **dict.fromkeys(
        ("no", "false", "fail", "failed", "incorrect", "wrong", "bad", "negative"), 0.0
    ),
}
_BRACKETS = re.compile(r"^\[+(.*?)\]+$")


@dataclass(frozen=True, slots=True)
class Value:
    """A cell as it was understood. `number` is the score, or what the verdict is worth to A."""

    kind: Kind
    number: float = math.nan
    text: str = ""


def read_value(raw: Json) -> Value:
    """Understand one cell; brackets around a verdict or a rating are taken off.

    >>> read_value("[[A>B]]").number, read_value(" 7 ").number, read_value("n/a").kind
    (1.0, 7.0, 'nothing')
    """
    if raw is None:
        return Value("nothing")
    if isinstance(raw, bool):
        return Value("number", float(raw), str(raw))
    if isinstance(raw, int | float):
        number = float(raw)
        return Value("number", number, str(raw)) if math.isfinite(number) else Value("nothing")
    if not isinstance(raw, str):
        return Value("label", text=str(raw))
    text = raw.strip()
    found = _BRACKETS.match(text)
    word = (found.group(1) if found else text).strip().casefold()
    if word in NOTHING:
        return Value("nothing", text=text)
    try:
        number = float(word)
    except ValueError:
        pass
    else:
        return Value("number", number, text) if math.isfinite(number) else Value("nothing")
    if word in _VERDICTS:
        return Value("verdict", _VERDICTS[word], text)
    if word in _SHOWN:
        return Value("shown", _SHOWN[word], text)
    return Value("label", text=text)


def read_side(raw: Json, model_a: str, model_b: str) -> Side | None:
    """Which of two answers a cell names: by letter, side, number or model; None for neither."""
    if raw is None:
        return None
    text = str(raw).strip()
    if model_a != model_b and text in (model_a, model_b):
        return "a" if text == model_a else "b"
    word = text.casefold()
    if word in ("a", "model_a", "left", "1", "answer_a"):
        return "a"
    return "b" if word in ("b", "model_b", "right", "2", "answer_b") else None


def read_swapped(raw: Json) -> Side | None:
    """Which answer came first, from a cell that says whether the two were swapped."""
    word = str(raw).strip().casefold()
    if word in ("true", "1", "1.0", "yes"):
        return "b"
    return "a" if word in ("false", "0", "0.0", "no") else None
