"""starter_arithmetic: word problems of one to four steps, whole numbers throughout."""

import random
from collections.abc import Mapping, Sequence

from julja.benchmarks.starter.common import (
    CONTAMINATION,
    LABEL_ERRORS,
    LICENCE,
    NAMES,
    THINGS,
    generate,
)
from julja.scoring.match import number
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample

PROMPT = "Question: {{ input }}\nGive only the number.\nAnswer:"

# level -> (story, formula); every number of a formula stands in its story
STORIES: Mapping[int, Sequence[tuple[str, str]]] = {
    1: (
        ("{A} has {a} {x}. {B} gives {A} {b} more. How many {x} does {A} have now?", "{a}+{b}"),
        ("There are {c} {x} in a box. {A} takes out {b} of them. How many are left?", "{c}-{b}"),
        ("{A} buys {b} bags with {d} {x} in each bag. How many {x} are that?", "{b}*{d}"),
    ),
    2: (
        (
            "{A} has {b} boxes with {a} {x} in each box, and {c} loose {x}. "
            "How many {x} does {A} have altogether?",
            "{b}*{a}+{c}",
        ),
        (
            "{A} finds {a} {x} on each of {d} days and loses {b} of them. How many {x} are left?",
            "{a}*{d}-{b}",
        ),
        (
            "{A} brings {a} {x} and {B} brings {c} {x} to each of {d} meetings. "
            "How many {x} do they bring in all?",
            "({a}+{c})*{d}",
        ),
    ),
    3: (
        (
            "{A} saves {e} {x} a week for {d} weeks, gives {b} of them away, and then buys {a} "
            "packs of {d} {x}. How many {x} does {A} have?",
            "{e}*{d}-{b}+{a}*{d}",
        ),
        (
            "A shop has {h} {x}. On Monday it sells {p} percent of them. On Tuesday {c} {x} "
            "arrive, and {A} buys {b} {x}. How many {x} does the shop have then?",
            "{h}-{h}*{p}//100+{c}-{b}",
        ),
        (
            "{A} shares {s} {x} equally among {d} children. Each child loses {f} {x} and then "
            "finds {b} times as many {x} as it has left. How many {x} does one child have in the "
            "end?",
            "({s}//{d}-{f})*(1+{b})",
        ),
    ),
}


@task
def starter_arithmetic() -> Task:
    """Word problems; the answer is one whole number."""
    return Task(
        name="starter_arithmetic",
        rows=rows,
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=PROMPT,
                decoding=Decoding(max_tokens=96, stop=("\nQuestion:",)),
                scorer=number(),
            )
        },
        card=Card(
            title="Starter: arithmetic",
            summary="Word problems of one to four steps over whole numbers.",
            abilities=("mathematics",),
            licence=LICENCE,
            random_baseline=0.0,
            contamination=CONTAMINATION,
            label_errors=LABEL_ERRORS,
        ),
        by=("level",),
        checks=CHECKS,
    )


def rows(seed: int) -> list[Row]:
    """100 problems; the level is the number of the story group."""
    return generate("starter_arithmetic", seed, make)


def make(draw: random.Random, level: int) -> Mapping[str, Json]:
    """One problem. Numbers are drawn so that nothing becomes negative or broken."""
    story, formula = draw.choice(STORIES[level])
    first, second = draw.sample(NAMES, 2)
    d, f = draw.randint(3, 6), draw.randint(1, 4)
    values = {
        "a": draw.randint(6, 15),
        "b": draw.randint(2, 5),
        "c": draw.randint(16, 40),
        "d": d,
        "e": draw.randint(7, 19),
        "f": f,
        "h": 20 * draw.randint(5, 20),
        "p": draw.choice((5, 10, 20, 25, 50, 75)),
        "s": d * (f + draw.randint(3, 12)),
    }
    text = story.format(A=first, B=second, x=draw.choice(THINGS), **values)
    expression = formula.format(**values)
    return {"input": text, "formula": expression, "answer": _value(expression)}


def _value(expression: str) -> int:
    """The value of a formula of this file."""
    return int(eval(expression, {"__builtins__": {}}))


def to_sample(row: Row) -> Sample:
    """A row as a sample."""
    fields = {"level": row["level"]}
    return Sample(str(row["id"]), str(row["input"]), target=(str(row["answer"]),), fields=fields)


_ROW: Row = {
    "id": "check",
    "level": 2,
    "input": "Ada has 3 boxes with 7 nuts in each box, and 20 loose nuts. "
    "How many nuts does Ada have altogether?",
    "formula": "3*7+20",
    "answer": 41,
}
CHECKS = (
    Check(_ROW, "41", 1.0),
    Check(_ROW, "Ada has 3 * 7 + 20 = 41 nuts.", 1.0),
    Check(_ROW, "3 boxes hold 21 nuts.\nWith 20 loose ones the answer is **41**.", 1.0),
    Check(_ROW, "21", 0.0),
    Check(_ROW, "Ada has 410 nuts.", 0.0),
    Check(_ROW, "I can't say.", 0.0),
)
