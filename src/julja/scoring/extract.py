r"""Finds the answer in what a model wrote. Pure functions: text in, what was read and where out.

Each returns a `Found` (the answer, and its place in the text for highlighting) or None.

>>> choice_letter("Let me think. The answer is (B).", 4)
Found(text='B', span=(29, 30))
>>> boxed(r"so \boxed{\frac{1}{2}}.").text
'\\frac{1}{2}'
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from julja.types import Json

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Which = Literal["first", "last"]


class Found(NamedTuple):
    """An answer as it was read, and its place (start, end) in the response."""

    text: str
    span: tuple[int, int]


def stripped(text: str) -> Found | None:
    """The whole text without the white space around it; None when nothing is left."""
    core = text.strip()
    if not core:
        return None
    start = len(text) - len(text.lstrip())
    return Found(core, (start, start + len(core)))


def final_line(text: str) -> Found | None:
    """The last line that is not blank.

    >>> final_line("one\\n  two  \\n\\n")
    Found(text='two', span=(6, 9))
    """
    body = text.rstrip()
    start = body.rfind("\n") + 1
    found = stripped(body[start:])
    return found and Found(found.text, (start + found.span[0], start + found.span[1]))


def first_line(text: str) -> Found | None:
    """The first line that is not blank."""
    whole = stripped(text)
    if whole is None:
        return None
    line = whole.text.split("\n", 1)[0].rstrip()
    return Found(line, (whole.span[0], whole.span[0] + len(line)))


def regex_group(
    text: str, pattern: str | re.Pattern[str], group: int | str | None = None, which: Which = "last"
) -> Found | None:
    """The first or last match of a pattern: one group of it, or (None) its first non-empty group.

    >>> regex_group("x=1, x=2", r"x=(\\d)")
    Found(text='2', span=(7, 8))
    """
    found: re.Match[str] | None = None
    for match in re.finditer(pattern, text):
        found = match
        if which == "first":
            break
    if found is None:
        return None
    if group is None:
        group = next((i for i in range(1, len(found.groups()) + 1) if found[i]), 0)
    return None if found[group] is None else Found(found[group], found.span(group))


_BOXED = re.compile(r"\\(?:boxed|fbox)\s*(?=\{)")


def boxed(text: str) -> Found | None:
    r"""The content of the last complete \boxed{…}, braces within it included."""
    for match in reversed(list(_BOXED.finditer(text))):
        end = _closing_brace(text, match.end())
        if end is not None:
            found = stripped(text[match.end() + 1 : end])
            start = match.end() + 1
            return found and Found(found.text, (start + found.span[0], start + found.span[1]))
    return None


def _closing_brace(text: str, opening: int) -> int | None:
    depth = 0
    for index in range(opening, len(text)):
        if text[index] in "{}" and (index == 0 or text[index - 1] != "\\"):
            depth += 1 if text[index] == "{" else -1
            if depth == 0:
                return index
    return None


_FENCE = re.compile(r"```[ \t]*[\w+-]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_MAX_STARTS = 200


def _reject(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_reject)


def json_values(text: str) -> Iterator[tuple[Json, Found]]:
    """The JSON values in a response, likeliest answer first.

    The whole text, then fenced blocks (the last one first), then objects and arrays that stand
    bare in the text (the last one first).
    """
    whole = stripped(text)
    places = [whole.span] if whole else []
    places += [match.span(1) for match in reversed(list(_FENCE.finditer(text)))]
    for start, end in places:
        try:
            value = _DECODER.decode(text[start:end])
        except (ValueError, RecursionError):
            continue
        yield value, Found(text[start:end], (start, end))
    yield from reversed(list(_bare_json(text)))


def _bare_json(text: str) -> Iterator[tuple[Json, Found]]:
    position, starts = 0, 0
    while starts < _MAX_STARTS:
        opening = re.compile(r"[{\[]").search(text, position)
        if opening is None:
            return
        starts += 1
        start = opening.start()
        try:
            value, position = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            position = start + 1
            continue
        yield value, Found(text[start:position], (start, position))


# A letter as an answer: bare, bracketed, bold, in \text{}. `A` and `I` are also English words.
# Repeats are bounded, so that no text makes a pattern slow.
_OPEN = r"(?:[*_`$(\[\"'“‘]|\\boxed\{|\\text(?:bf)?\{|\\mathrm\{){0,8}"
_END = r"(?![A-Za-z0-9_'’])"
_WRAPPED = rf"{_OPEN}(?P<letter>[A-Z]){_END}"
_GOES_ON = r"because|since|as|is|and|or|due|which|for|with|but|option|choice"
_NOT_WORD = rf"(?!(?<=[AI])\s+(?!(?:{_GOES_ON})\b)[a-z])"
_BOLD = r"\s*(?:\*{1,2}|_{1,2})?\s*"
_VERB = r"(?:is|are|would be|should be|must be|will be|은|는|:|：|=|>|-|–|是|为)"
_IS = rf"{_BOLD}{_VERB}{_BOLD}:?\s*(?:option|choice|letter|choice letter)?\s*"
_NOUN = r"(?:answer|option|choice|정답|답|答案)"
_MARKERS = (
    re.compile(rf"(?i:\bfinal\s+(?:answer|choice){_IS}){_WRAPPED}{_NOT_WORD}"),
    re.compile(
        r"(?im)^\W{0,6}(?:answer|정답|답|答案)\W{0,4}[:：=]\W{0,6}(?P<letter>[a-z])\W{0,6}$"
    ),
    re.compile(
        rf"(?i:{_NOUN}{_IS}|\b(?:i(?:'d| would| will)?\s+)?(?:choose|pick|select)\s+"
        rf"(?:option|choice|answer)?\s*){_WRAPPED}{_NOT_WORD}"
    ),
    re.compile(r"\\(?:boxed|fbox)\{\s*(?:\\text(?:bf)?\{|\\mathrm\{)?\s*\(?(?P<letter>[A-Za-z])\W"),
    re.compile(
        r"(?<![A-Za-z0-9_'’])(?P<letter>[A-Z])[\]).*_`$]{0,8}\s+is\s+(?:the\s+)?"
        r"(?:correct|right|best|true)(?![-\w])"
    ),
    re.compile(r"(?:\*\*|__)\s*\(?(?P<letter>[A-Z])(?:[).:]\s*|(?=\*\*|__))[^*_\n]*(?:\*\*|__)"),
)
_AMONG = re.compile(r"[\s*)\].]*(?:,|/|&|\bor\b|\band\b|또는|或)[\s*(\[]*([A-Z])(?![A-Za-z0-9_'’])")
_LINE = re.compile(r"\W{0,4}(?P<letter>[A-Za-z])(?P<after>\W{0,4}$|\s*[).:](?:\s|\*).*$)")


def choice_letter(text: str, choices: Sequence[str] | int) -> Found | None:
    r"""The letter of the option that a response chooses, or None when it chooses none or several.

    From the most to the least explicit: "final answer: B"; a line "Answer: B"; "the answer is B";
    \boxed{B}; "B is correct"; **B**; a first or last line that is a letter or begins like
    "B) …"; the words of one option. Letters beyond the last option are no answer. The most
    explicit kind that occurs decides; if its letters differ, the response contradicts itself.
    """
    options = () if isinstance(choices, int) else tuple(choices)
    letters = LETTERS[: choices if isinstance(choices, int) else len(options)]
    for marker in _MARKERS:
        found = list(_marked(text, marker, letters))
        if found:
            return _agreed(text, found, letters)
    ends = [_letter_of_line(line) for line in (first_line(text), final_line(text))]
    named = [line for line in ends if line and line.text in letters]
    if not named:
        return _option_text(text, options)
    alone = [line for line in named if len(_line_at(text, line).strip("\n \t*_`()[].:$\"'")) == 1]
    if not alone:
        # Lines that begin with other letters make it a list of the options, not a choice.
        every = map(_letter_of_line, _lines(text))
        named = [line for line in every if line and line.text in letters]
    return _agreed(text, alone or named, letters)


def _marked(text: str, marker: re.Pattern[str], letters: str) -> Iterator[Found]:
    for match in marker.finditer(text):
        if match["letter"].upper() in letters:
            yield Found(match["letter"].upper(), match.span("letter"))


def _agreed(text: str, found: Sequence[Found], letters: str) -> Found | None:
    """The last mention, if all mentions name one letter and none goes on "… or C"."""
    for item in found:
        among = _AMONG.match(text, item.span[1])
        if among and among[1] in letters and among[1] != item.text:
            return None
    return found[-1] if len({item.text for item in found}) == 1 else None


def _lines(text: str) -> Iterator[Found]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield Found(line.rstrip(), (start, start + len(line.rstrip())))
        start += len(line)


def _line_at(text: str, found: Found) -> str:
    end = text.find("\n", found.span[1])
    return text[text.rfind("\n", 0, found.span[0]) + 1 : len(text) if end < 0 else end]


def _letter_of_line(line: Found | None) -> Found | None:
    match = _LINE.match(line.text) if line else None
    if line is None or match is None:
        return None
    letter = match["letter"]
    # "a. m." and "i: …" are words; in lower case only a line that is nothing but the letter counts.
    if letter.islower() and match["after"].strip(" ).:]*_`'\"$}"):
        return None
    start = line.span[0] + match.start("letter")
    return Found(letter.upper(), (start, start + 1))


# Words that an answer may have beside the option's own: a longer text mentions, it doesn't choose.
_SHORT = 20
_NEGATION = re.compile(r"\b(?:not|isn't|neither|nor|never|no|none|except)\b|n't\b", re.IGNORECASE)
_ANSWER_TEXT = re.compile(r"(?i:\banswer\W{0,4}(?:is|:|=)\W{0,4})(?P<rest>[^\n]+)")


def _option_text(text: str, options: Sequence[str]) -> Found | None:
    """The letter of the only option whose words stand in a short answer."""
    marked = list(_ANSWER_TEXT.finditer(text))
    if marked:
        start, part = marked[-1].start("rest"), marked[-1]["rest"]
    else:
        whole = stripped(text)
        if whole is None or "\n" in whole.text:
            return None
        start, part = whole.span[0], whole.text
    if len(part.split()) > _SHORT + max((len(option.split()) for option in options), default=0):
        return None
    places = [_place(part, option) for option in options]
    same = [i for i, option in enumerate(options) if _plain(option) == _plain(part)]
    if len(same) == 1 and places[same[0]]:
        hits = same
    elif _NEGATION.search(part):
        return None
    else:
        hits = [i for i, place in enumerate(places) if place and not _covered(i, places)]
    place = places[hits[0]] if len(hits) == 1 else None
    if place is None:
        return None
    return Found(LETTERS[hits[0]], (start + place[0], start + place[1]))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.casefold()).split())


@lru_cache(maxsize=4096)
def _option_pattern(option: str) -> re.Pattern[str] | None:
    core = option.strip().rstrip(".")
    if not core:
        return None
    words = r"\s+".join(re.escape(word) for word in core.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


def _place(text: str, option: str) -> tuple[int, int] | None:
    pattern = _option_pattern(option)
    match = pattern.search(text) if pattern else None
    return match.span() if match else None


def _covered(index: int, places: Sequence[tuple[int, int] | None]) -> bool:
    """True when a longer option lies over this one's place: "Paris" in "Paris, Texas"."""
    own = places[index]
    return own is not None and any(
        other is not None and other != own and other[0] <= own[0] and own[1] <= other[1]
        for other in places
    )
