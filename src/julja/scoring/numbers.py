r"""Reads numbers as people and models write them, exactly (as fractions, not floats).

>>> normalise_number("$1,234.50")
'1234.5'
>>> normalise_number("3/4 of a cup"), normalise_number("1.0e3"), normalise_number("12%")
('0.75', '1000', '12')
>>> final_number("5 + 3 = 8. The answer is 8 apples for 2 days.").text
'8'
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from julja.scoring.extract import Found, boxed, regex_group

# Longer digit strings are no answer to anything, and Python refuses to convert them.
_MAX_DIGITS = 1000
_MAX_EXPONENT = 400
_SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}

_SIGN = r"(?:(?<![\w)\]}%.])[-+−–])"
_MONEY = r"(?:\\?[$€£¥₩₹])"
_COMMA = r"(?:,|\{,\}|\\[,!],?|[\u00a0\u202f])"
_DIGITS = rf"(?:\d{{1,3}}(?:{_COMMA}\d{{2,3}})*{_COMMA}\d{{3}}(?!\d)|\d+)(?:\.\d+)?|\.\d+"
_NUMBER = re.compile(
    rf"""(?P<sign>{_SIGN})?(?:{_MONEY}(?P<inner>[-+−])?)?(?:
      \\[dt]?frac\s*\{{\s*(?P<top>-?\d+)\s*\}}\s*\{{\s*(?P<bottom>-?\d+)\s*\}}
    | (?<![A-Za-z_\d])(?<!\d[./])(?:(?P<whole>\d+)[ \u00a0])?(?P<over>\d+)\s?/\s?(?P<under>\d+)
      (?!\d|\s?/\s?\d|[.,]\d)
    | (?<![A-Za-z_\d])(?<!\d\.)(?P<digits>{_DIGITS})
      (?:[eE](?P<exponent>[-+]?\d+)|\s?(?:×|x|\*|\\times|\\cdot)\s?10\^\{{?(?P<power>[-−]?\d+)\}}?)?
    )(?P<percent>\s?\\?%)?(?:\s(?P<scale>thousand|million|billion|trillion)s?\b)?""",
    re.VERBOSE,
)


class Number(NamedTuple):
    """A number in a text: its exact value (12 for "12%"), whether a % follows, its place."""

    value: Fraction
    percent: bool
    span: tuple[int, int]


def numbers(text: str) -> Iterator[Number]:
    """Every number of a text, in order.

    A minus sign counts when nothing stands before it ("5-3" holds 5 and 3). Commas group digits
    ("1,234"); "3,5" are two numbers. A division by zero is no number.
    """
    for match in _NUMBER.finditer(text):
        value = _value(match)
        if value is not None:
            yield Number(value, match["percent"] is not None, match.span())


def _value(match: re.Match[str]) -> Fraction | None:
    if len(match[0]) > _MAX_DIGITS:
        return None
    value = _fraction(match) if match["digits"] is None else _decimal(match)
    if value is None:
        return None
    if match["scale"]:
        value *= 10 ** _SCALES[match["scale"]]
    negative = (match["sign"] or match["inner"] or "+") in "-−–"
    return -value if negative else value


def _fraction(match: re.Match[str]) -> Fraction | None:
    over, under = (
        (match["top"], match["bottom"]) if match["top"] else (match["over"], match["under"])
    )
    if int(under) == 0:
        return None
    return Fraction(int(match["whole"] or 0)) + Fraction(int(over), int(under))


def _decimal(match: re.Match[str]) -> Fraction | None:
    exponent = int((match["exponent"] or match["power"] or "0").replace("−", "-"))
    if abs(exponent) > _MAX_EXPONENT:
        return None
    digits = re.sub(_COMMA, "", match["digits"])
    value = Fraction(f"0{digits}" if digits.startswith(".") else digits)
    return value * (Fraction(10) ** exponent)


def canonical_number(value: Fraction) -> str:
    """One spelling for one value: an integer, a decimal that ends, else numerator/denominator."""
    power = value.denominator
    places = 0
    for prime in (2, 5):
        count = 0
        while power % prime == 0:
            power //= prime
            count += 1
        places = max(places, count)
    if power != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator * 10**places // value.denominator)).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def normalise_number(text: str) -> str | None:
    """The canonical form of the one number in a text; None when it holds none or several."""
    found = list(numbers(text))
    return canonical_number(found[0].value) if len(found) == 1 else None


def as_found(number: Number) -> Found:
    """A number as an extracted answer, in canonical form."""
    return Found(canonical_number(number.value), number.span)


def last_number(text: str) -> Found | None:
    """The last number of a text."""
    found = list(numbers(text))
    return as_found(found[-1]) if found else None


def number_after(text: str, pattern: str | re.Pattern[str], *, first: bool = False) -> Found | None:
    """The first number after the last (or first) match of a pattern."""
    marker = regex_group(text, pattern, 0, "first" if first else "last")
    if marker is None:
        return None
    for number in numbers(text):
        if number.span[0] >= marker.span[1]:
            return as_found(number)
    return None


# GSM8K's "#### 18"; a Markdown heading like "#### 1. First step" is no answer.
_HASHES = re.compile(r"####[^\w\n]{0,6}(?=\d)(?![\d.]+[.):]\s+\w)[^\n]*")
_ANSWER = re.compile(
    r"\banswer\b[\s*_]*(?:is|:|=|would be|should be)[\s*_:]*(?P<rest>[^\n]*)", re.IGNORECASE
)


def final_number(text: str) -> Found | None:
    r"""The number that a worked solution ends in.

    The number right after the first "####"; else after the last "answer is" or "answer:" (behind
    the last "=" when its line holds an equation); else in the last \boxed{}; else the last one.
    """
    hashes = _HASHES.search(text)
    found = hashes and _first_within(text, hashes.start() + 4, hashes.end())
    if found:
        return found
    for match in reversed(list(_ANSWER.finditer(text))):
        start, end = match.span("rest")
        equals = text.rfind("=", start, end)
        found = (equals >= 0 and _first_within(text, equals + 1, end)) or _first_within(
            text, start, end
        )
        if found:
            return found
    box = boxed(text)
    if box:
        inside = [number for number in numbers(text[slice(*box.span)])]
        if len(inside) == 1:
            start = box.span[0]
            at = (start + inside[0].span[0], start + inside[0].span[1])
            return Found(canonical_number(inside[0].value), at)
    return last_number(text)


def _first_within(text: str, start: int, end: int) -> Found | None:
    for number in numbers(text[start:end]):
        at = (start + number.span[0], start + number.span[1])
        return Found(canonical_number(number.value), at)
    return None
