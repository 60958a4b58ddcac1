"""The answers that an arena draws its battles from: what several models said to the same prompts.

They come from runs in the store (`run/arena.py`) or from answer files (`arena/answers.py`), as
`Answer`s; a pool is the same in a grid, with what can't take part counted by its reason.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from julja.arena.identity import own_names, reveals
from julja.errors import DataError
from julja.types import Message

NO_TEXT = "no text in the answer"
OTHER_PROMPT = "another prompt under the same id"
TWICE = "a second answer of the same model to the same prompt"
REVEALS = "the answer says who wrote it"
ALONE = "no other model answered the prompt"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model said to one prompt. `group` is what breakdowns use: the task, a category."""

    prompt: str
    messages: tuple[Message, ...]
    model: str
    text: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt as voters see it."""

    id: str
    messages: tuple[Message, ...]
    group: str = ""


@dataclass(frozen=True)
class Pool:
    """Answers of m models to n prompts; `texts[i][j]` is model j's to prompt i, None without one.

    `kind` (n, m) numbers the different texts of each prompt, -1 where there is none: two answers
    with the same words are no battle. `left_out` counts answers by why they don't take part.
    """

    questions: tuple[Question, ...]
    models: tuple[str, ...]
    texts: tuple[tuple[str | None, ...], ...]
    kind: NDArray[np.int32]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def has(self) -> NDArray[np.bool_]:
        """Where there is an answer; shape (n, m)."""
        found: NDArray[np.bool_] = self.kind >= 0
        return found

    def battles(self) -> int:
        """How many different battles there are: pairs of unlike answers to one prompt."""
        total = 0
        for row in self.kind:
            counts = np.bincount(row[row >= 0])
            total += (counts.sum() ** 2 - (counts**2).sum()) // 2
        return int(total)


def make_pool(
    answers: Iterable[Answer],
    *,
    left_out: Mapping[str, int] | None = None,
    keep_revealing: bool = False,
) -> Pool:
    """Put answers together; raises `DataError` where no two models can meet.

    The first text of a prompt, and a model's first answer to it, count; `left_out` adds what was
    left out before. With `keep_revealing` answers that name their author take part too.
    """
    lost = Counter(left_out or {})
    rows = [_sound_answer(row) for row in answers]
    names = () if keep_revealing else own_names({row.model for row in rows})
    questions: dict[str, Question] = {}
    grid: dict[str, dict[str, str]] = {}
    for row in rows:
        question = questions.setdefault(row.prompt, Question(row.prompt, row.messages, row.group))
        given = grid.setdefault(row.prompt, {})
        if not row.text.strip():
            lost[NO_TEXT] += 1
        elif _words(question.messages) != _words(row.messages):
            lost[OTHER_PROMPT] += 1
        elif row.model in given:
            lost[TWICE] += 1
        elif not keep_revealing and reveals(row.text, names):
            lost[REVEALS] += 1
        else:
            given[row.model] = row.text
    lost[ALONE] += sum(len(given) for given in grid.values() if len(given) == 1)
    shared = {prompt: given for prompt, given in grid.items() if len(given) > 1}
    pool = _grid([questions[prompt] for prompt in shared], list(shared.values()), +lost)
    if not pool.battles():
        raise _no_battle(rows, pool)
    return pool


def _grid(
    questions: list[Question], given: list[dict[str, str]], left_out: Mapping[str, int]
) -> Pool:
    models = tuple(sorted({model for row in given for model in row}))
    texts = tuple(tuple(row.get(model) for model in models) for row in given)
    kind = np.full((len(texts), len(models)), -1, np.int32)
    for i, row in enumerate(texts):
        seen: dict[str, int] = {}
        for j, text in enumerate(row):
            if text is not None:
                kind[i, j] = seen.setdefault(text.strip(), len(seen))
    return Pool(tuple(questions), models, texts, kind, left_out)


def _no_battle(rows: list[Answer], pool: Pool) -> DataError:
    models = sorted({row.model for row in rows})
    why = "; ".join(f"{count} times {reason}" for reason, count in pool.left_out.items())
    if len(models) < 2:
        what = f"all answers are of one model ({models[0]})" if models else "there is no answer"
    elif not pool.questions:
        what = f"no two of {', '.join(models[:5])} answered the same prompt"
    else:
        what = "all models gave the same answers"
    return DataError(
        f"there is nothing to vote on: {what}." + (f" Left out: {why}." if why else ""),
        hint="A battle needs unlike answers of two models to one prompt: name more runs or files.",
    )


def _sound_answer(row: Answer) -> Answer:
    """The answer without half characters (lone surrogates), which nothing can store or send."""
    messages = tuple(Message(item.role, _sound(item.content)) for item in row.messages)
    return Answer(
        _sound(row.prompt), messages, _sound(row.model), _sound(row.text), _sound(row.group)
    )


def _sound(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text


def _words(messages: tuple[Message, ...]) -> list[tuple[str, str]]:
    return [(message.role, message.content.strip()) for message in messages]


def fingerprint(text: str) -> str:
    """A short hash of a text, by which a vote stays tied to the very answer it was given on."""
    return sha256(text.encode("utf-8")).hexdigest()[:16]
