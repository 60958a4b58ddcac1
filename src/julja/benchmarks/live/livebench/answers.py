"""How LiveBench finds an answer in a response: solution tags, bold words, boxes.

Source: LiveBench/LiveBench (Apache-2.0), livebench/process_results/util.py and the readers that its
tasks share.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

from julja.types import Json

Question: TypeAlias = Mapping[str, Json]
T = TypeVar("T")


class Verdict(NamedTuple):
    """A score of 0 to 1, and the answer that was read (None: none was found)."""

    value: float
    read: str | None


Judge: TypeAlias = Callable[[Question, str], Verdict]
NOTHING = Verdict(0.0, None)
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)


def without_thoughts(text: str) -> str:
    """The response without <think> blocks, which every judge of LiveBench takes away first."""
    return _THOUGHT.sub("", text).strip()


def solutions(text: str, *, across_lines: bool = False, any_case: bool = False) -> list[str]:
    """What stands between <solution> tags, in order."""
    return re.findall(r"<solution>(.*?)</solution>", text, _flags(across_lines, any_case))


def botched_solutions(
    text: str, *, across_lines: bool = False, any_case: bool = False
) -> list[str]:
    """The tagged answers; failing that, those between two closing tags."""
    found = solutions(text, across_lines=across_lines, any_case=any_case)
    flags = _flags(across_lines, any_case)
    return found or re.findall(r"</solution>(.*?)</solution>", text, flags)


def _flags(across_lines: bool, any_case: bool) -> int:
    return (re.DOTALL if across_lines else 0) | (re.IGNORECASE if any_case else 0)


def boxed(text: str) -> str | None:
    r"""The content of the last \boxed{…} (or \fbox{…}), or of "\boxed X" up to a dollar sign.

    >>> boxed(r"so $\boxed{\text{B}}$.")
    '\\text{B}'
    """
    if "\\boxed " in text:
        return text.rpartition("\\boxed ")[2].split("$")[0]
    start = text.rfind("\\boxed")
    if start < 0:
        start = text.rfind("\\fbox")
    opening = text.find("{", start) if start >= 0 else -1
    if opening < 0 or text[start:opening] not in ("\\boxed", "\\fbox"):
        return None
    depth = 0
    for index in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return text[opening + 1 : index].replace("$", "")
    return None


def bare(latex: str) -> str:
    r"""LaTeX's \text{…}, braces and backslashes taken away."""
    return latex.replace("\\text{", "").replace("}", "").replace("\\", "")


def last_line(text: str) -> str:
    """The last line of a text without blank ends."""
    return text.strip().rpartition("\n")[2]


def edit_distance(one: Sequence[T], other: Sequence[T]) -> int:
    """Levenshtein's distance between two sequences: insertions, deletions, replacements.

    >>> edit_distance([1, 2, 3], [1, 3])
    1
    """
    previous = list(range(len(other) + 1))
    for row, left in enumerate(one, start=1):
        current = [row]
        for column, right in enumerate(other, start=1):
            best = min(previous[column], current[-1], previous[column - 1])
            current.append(previous[column - 1] if left == right else 1 + best)
        previous = current
    return previous[-1]
