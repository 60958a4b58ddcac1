"""The shapes that other tools' results are read into: `Log`, its tasks, and their records.

A reader (lm_eval, inspect, helm, evalscope, eee, own) makes one `Log` of one evaluation. Records
are read from the files each time `LogTask.items` is gone through, so that a log of any length can
be entered in little memory.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from julja.interop.recorded import LogMetric
from julja.types import ErrorInfo, FormName, Json, Request, Response, Sample, Score


@dataclass(frozen=True, slots=True)
class Item:
    """One record of a log in julja's shapes: one sample in one epoch.

    `request` and `response` are None where the log holds numbers alone; `error` says why there is
    no answer.
    """

    sample: Sample
    request: Request | None
    response: Response | None
    score: Score | None
    epoch: int = 0
    error: ErrorInfo | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """The records of one task; `count` is how many the files hold."""

    make: Callable[[], Iterator[Item]]
    count: int

    def __iter__(self) -> Iterator[Item]:
        return self.make()

    def __len__(self) -> int:
        return self.count

    def first(self) -> Item | None:
        """The first record; the files are let go of again."""
        records = self.make()
        found = next(records, None)
        if isinstance(records, Generator):
            records.close()
        return found


NO_ITEMS = Items(lambda: iter(()), 0)


@dataclass(frozen=True, slots=True)
class LogTask:
    """One task of a log. `items` are its records, as far as the files have them.

    `total` is how many samples the evaluation had, `identity` what tells the samples in hand from
    others of the same name (hashes). `shots` and `version` are None where no file says them;
    `about` keeps what else the files say of the task (its data set, its solver).
    """

    name: str
    version: Json
    form: FormName
    shots: int | None
    total: int
    metrics: tuple[LogMetric, ...]
    items: Items = NO_ITEMS
    identity: Json = None
    epochs: int = 1
    about: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A group of tasks with the metric that was aggregated over it."""

    name: str
    members: tuple[str, ...]
    metric: LogMetric
    n: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and dollars of a whole evaluation, where its files say them."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """One evaluation: everything that its files say.

    `tool` is the program that measured ("lm-eval 0.4.13"), `warnings` what a reader should know.
    `left_out` counts what julja's shapes have no place for, as the records are gone through.
    """

    tool: str
    model: str | None
    tasks: tuple[LogTask, ...]
    groups: tuple[LogGroup, ...]
    files: tuple[Path, ...]
    about: Mapping[str, Json]
    seconds: float
    warnings: tuple[str, ...]
    usage: Usage = Usage()
    complete: bool = True
    left_out: Counter[str] = field(default_factory=Counter)
