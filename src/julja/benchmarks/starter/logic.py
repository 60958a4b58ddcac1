"""starter_logic: who stands where in an order, who owns what. Each puzzle has one solution."""

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise, permutations

from julja.benchmarks.starter.common import (
    CONTAMINATION,
    LABEL_ERRORS,
    LICENCE,
    NAMES,
    generate,
    listed,
)
from julja.scoring.choice import letters, ranked
from julja.scoring.match import choice_letter
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample

ORDERS = (
    ("taller", "shorter", "tallest", "shortest"),
    ("older", "younger", "oldest", "youngest"),
    ("faster", "slower", "fastest", "slowest"),
    ("richer", "poorer", "richest", "poorest"),
)
PETS = ("cat", "dog", "parrot", "rabbit", "turtle", "hamster")
OPTIONS = "{% for choice in choices %}{{ letters[loop.index0] }}. {{ choice }}\n{% endfor %}"
QUESTION = "Question: {{ input }}\n"


@task
def starter_logic() -> Task:
    """Small puzzles with three or four options."""
    answer = " {{ letters[answer[0]] }}"
    asked = f"{QUESTION}{OPTIONS}Give only the letter of the right answer.\nAnswer:"
    decoding = Decoding(max_tokens=64, stop=("\nQuestion:",))
    return Task(
        name="starter_logic",
        rows=rows,
        sample=to_sample,
        forms={
            "letter": Form(prompt=f"{QUESTION}{OPTIONS}Answer:", answer=answer, scorer=letters()),
            "generate": Form(
                prompt=asked, answer=answer, decoding=decoding, scorer=choice_letter()
            ),
            "rank": Form(prompt=f"{QUESTION}Answer:", scorer=ranked()),
        },
        card=Card(
            title="Starter: logic",
            summary="Orders of three or four people (levels 1, 2), and four people who each own "
            "one of four pets (level 3).",
            abilities=("reasoning",),
            licence=LICENCE,
            random_baseline=(1 / 3 + 1 / 4 + 1 / 4) / 3,
            contamination=CONTAMINATION,
            label_errors=LABEL_ERRORS,
        ),
        by=("level",),
        checks=CHECKS,
    )


def rows(seed: int) -> list[Row]:
    """100 puzzles."""
    return generate("starter_logic", seed, make)


def make(draw: random.Random, level: int) -> Mapping[str, Json]:
    """One puzzle: an order at levels 1 and 2, owners at level 3."""
    return _owners(draw) if level == 3 else _order(draw, 2 + level)


def _order(draw: random.Random, count: int) -> Mapping[str, Json]:
    people = draw.sample(NAMES, count)  # from the most to the least
    more, less, most, least = draw.choice(ORDERS)
    facts = list(pairwise(people))
    draw.shuffle(facts)
    sentences = [
        f"{a} is {more} than {b}." if draw.random() < 0.5 else f"{b} is {less} than {a}."
        for a, b in facts
    ]
    asked = [(most, 0), (least, count - 1)]
    if count > 3:
        asked += [(f"second {most}", 1), (f"second {least}", count - 2)]
    word, place = draw.choice(asked)
    choices = draw.sample(people, count)
    return {
        "input": f"{' '.join(sentences)} Who is the {word}?",
        "facts": [["above", *fact] for fact in facts],
        "asked": place,
        "choices": choices,
        "answer": choices.index(people[place]),
    }


def _owners(draw: random.Random) -> Mapping[str, Json]:
    people, pets = draw.sample(NAMES, 4), draw.sample(PETS, 4)
    owner = dict(zip(people, pets, strict=True))
    asked = draw.choice(people)
    facts: list[list[str]] = []
    while len(solutions(facts, people, pets)) > 1:
        person = draw.choice(people)
        wrong = draw.choice([pet for pet in pets if pet != owner[person]])
        either = sorted((owner[person], wrong))
        fact = draw.choice((["not", person, wrong], ["either", person, *either]))
        if fact not in facts:
            facts.append(fact)
    for fact in list(facts):
        rest = [other for other in facts if other != fact]
        if len(solutions(rest, people, pets)) == 1:
            facts = rest
    told = " ".join(_say(fact) for fact in facts)
    choices = sorted(pets)
    return {
        "input": f"{listed(people)} each own a different pet: {listed(sorted(pets))}. {told} "
        f"Which pet does {asked} own?",
        "facts": facts,
        "asked": asked,
        "choices": choices,
        "answer": choices.index(owner[asked]),
    }


def _say(fact: Sequence[str]) -> str:
    if fact[0] == "not":
        return f"{fact[1]} does not own the {fact[2]}."
    return f"{fact[1]} owns the {fact[2]} or the {fact[3]}."


def solutions(
    facts: Sequence[Sequence[str]], people: Sequence[str], pets: Sequence[str]
) -> list[Mapping[str, str]]:
    """Every way to give each person one pet that agrees with the facts."""
    found: list[Mapping[str, str]] = []
    for order in permutations(pets):
        owner = dict(zip(people, order, strict=True))
        if all((owner[who] in said) is (kind == "either") for kind, who, *said in facts):
            found.append(owner)
    return found


def to_sample(row: Row) -> Sample:
    """A row as a sample."""
    choices = tuple(map(str, row["choices"]))
    answer = int(row["answer"])
    return Sample(
        str(row["id"]),
        str(row["input"]),
        target=(choices[answer],),
        choices=choices,
        answer=(answer,),
        fields={"level": row["level"]},
    )


_ROW: Row = {
    "id": "check",
    "level": 1,
    "input": "Ben is shorter than Ada. Ada is shorter than Fay. Who is the tallest?",
    "choices": ["Ada", "Ben", "Fay"],
    "answer": 2,
}
CHECKS = (
    Check(_ROW, "C", 1.0),
    Check(_ROW, "C. Fay", 1.0),
    Check(_ROW, "The answer is (C).", 1.0),
    Check(_ROW, "", 1.0, "letter", (-2.0, -3.0, -0.5)),
    Check(_ROW, "", 1.0, "rank", (-9.0, -9.5, -7.0)),
    Check(_ROW, "A", 0.0),
    Check(_ROW, "The answer is B.", 0.0),
    Check(_ROW, "I don't know.", 0.0),
    Check(_ROW, "", 0.0, "letter", (-0.1, -3.0, -2.5)),
    Check(_ROW, "", 0.0, "rank", (-6.0, -9.5, -7.0)),
)
