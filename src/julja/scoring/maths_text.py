r"""What a solution says at its end, and one spelling for what LaTeX can write in many ways.

The rules of `normalise` follow what MATH's own checker ignores (Hendrycks et al. 2021,
modeling/math_equivalence.py): \left and \right, \dfrac, units in \text{}, degrees, dollars and
percent signs, spaces, "x = ", leading zeros.
"""

import re

from julja.scoring.extract import Found, boxed, regex_group

_ANSWER = re.compile(
    r"(?:final answer|answer)\**\s*(?:is|:|=)\s*:?\s*(?P<answer>[^\n]*\w[^\n]*)", re.IGNORECASE
)
# A line of a solution that says something: not the closing \] or $$ of a formula, nor a fence.
_LINE = re.compile(r"^(?P<line>[^\n]*[^\W_][^\n]*)$", re.MULTILINE)
_NEXT_SENTENCE = re.compile(r"\.[*$]*\s+(?=[A-Z])")
_AROUND = re.compile(
    r"\$+(?P<dollars>[^$]+)\$+|\\\((?P<round>(?:(?!\\\().)+)\\\)|\\\[(?P<square>(?:(?!\\\[).)+)\\\]",
    re.DOTALL,
)


def final_answer(text: str) -> Found | None:
    r"""The last \boxed{…}, else what follows "the answer is", else the last line.

    >>> final_answer(r"so \boxed{\frac{1}{2}}.").text
    '\\frac{1}{2}'
    >>> final_answer("The final answer is $42$. I hope it is correct.")
    Found(text='42', span=(21, 23))
    """
    box = boxed(text)
    if box is not None:
        return box
    found = regex_group(text, _ANSWER, "answer", "last") or regex_group(text, _LINE, "line", "last")
    if found is None:
        return None
    core = _bare(_NEXT_SENTENCE.split(found.text, maxsplit=1)[0])
    start = text.find(core, found.span[0])
    return Found(core, (start, start + len(core))) if core and start >= 0 else None


def _bare(text: str) -> str:
    """Without white space, emphasis, full stops and the signs of a formula around it."""
    before = ""
    while before != text:
        before = text
        text = text.strip().strip("*").rstrip(".:").strip()
        around = _AROUND.fullmatch(text)
        if around:
            text = around[around.lastgroup or 0]
    return text.strip("$ ") if text.count("$") == 1 else text


_DROPPED = (
    r"\left", r"\right", r"\!", r"\,", r"\;", r"\:", r"\ ", r"\$", "$", r"\%", "%",
    r"^\circ", r"^{\circ}", r"\displaystyle", "°",
)  # fmt: skip
# \mathrm{i} and \mathrm{e} are numbers, not units.
_UNIT = re.compile(r"\\(?:text|mbox|mathrm(?!\{\s*[ie]\s*\}))\{\s*[^{}]*\}\s*$")
_WORDS = re.compile(r"\\(?:text|textbf|mathrm|mathbf|mbox)\{([^{}]*)\}")
_FRACTION = re.compile(r"\\frac\s*(\d)\s*(\d)")
_HALF_FRACTION = re.compile(r"\\frac\s*(\d)\s*\{")
_SLASH = re.compile(r"^(-?\d+)/(\d+)$")
_ROOT = re.compile(r"\\sqrt\s*(\d)")
_NAMED = re.compile(r"^[a-zA-Z]\s*=\s*(?=.)")
_THOUSANDS = re.compile(r"(?<=\d)(?:,(?:\\!)?|\{,\})(?=\d{3}(?:\D|$))")
_ZEROS = re.compile(r"(?<![\d.])(\d+)\.0+(?!\d)")
_POINT = re.compile(r"(?<!\d)\.(?=\d)")
_BASE = re.compile(r"[0-9A-F]+_(?:\{(\d+)\}|(\d+))")


def normalise(text: str) -> str:
    r"""One spelling for answers that differ only in how LaTeX writes them.

    >>> normalise(r"$x = \dfrac12$") == normalise(r"\frac{1}{2}")
    True
    >>> normalise(r"10,\!000 \text{ m}") == normalise("10000")
    True
    """
    text = _bare(text).replace("\n", "")
    text = text.replace("tfrac", "frac").replace("dfrac", "frac")
    shorter = _UNIT.sub("", text).strip()
    text = shorter or text
    text = _WORDS.sub(r"\1", text)
    text = _THOUSANDS.sub("", text)
    for piece in _DROPPED:
        text = text.replace(piece, "")
    text = _NAMED.sub("", text.strip())
    text = _FRACTION.sub(r"\\frac{\1}{\2}", text)
    text = _HALF_FRACTION.sub(r"\\frac{\1}{", text)
    text = _ROOT.sub(r"\\sqrt{\1}", text)
    text = _POINT.sub("0.", text)
    text = _ZEROS.sub(r"\1", text)
    text = text.replace(" ", "")
    return _SLASH.sub(lambda m: rf"\frac{{{m[1]}}}{{{m[2]}}}", text)


def number_base(text: str) -> int | None:
    """The base that a number is written in, where it says so.

    >>> number_base("2516_8"), number_base("2516")
    (8, None)
    """
    found = _BASE.fullmatch(normalise(text))
    return int(found[1] or found[2]) if found else None
