"""MMMU's and MMMU-Pro's reading of an answer: a letter of the options, or a word or number.

Yue et al., MMMU, CVPR 2024 (https://arxiv.org/abs/2311.16502); MMMU-Benchmark/MMMU,
mmmu/utils/eval_utils.py, and mmmu-pro/evaluate.py for MMMU-Pro.

The official code draws an option at random where it finds none, so that a score moves with the
order of the rows. Here such an answer is unparsed and wrong; `fallback="random"` draws one by the
sample's id.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from julja.errors import ConfigError, ScoringError
from julja.scoring.base import FunctionScorer, unparsed
from julja.types import Metric, Response, Sample, Score, Scorer

Fallback: TypeAlias = Literal["wrong", "random"]
_METRICS = (Metric("acc"),)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_EDGES = ",.!?;:'"
_MARKERS = ("could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result ")
# Nothing follows a full stop in capitals: the text is lower-cased before it is cut.
_LINES = re.compile(r"\n")
_NUMBERS = (
    re.compile(r"-?\b\d{1,3}(?:,\d{3})+\b"),
    re.compile(r"-?\d+(?:\.\d+)?[eE][+-]?\d+"),
    re.compile(r"-?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d])"),
)


def mmmu_answer(*, pro: bool = False, fallback: Fallback = "wrong") -> Scorer:
    """Right option (samples with `choices`) or right word or number (the others).

    `pro` reads options as MMMU-Pro does: a letter after "Answer:" comes first.
    """
    if fallback not in ("wrong", "random"):
        raise ConfigError(
            f"fallback={fallback}: there is no such way.", hint="It is wrong or random."
        )

    def score(sample: Sample, response: Response) -> Score:
        if not sample.target:
            raise ScoringError(f"sample {sample.id!r} has no answer to compare with.")
        if sample.fields.get("question_type", "multiple-choice") != "multiple-choice":
            return _of_open(sample, response)
        options = sample.choices or _unknown_options(sample)
        found = (read_pro if pro else read_option)(response.text, options)
        if found is None and fallback == "random":
            drawn = _drawn(sample.id, len(options))
            right = float(drawn in sample.target)
            said = "No option is named: one is drawn."
            return Score({"acc": right}, extracted=drawn, explanation=said)
        if found is None:
            return unparsed(_METRICS, "No option is named.")
        return Score({"acc": float(found in sample.target)}, extracted=found)

    return FunctionScorer("mmmu_answer", {"pro": pro, "fallback": fallback}, _METRICS, False, score)


def _unknown_options(sample: Sample) -> tuple[str, ...]:
    """Where only the key is at hand, options are letters without a text."""
    return ("\0",) * max(4, *(_LETTERS.find(letter) + 1 for letter in sample.target))


def _drawn(name: str, count: int) -> str:
    digest = hashlib.blake2b(f"mmmu\0{name}".encode(), digest_size=8).digest()
    return _LETTERS[int.from_bytes(digest, "big") % count]


def read_option(text: str, options: Sequence[str]) -> str | None:
    """The letter that MMMU reads: "(A)", then " A ", then in more than five words an option's text.

    Of several, the last one counts.
    """
    given = _framed(text)
    letters = _LETTERS[: len(options)]
    for form in ("({})", " {} "):
        named = [letter for letter in letters if form.format(letter) in given]
        if named:
            return _last(named, [given.rfind(form.format(letter)) for letter in named])
    return _by_content(given, options)


def read_pro(text: str, options: Sequence[str]) -> str | None:
    """The letter that MMMU-Pro reads: after the last "Answer:", else "(A)", "A ", "A.", a text."""
    letters = _LETTERS[: len(options)]
    _, marker, tail = text.rpartition("Answer:")
    named = [letter for letter in letters if letter in tail.strip()] if marker else []
    if len(named) == 1:
        return named[0]
    given = _framed(text)
    for form, place in (("({})", "({})"), ("{} ", " {} "), ("{}.", " {} ")):
        named = [letter for letter in letters if form.format(letter) in given]
        if named:
            return _last(named, [given.rfind(place.format(letter)) for letter in named])
    return _by_content(given, options)


def _framed(text: str) -> str:
    for character in _EDGES:
        text = text.strip(character)
    return f" {text} "


def _by_content(given: str, options: Sequence[str]) -> str | None:
    if len(given.split()) <= 5:
        return None
    given = given.lower()
    named = [n for n, option in enumerate(options) if option.lower() in given]
    if not named:
        return None
    places = [given.rfind(options[n].lower()) for n in named]
    return _last([_LETTERS[n] for n in named], places)


def _last(names: Sequence[str], places: Sequence[int]) -> str:
    """The name at the highest place, the first of equal ones."""
    return names[max(range(len(names)), key=lambda n: (places[n], -n))]


def _of_open(sample: Sample, response: Response) -> Score:
    if not response.text.strip():
        return unparsed(_METRICS, "The response is empty.")
    found = read_open(response.text)
    right = any(_fits(item, sample.target) for item in found)
    return Score({"acc": float(right)}, extracted=str(found[0]))


def read_open(text: str) -> list[str | float]:
    """What an open answer says: its key phrases and every number in them, normalised."""
    phrases = _key_phrases(text)
    said = [*phrases, *(number for phrase in phrases for number in _numbers(phrase))]
    return list(dict.fromkeys(value for item in said for value in normalise(item)))


def _key_phrases(text: str) -> list[str]:
    whole = text.strip().strip(".").lower()
    lines = _LINES.split(whole)
    found = []
    for place, line in enumerate(lines):
        markers = (*_MARKERS, "=") if place == len(lines) - 1 else _MARKERS
        tails = [line.split(marker)[-1].strip() for marker in markers if marker in line]
        shortest = _shortest(tails)
        if shortest and shortest not in (":", ",", ".", "!", "?", ";", "'"):
            found.append(shortest)
    return found or [whole]


def _shortest(tails: Sequence[str]) -> str:
    """The shortest tail; an empty one is replaced by whatever comes next, as officially."""
    best = ""
    for tail in tails:
        if not best or len(tail) < len(best):
            best = tail
    return best


def _numbers(text: str) -> Iterator[str]:
    for pattern in _NUMBERS:
        yield from pattern.findall(text)


def normalise(text: str) -> list[str | float]:
    """A number to two decimals, or the words in lower case; one character needs a space beside."""
    text = text.strip()
    try:
        return [round(float(text.replace(",", "")), 2)]
    except ValueError:
        lower = text.lower()
        return [f" {lower}", f"{lower} "] if len(lower) == 1 else [lower]


def _fits(found: str | float, targets: Sequence[str]) -> bool:
    wanted = [value for target in targets for value in normalise(target)]
    if isinstance(found, str):
        return any(isinstance(value, str) and value in found for value in wanted)
    return found in wanted
