"""VQA accuracy: an answer is right as far as the ten annotators gave it.

Antol et al., VQA, ICCV 2015 (https://arxiv.org/abs/1505.00468); GT-Vision-Lab/VQA,
PythonEvaluationTools/vqaEvaluation/vqaEval.py. Used by VQAv2, TextVQA, VizWiz and OK-VQA.

>>> accuracy("Two dogs", ["2 dogs"] * 2 + ["dogs"] * 8)
0.6
"""

import re
from collections.abc import Sequence

from julja.errors import ScoringError
from julja.scoring.base import FunctionScorer, unparsed
from julja.types import Metric, Response, Sample, Score, Scorer

_METRICS = (Metric("acc"),)
_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_COMMA_IN_NUMBER = re.compile(r"\d,\d")
_PERIOD = re.compile(r"\.(?!\d)")
# The official code hands re.UNICODE (32) to `sub` where the number of replacements belongs.
_MOST_PERIODS = 32
_WORDS = (
    "none zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
)
_NUMBERS = {word: str(value) for value, words in enumerate(_WORDS) for word in words.split()}
_ARTICLES = ("a", "an", "the")
_CONTRACTED = (
    "ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't"
    " haven't he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't"
    " mightn't've might've mustn't must've needn't not've o'clock oughtn't 'ow's'at shan't she'd've"
    " should've shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd someone'd've"
    " someone'll someone's something'd something'd've something'll that's there'd there'd've"
    " there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't"
    " what'll what're what's what've when's where'd where's where've who'd who'd've who'll who's"
    " who've why'll why're why's won't would've wouldn't wouldn't've y'all y'all'll y'all'd've"
    " you'd you'd've you'll you're you've"
)


def _contractions() -> dict[str, str]:
    """Each contraction with one of its apostrophes left out -> the right one."""
    found = {
        word[:place] + word[place + 1 :]: word
        for word in _CONTRACTED.split()
        for place, character in enumerate(word)
        if character == "'"
    }
    # One entry of the official table goes the other way.
    return {**found, "somebody'd": "somebodyd"}


_REPAIRED = _contractions()


def vqa_accuracy() -> Scorer:
    """VQA accuracy against all of `Sample.target`, the annotators' answers, repeats included."""

    def score(sample: Sample, response: Response) -> Score:
        if not sample.target:
            raise ScoringError(f"sample {sample.id!r} has no answers of annotators.")
        if not response.text.strip():
            return unparsed(_METRICS, "The response is empty.")
        value = accuracy(response.text, sample.target)
        return Score({"acc": value}, extracted=normalise(response.text))

    return FunctionScorer("vqa_accuracy", {}, _METRICS, False, score)


def accuracy(given: str, answers: Sequence[str]) -> float:
    """Mean over all ways to leave one annotator out of min(1, matches among the others / 3).

    Texts are normalised only where the annotators differ. Annotators are told apart by their place:
    the official loop compares entries, and loses all equal ones of a file without answer ids.
    """
    found = flat(given)
    wanted = [flat(answer) for answer in answers]
    if len(set(answers)) > 1:
        found = normalise(found)
        wanted = [normalise(answer) for answer in wanted]
    matches = sum(answer == found for answer in wanted)
    others = (min(1.0, (matches - (answer == found)) / 3) for answer in wanted)
    return sum(others) / len(wanted)


def flat(text: str) -> str:
    """A text in one line."""
    return text.replace("\n", " ").replace("\t", " ").strip()


def normalise(text: str) -> str:
    """Punctuation, number words, articles and contractions as the official scorer has them."""
    found = _without_punctuation(flat(text))
    words = [_NUMBERS.get(word, word) for word in found.lower().split()]
    return " ".join(_REPAIRED.get(word, word) for word in words if word not in _ARTICLES)


def _without_punctuation(text: str) -> str:
    found = text
    drop_all = _COMMA_IN_NUMBER.search(text) is not None
    for mark in _PUNCTUATION:
        drop = drop_all or f"{mark} " in text or f" {mark}" in text
        found = found.replace(mark, "" if drop else " ")
    return _PERIOD.sub("", found, count=_MOST_PERIODS)
