"""What the store holds, as its readers and writers see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from julja.types import ErrorInfo, Json, State

RunStatus: TypeAlias = Literal["running", "interrupted", "failed", "done"]


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as the store lists it. `config` is all that is needed to resume it."""

    id: str
    created: float
    finished: float | None
    status: RunStatus
    model: str
    tasks: tuple[str, ...]
    signature: str
    config: Mapping[str, Json]
    scoring: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one sample of a run: an exchange's key, or an error."""

    run: str
    task: str
    sample: str
    epoch: int
    source: str
    key: str | None = None
    cached: bool = False
    error: ErrorInfo | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """Requests, tokens, dollars and seconds of one task of a run; `requests` were really asked."""

    task: str
    requests: int
    cached_requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model was really asked for one task of a run: no cached answers, no errors.

    `unknown` counts the answers without token counts.
    """

    task: str
    requests: int
    input_tokens: int
    output_tokens: int
    unknown: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """The part of a score that estimates need, with the usage of its record."""

    task: str
    sample: str
    epoch: int
    state: State
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Judgement:
    """One answer of one judge about one record, and what was read in it.

    `first` says whose answer the judge saw first ("answer" or "baseline"), `verdict` is None where
    nothing could be read, `spread` the deviation of a probability-weighted value.
    """

    task: str
    sample: str
    epoch: int
    judge: str
    question: int
    repeat: int
    part: str = ""
    first: str | None = None
    key: str | None = None
    cached: bool = False
    verdict: str | None = None
    value: float | None = None
    spread: float | None = None
    error: str | None = None
    message: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    seconds: float | None = None
