"""The shapes of judging: a question to a judge, what was read in its answer, a judged scorer.

The flow: `questions(sample, response)` -> the run asks every judge, each question `repeats` times
-> `read(question, answer)` -> `conclude(sample, response, opinions)` -> `Score`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Literal, Protocol, TypeAlias, TypeGuard

from julja.errors import JudgeError
from julja.types import (
    Decoding,
    ErrorInfo,
    Json,
    Message,
    Metric,
    Prompt,
    Request,
    Response,
    Sample,
    Score,
    Scorer,
)

# Whose answer the judge saw first: the one that is scored, or the one it is compared with.
Shown: TypeAlias = Literal["answer", "baseline"]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask a judge about one answer.

    `part` says what it is about where an answer has several ("turn 1", "item 3"); `first` whose
    text is shown first in a comparison.
    """

    request: Request
    part: str = ""
    first: Shown | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a judge's answer; `verdict` is None where nothing could be.

    `value` is a rating on its scale, or the share of a win for the answer that is scored (1, .5,
    0). `verdict` is the judge's own label, with A for the answer that is scored and B for the other
    one, whichever was shown first. `spread` is the standard deviation of a probability-weighted
    rating under the judge's own probabilities.
    """

    verdict: str | None = None
    value: float | None = None
    weight: float = 1.0
    spread: float | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """One answer of one judge to one question: what was read, or why there is nothing to read."""

    judge: str
    question: int
    repeat: int
    part: str = ""
    first: Shown | None = None
    reading: Reading = Reading()
    error: ErrorInfo | None = None

    def to_json(self) -> dict[str, Json]:
        """As a score's details have it."""
        found: dict[str, Json] = {
            "judge": self.judge,
            "question": self.question,
            "repeat": self.repeat,
            "verdict": self.reading.verdict,
            "value": self.reading.value,
        }
        more = {
            "part": self.part or None,
            "first": self.first,
            "weight": None if self.reading.weight == 1.0 else self.reading.weight,
            "spread": self.reading.spread,
            "error": f"{self.error.kind}: {self.error.message}" if self.error else None,
        }
        return found | {key: value for key, value in more.items() if value is not None}


class JudgedScorer(Scorer, Protocol):
    """A scorer whose verdicts come from judges.

    Its call scores what needs no judge (an answer that came with its verdict), and raises
    `JudgeError` otherwise.
    """

    @property
    def repeats(self) -> int:
        """How often each judge is asked each question."""
        ...

    def needs_judge(self, response: Response) -> bool:
        """False for an answer that came with its verdict."""
        ...

    def questions(self, sample: Sample, response: Response, can: frozenset[str]) -> list[Question]:
        """What a judge with these abilities is asked about an answer."""
        ...

    def read(self, question: Question, sample: Sample, answer: Response) -> Reading:
        """Read a judge's answer."""
        ...

    def conclude(self, sample: Sample, response: Response, opinions: Sequence[Opinion]) -> Score:
        """Make a score of all opinions; `values` is empty where none could be read."""
        ...


def is_judged(scorer: object) -> TypeGuard[JudgedScorer]:
    """Whether a scorer's verdicts come from judges."""
    return hasattr(scorer, "needs_judge")


@dataclass(frozen=True, slots=True)
class Judged:
    """A judged scorer made of three functions; `given` scores what needs no judge."""

    name: str
    args: Mapping[str, Json]
    metrics: tuple[Metric, ...]
    ask: Callable[[Sample, Response, frozenset[str]], list[Question]]
    reader: Callable[[Question, Sample, Response], Reading]
    score: Callable[[Sample, Response, Sequence[Opinion]], Mapping[str, float]]
    repeats: int = 1
    given: Callable[[Sample, Response], Score] | None = None
    blocking: bool = field(default=False)

    def __call__(self, sample: Sample, response: Response) -> Score:
        """Score an answer that came with its verdict."""
        if self.given is None or self.needs_judge(response):
            raise JudgeError(f"{self.name} needs a judge.", hint="Name one with --judge MODEL.")
        return self.given(sample, response)

    def needs_judge(self, response: Response) -> bool:
        """False for an answer that came with its verdict."""
        return self.given is None or not response.choices

    def questions(self, sample: Sample, response: Response, can: frozenset[str]) -> list[Question]:
        """What a judge with these abilities is asked about an answer."""
        return self.ask(sample, response, can)

    def read(self, question: Question, sample: Sample, answer: Response) -> Reading:
        """Read a judge's answer; a refusal or an empty answer has nothing in it."""
        if not answer.choices and not answer.text.strip():
            return Reading()
        return self.reader(question, sample, answer)

    def conclude(self, sample: Sample, response: Response, opinions: Sequence[Opinion]) -> Score:
        """The score of all opinions together.

        Without one that could be read there is no score: `error` where no judge answered at all,
        else `unparsed`.
        """
        details = {"opinions": [opinion.to_json() for opinion in opinions]}
        heard = [opinion for opinion in opinions if opinion.reading.value is not None]
        if not heard:
            errors = [opinion.error for opinion in opinions if opinion.error is not None]
            if errors and len(errors) == len(opinions):
                why = f"{errors[0].kind}: {errors[0].message}"
                return Score({}, "error", explanation=f"JudgeError: {why}", details=details)
            said = "no verdict could be read in what the judges answered"
            return Score({}, "unparsed", explanation=f"JudgeError: {said}", details=details)
        values = dict(self.score(sample, response, heard))
        said = ", ".join(dict.fromkeys(str(opinion.reading.verdict) for opinion in heard))
        return Score(values, extracted=said, details=details)


def chat(system: str, user: str, decoding: Decoding, choices: tuple[str, ...] = ()) -> Request:
    """A question to a judge: its text is asked for, or, with `choices`, their log-probabilities."""
    messages = (Message("system", system),) if system else ()
    prompt = Prompt((*messages, Message("user", user)))
    if choices:
        return Request("letter", prompt, Decoding(max_tokens=1), choices)
    return Request("generate", prompt, decoding)


def jury_mean(opinions: Sequence[Opinion]) -> float:
    """The mean over judges of each judge's mean over questions and repeats.

    A judge whose answers could be read more often does not weigh more; within a judge every
    question (an order, a turn) weighs the same.
    """
    judges: dict[str, dict[int, list[float]]] = {}
    for opinion in opinions:
        if opinion.reading.value is not None:
            parts = judges.setdefault(opinion.judge, {})
            parts.setdefault(opinion.question, []).append(opinion.reading.value)
    return fmean(fmean(fmean(part) for part in parts.values()) for parts in judges.values())
