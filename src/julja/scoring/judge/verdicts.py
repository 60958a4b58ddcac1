r"""Reads verdicts in a judge's answer, by a chain from the strictest pattern to the loosest.

Only the judge's own answer is looked at, never its prompt. What no pattern finds is None: it is
counted as unparsed and never scored.

>>> rating("Clear and right. Rating: [[8]]", 1, 10), rating("Score: 11/10", 1, 10)
(8.0, None)
>>> comparison("My final verdict is: [[A>>B]]")
'A>>B'
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

# What a verdict on A against B is worth to A, and how many battles Arena-Hard v0.1 makes of it.
SHARES = {"A>>B": 1.0, "A>B": 1.0, "A=B": 0.5, "B>A": 0.0, "B>>A": 0.0}
SWAPPED = {"A>>B": "B>>A", "A>B": "B>A", "A=B": "A=B", "B>A": "A>B", "B>>A": "A>>B"}

Chain: TypeAlias = Sequence[Callable[[str], str | None]]
Which: TypeAlias = Literal["first", "last", "only"]

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_WORDS = r"(?:rating|score|grade|verdict|점수|평점|评分|得分)"


def pick(
    pattern: str, which: Which = "last", flags: int = re.IGNORECASE
) -> Callable[[str], str | None]:
    """A link of a chain: the first or last match of a pattern, or the only label that occurs."""
    compiled = re.compile(pattern, flags)

    def find(text: str) -> str | None:
        found = [match[1] for match in compiled.finditer(text)]
        if not found or (which == "only" and len(set(found)) > 1):
            return None
        return found[0] if which == "first" else found[-1]

    return find


def from_json(*names: str) -> Callable[[str], str | None]:
    """A link of a chain: a named field of the last JSON object in the text."""

    def find(text: str) -> str | None:
        for match in reversed(list(re.finditer(r"\{[^{}]*\}", text))):
            # Judges leave a comma behind the last field.
            body = re.sub(r",\s*\}$", "}", match[0])
            try:
                data = json.loads(body, strict=False)
            except ValueError:
                data = _loose(body, names)
            for name in names:
                if isinstance(data, dict) and data.get(name) is not None:
                    return str(data[name])
        return None

    return find


def _loose(body: str, names: tuple[str, ...]) -> dict[str, str]:
    """Single fields of what is nearly JSON (unescaped quotation marks inside a long text)."""
    found: dict[str, str] = {}
    for name in names:
        match = re.search(rf'"{re.escape(name)}"\s*:\s*"?([^",}}\n]+)', body)
        if match:
            found[name] = match[1].strip()
    return found


RATING: Chain = (
    pick(rf"\[\[\s*{_NUMBER}\s*(?:/\s*\d+\s*)?\]\]"),
    from_json("rating", "score"),
    pick(rf"\[\s*{_NUMBER}\s*(?:/\s*\d+\s*)?\]"),
    pick(rf"{_WORDS}\s*(?:is|of|:|=|：|은|는)?\s*\**\s*{_NUMBER}"),
    pick(rf"{_NUMBER}\s*(?:/|out of)\s*\d+"),
    pick(rf"^\W*{_NUMBER}\W*$"),
)
# FastChat's llm_judge/common.py (0e6d3e4b): the first double bracket, else the first single one.
MT_BENCH: Chain = (
    pick(r"\[\[(\d+\.?\d*)\]\]", "first", 0),
    pick(r"\[(\d+\.?\d*)\]", "first", 0),
)

_LABEL = r"(A\s*(?:>>|>|=|<<|<)\s*B|B\s*(?:>>|>|=|<<|<)\s*A)"
COMPARISON: Chain = (
    pick(rf"\[\[\s*{_LABEL}\s*\]\]"),
    pick(rf"\[\s*{_LABEL}\s*\]"),
    pick(r"\[\[\s*(A|B|C|tie)\s*\]\]"),
    from_json("choice", "verdict", "winner"),
    pick(rf"verdict\W{{0,12}}{_LABEL}"),
    pick(r"(?:verdict|winner)\W{0,12}(?:assistant|answer|response|model)?\s*\b(A|B|C|tie)\b"),
    pick(r"^\W*(A>>B|A>B|A=B|B>A|B>>A|A|B|C|tie)\W*$"),
)
# lmarena/arena-hard-auto ff46f0a, gen_judgment.py: one label, however often it is written.
ARENA_HARD_V01: Chain = (pick(r"\[\[([AB<>=]+)\]\]", "only", 0),)
# The same repository at 196f6b8: upper case, double then single brackets, the last one.
ARENA_HARD_V2: Chain = (pick(r"\[\[([AB<>=]+)\]\]"), pick(r"\[([AB<>=]+)\]"))
# allenai/WildBench d6b8dca: fields of the JSON that the judge is asked for.
WILDBENCH_SCORE: Chain = (from_json("score"),)
WILDBENCH_PAIR: Chain = (from_json("choice"),)

_NAMES = {
    "A": "A>B",
    "B": "B>A",
    "C": "A=B",
    "TIE": "A=B",
    "A++": "A>>B",
    "A+": "A>B",
    "B+": "B>A",
    "B++": "B>>A",
    "B=A": "A=B",
    "B<A": "A>B",
    "B<<A": "A>>B",
    "A<B": "B>A",
    "A<<B": "B>>A",
}

YES_NO: Chain = (
    pick(r"\[\[\s*(yes|no)\s*\]\]"),
    from_json("answer", "verdict", "met"),
    pick(r"^\W*(yes|no|예|아니오|아니요|是|否)\b"),
    pick(r"\b(yes|no)\b\W*$"),
)


def read_first(chain: Chain, text: str) -> str | None:
    """What the first link that finds something finds."""
    return next((found for link in chain if (found := link(text)) is not None), None)


def rating(text: str, low: float, high: float, chain: Chain = RATING) -> float | None:
    """A rating on a scale; one outside of it is no rating."""
    found = read_first(chain, text)
    try:
        value = float(found.strip()) if found is not None else None
    except ValueError:
        return None
    return value if value is not None and low <= value <= high else None


def comparison(text: str, chain: Chain = COMPARISON) -> str | None:
    """A verdict on A against B: A>>B, A>B, A=B, B>A or B>>A."""
    found = read_first(chain, text)
    if found is None:
        return None
    label = "".join(found.upper().split())
    label = _NAMES.get(label, label)
    return label if label in SHARES else None


def yes_no(text: str, chain: Chain = YES_NO) -> bool | None:
    """Whether a judge said yes."""
    found = read_first(chain, text)
    if found is None:
        return None
    word = found.strip().lower()
    if word in ("yes", "true", "예", "是"):
        return True
    return False if word in ("no", "false", "아니오", "아니요", "否") else None
