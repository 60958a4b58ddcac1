"""starter_needle: find one code in a text of made-up sentences, among codes of other places."""

import random
from collections.abc import Mapping

from julja.benchmarks.starter.common import (
    CONTAMINATION,
    LABEL_ERRORS,
    LICENCE,
    NAMES,
    NOUNS,
    generate,
)
from julja.scoring.match import number
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample

WORDS = {1: 50, 2: 150, 3: 400}  # length of the text by level
OTHERS = {1: 0, 2: 2, 3: 5}  # codes of other places by level
DEPTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
PLACES = (
    "harbour", "library", "mill", "station", "museum", "bakery", "tower", "school", "bridge",
    "market", "theatre", "garage",
)  # fmt: skip
VERBS = ("carried", "painted", "borrowed", "found", "sold", "repaired", "washed", "hid")
TIMES = ("in the morning", "after lunch", "before the rain", "at night", "on the way home")
COLOURS = ("red", "green", "blue", "yellow", "grey", "brown", "white", "black")
PROMPT = "{{ text }}\n\nQuestion: According to the text, {{ input }} Give only the number.\nAnswer:"


@task
def starter_needle() -> Task:
    """A number must be found in a text of up to 400 words."""
    return Task(
        name="starter_needle",
        rows=rows,
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=PROMPT,
                decoding=Decoding(max_tokens=32, stop=("\nQuestion:",)),
                scorer=number(),
            )
        },
        card=Card(
            title="Starter: needle",
            summary="One five-digit code in a text of 50, 150 or 400 words, at five depths, with "
            "0, 2 or 5 codes of other places around it.",
            abilities=("long context",),
            licence=LICENCE,
            random_baseline=0.0,
            contamination=CONTAMINATION,
            label_errors=LABEL_ERRORS,
        ),
        by=("level", "depth"),
        checks=CHECKS,
    )


def rows(seed: int) -> list[Row]:
    """100 texts; level is the length."""
    return generate("starter_needle", seed, make)


def make(draw: random.Random, level: int) -> Mapping[str, Json]:
    """One text with its codes; the wanted one stands at `depth` (0: first sentence, 1: last)."""
    places = draw.sample(PLACES, 1 + OTHERS[level])
    codes = draw.sample(range(10_000, 100_000), len(places))
    sentences: list[str] = []
    while sum(len(s.split()) for s in sentences) < WORDS[level]:
        sentence = f"{draw.choice(NAMES)} {draw.choice(VERBS)} the {draw.choice(COLOURS)} "
        sentences.append(f"{sentence}{draw.choice(NOUNS)} {draw.choice(TIMES)}.")
    others = [f"The code of the {p} is {c}." for p, c in zip(places[1:], codes[1:], strict=True)]
    for other in others:
        sentences.insert(draw.randrange(len(sentences) + 1), other)
    depth = draw.choice(DEPTHS)
    needle = f"The code of the {places[0]} is {codes[0]}."
    sentences.insert(round(depth * len(sentences)), needle)
    return {
        "input": f"what is the code of the {places[0]}?",
        "text": " ".join(sentences),
        "depth": depth,
        "answer": codes[0],
    }


def to_sample(row: Row) -> Sample:
    """A row as a sample."""
    fields = {name: row[name] for name in ("level", "depth", "text")}
    return Sample(str(row["id"]), str(row["input"]), target=(str(row["answer"]),), fields=fields)


_ROW: Row = {
    "id": "check",
    "level": 1,
    "depth": 0.5,
    "input": "what is the code of the mill?",
    "text": "Ben hid the red drum at night. The code of the mill is 48213. "
    "The code of the tower is 71650. Fay sold the grey lamp after lunch.",
    "answer": 48213,
}
CHECKS = (
    Check(_ROW, "48213", 1.0),
    Check(_ROW, "The code of the mill is 48213.", 1.0),
    Check(_ROW, " 48,213", 1.0),
    Check(_ROW, "71650", 0.0),
    Check(_ROW, "The code is 482130.", 0.0),
    Check(_ROW, "The text does not say.", 0.0),
)
