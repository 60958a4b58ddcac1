"""starter_transform: small exact jobs on words and lists."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from julja.benchmarks.starter.common import (
    CONTAMINATION,
    LABEL_ERRORS,
    LICENCE,
    NOUNS,
    generate,
    listed,
)
from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Score

PROMPT = "Task: {{ input }}\nResult:"
_EXACT = (Metric("exact_match"),)

# A job: the question's text, and the result (a word or a list of words).
Job: TypeAlias = Callable[[random.Random], tuple[str, str | Sequence[str]]]


def _words(draw: random.Random, count: int) -> list[str]:
    return draw.sample(NOUNS, count)


def _upper(draw: random.Random) -> tuple[str, str]:
    word = "-".join(_words(draw, 2))
    return f"Write this in capital letters: {word}", word.upper()


def _copy(draw: random.Random) -> tuple[str, Sequence[str]]:
    words = _words(draw, draw.randint(3, 5))
    return f"Repeat this list exactly: {listed(words)}", words


def _place(draw: random.Random) -> tuple[str, str]:
    words, (name, place) = _words(draw, 4), draw.choice((("first", 0), ("last", -1)))
    return f"Which word comes {name} in this list: {listed(words)}", words[place]


def _add(draw: random.Random) -> tuple[str, Sequence[str]]:
    *words, more = _words(draw, 4)
    return f"Put the word {more} at the end of this list: {listed(words)}", [*words, more]


def _sort(draw: random.Random) -> tuple[str, Sequence[str]]:
    words = _words(draw, 4)
    return f"Sort this list alphabetically: {listed(words)}", sorted(words)


def _drop(draw: random.Random) -> tuple[str, Sequence[str]]:
    words = _words(draw, 5)
    gone = draw.choice(words)
    left = [word for word in words if word != gone]
    return f"Remove the word {gone} from this list: {listed(words)}", left


def _reverse(draw: random.Random) -> tuple[str, Sequence[str]]:
    words = _words(draw, 4)
    return f"Reverse the order of this list: {listed(words)}", words[::-1]


def _initials(draw: random.Random) -> tuple[str, str]:
    words = _words(draw, 4)
    text = "Write the first letters of these words as one word in small letters"
    return f"{text}: {listed(words)}", "".join(word[0] for word in words)


def _backwards(draw: random.Random) -> tuple[str, str]:
    word = draw.choice(NOUNS) + draw.choice(NOUNS)
    return f"Write this backwards, letter by letter: {word}", word[::-1]


def _second(draw: random.Random) -> tuple[str, Sequence[str]]:
    words = _words(draw, 7)
    text = "Keep every second word of this list, beginning with the first"
    return f"{text}: {listed(words)}", words[::2]


def _rotate(draw: random.Random) -> tuple[str, Sequence[str]]:
    words, steps = _words(draw, 6), draw.randint(2, 3)
    text = f"Move the first {steps} words of this list to its end, in the same order"
    return f"{text}: {listed(words)}", words[steps:] + words[:steps]


def _vowels(draw: random.Random) -> tuple[str, str]:
    word = " ".join(_words(draw, 2))
    text = "Replace each of the letters a, e, i, o, u by a star (*)"
    return f"{text}: {word}", re.sub("[aeiou]", "*", word)


JOBS: Mapping[int, Sequence[Job]] = {
    1: (_copy, _upper, _place, _add),
    2: (_sort, _drop, _reverse, _initials),
    3: (_backwards, _second, _rotate, _vowels),
}


@task
def starter_transform() -> Task:
    """Exact results of transformations of words and lists."""
    return Task(
        name="starter_transform",
        rows=rows,
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=PROMPT,
                decoding=Decoding(max_tokens=64, stop=("\nTask:",)),
                scorer=same_result(),
            )
        },
        card=Card(
            title="Starter: transform",
            summary="Sort, reverse, pick, replace: exact results on words and lists of words.",
            abilities=("instruction following",),
            licence=LICENCE,
            random_baseline=0.0,
            contamination=CONTAMINATION,
            label_errors=LABEL_ERRORS,
        ),
        by=("level", "job"),
        checks=CHECKS,
    )


@scorer(metrics=_EXACT)
def same_result() -> ScoreFunction:
    """The result that the response gives equals the target, whatever it is quoted or bulleted in.

    The result stands behind the last "result:" or "answer:" (or "... is:"), else it is the first
    line that is no lead-in (a line that ends in a colon), with the bullets that follow it.
    """

    def score(sample: Sample, response: Response) -> Score:
        given = read_result(response.text)
        if given is None:
            return unparsed(_EXACT, "There is no result in the response.")
        right = _items(given) == _items(sample.target[0])
        return Score({"exact_match": float(right)}, extracted=given)

    return score


_MARK = re.compile(
    r"\b(?:result|answer)\*{0,2}(?:\s+is)?\s*:\*{0,2}(?=\s)|\b(?:result|answer)\s+is\b(?!\s*:)"
    r"|\bis:\*{0,2}(?=\s)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s+")
_WRAPPING = " \t\n\"'`“”‘’_[]()"


def read_result(text: str) -> str | None:
    """The words in which a response gives its result.

    >>> read_result("Here it is:\\n\\n1. drum\\n2. fork\\n\\nEasy!")
    'drum, fork'
    """
    marks = list(_MARK.finditer(text))
    lines = (text[marks[-1].end() :] if marks else text).splitlines()
    lines = [line for line in lines if line.strip(_WRAPPING + "*")]
    while len(lines) > 1 and (lines[0].rstrip("*_ ").endswith(":") or lines[0].startswith("```")):
        lines.pop(0)
    if not lines:
        return None
    bullets = [line for line in lines if _BULLET.match(line)]
    if _BULLET.match(lines[0]):
        return ", ".join(_BULLET.sub("", line, count=1).strip() for line in bullets)
    return lines[0].strip()


def _items(text: str) -> list[str]:
    """The items of a result without quotes, brackets and a full stop at the end."""
    bare = re.sub(r"^\*\*(.*)\*\*$", r"\1", text.strip(_WRAPPING).removesuffix("."))
    items = re.split(r",\s*(?:and\s+)?|\s+and\s+|;\s*", bare.strip(_WRAPPING))
    return [item.strip(_WRAPPING) for item in items]


def rows(seed: int) -> list[Row]:
    """100 jobs."""
    return generate("starter_transform", seed, make)


def make(draw: random.Random, level: int) -> Mapping[str, Json]:
    """One job of a level."""
    job = draw.choice(JOBS[level])
    text, result = job(draw)
    answer = result if isinstance(result, str) else listed(result)
    return {"input": text, "answer": answer, "job": job.__name__.strip("_")}


def to_sample(row: Row) -> Sample:
    """A row as a sample."""
    fields = {"level": row["level"], "job": row["job"]}
    return Sample(str(row["id"]), str(row["input"]), target=(str(row["answer"]),), fields=fields)


_ROW: Row = {
    "id": "check",
    "level": 2,
    "job": "sort",
    "input": "Sort this list alphabetically: rope, lamp, drum, fork",
    "answer": "drum, fork, lamp, rope",
}
CHECKS = (
    Check(_ROW, "drum, fork, lamp, rope", 1.0),
    Check(_ROW, '["drum", "fork", "lamp", "rope"]', 1.0),
    Check(_ROW, "The sorted list is:\n\n1. drum\n2. fork\n3. lamp\n4. rope", 1.0),
    Check(_ROW, "Result: **drum, fork, lamp and rope**.", 1.0),
    Check(_ROW, "rope, lamp, drum, fork", 0.0),
    Check(_ROW, "drum, fork, lamp", 0.0),
    Check(_ROW, "drum, fork, lamp, rope, stone", 0.0),
    Check(_ROW, "", 0.0),
)
