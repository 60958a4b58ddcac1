"""starter_instructions: a short text that keeps one to three instructions that a program checks."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from julja.benchmarks.starter.common import CONTAMINATION, LABEL_ERRORS, LICENCE, NOUNS, generate
from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Score

METRICS = (Metric("all_kept"), Metric("kept"))
TOPICS = (
    "the sea", "a market", "the first day of school", "a long train journey", "winter", "bread",
    "an old bridge", "the night sky", "a small garden", "a football match", "a rainy day", "music",
)  # fmt: skip

Kept: TypeAlias = Callable[[str, Json], bool]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text)


def _bare(text: str) -> str:
    """A text without the stars of bold print and without white space at its ends."""
    return text.replace("*", "").strip()


# kind -> whether a text keeps it
KINDS: Mapping[str, Kept] = {
    "include": lambda text, word: str(word) in [w.lower() for w in _words(text)],
    "avoid": lambda text, letter: str(letter) not in text.lower(),
    "no_comma": lambda text, _: "," not in text,
    "lower": lambda text, _: text == text.lower(),
    "upper": lambda text, _: text == text.upper(),
    "starts": lambda text, word: _words(text)[:1] != [] and _words(text)[0].lower() == word,
    "ends": lambda text, mark: _bare(text).endswith(str(mark)),
    "at_most": lambda text, count: len(_words(text)) <= int(count),
    "at_least": lambda text, count: len(_words(text)) >= int(count),
    "lines": lambda text, count: len([x for x in text.splitlines() if x.strip()]) == int(count),
}


def _length(draw: random.Random) -> tuple[str, Json, str]:
    kind, count = draw.choice((("at_most", draw.randint(8, 20)), ("at_least", 30)))
    return kind, count, f"Use {kind.replace('_', ' ')} {count} words."


def _letters(draw: random.Random) -> tuple[str, Json, str]:
    return draw.choice(
        (
            ("lower", None, "Write in small letters only, with no capital letter."),
            ("upper", None, "Write everything in capital letters."),
            ("no_comma", None, "Use no comma."),
        )
    )


def _include(draw: random.Random) -> tuple[str, Json, str]:
    word = draw.choice(NOUNS)
    return "include", word, f"Use the word {word}."


def _start(draw: random.Random) -> tuple[str, Json, str]:
    word = draw.choice(("today", "maybe", "once", "here", "now", "later"))
    return "starts", word, f'Begin with the word "{word}".'


def _end(draw: random.Random) -> tuple[str, Json, str]:
    mark, name = draw.choice((("!", "an exclamation mark"), ("?", "a question mark")))
    return "ends", mark, f"End with {name}."


def _lines(draw: random.Random) -> tuple[str, Json, str]:
    count = draw.randint(2, 4)
    return "lines", count, f"Write exactly {count} lines."


def _avoid(draw: random.Random) -> tuple[str, Json, str]:
    letter = draw.choice("qzxjkv")
    return "avoid", letter, f"Don't use the letter {letter}."


# Any choice of different groups can be kept at once.
GROUPS = (_length, _letters, _include, _start, _end)
HARD = (*GROUPS, _lines, _avoid)
CLASHES = ({"include", "avoid"},)


@task
def starter_instructions() -> Task:
    """A short text about a topic that keeps every instruction."""
    return Task(
        name="starter_instructions",
        rows=rows,
        sample=to_sample,
        forms={
            "generate": Form(
                prompt="{{ input }}\n",
                answer="",
                decoding=Decoding(max_tokens=96),
                scorer=keeps(),
            )
        },
        card=Card(
            title="Starter: instructions",
            summary="A short text that keeps one to three instructions (length, capitals, words, "
            "first word, last mark, lines, letters), each checked by a program.",
            abilities=("instruction following",),
            licence=LICENCE,
            contamination=CONTAMINATION,
            label_errors=LABEL_ERRORS,
            notes="What is written about the topic is not judged, but it must have four words.",
        ),
        by=("level",),
        checks=CHECKS,
    )


@scorer(metrics=METRICS)
def keeps() -> ScoreFunction:
    """`all_kept`: every instruction is kept; `kept`: the fraction that is."""

    def score(sample: Sample, response: Response) -> Score:
        text = response.text.strip()
        if len(_words(text)) < 4:
            return unparsed(METRICS, "The response has fewer than four words.")
        told = [(str(kind), value) for kind, value in sample.fields["instructions"]]
        broken = [kind for kind, value in told if not KINDS[kind](text, value)]
        values = {"all_kept": float(not broken), "kept": 1 - len(broken) / len(told)}
        said = f"broken: {', '.join(broken)}" if broken else "all kept"
        return Score(values, extracted=text, explanation=said)

    return score


def rows(seed: int) -> list[Row]:
    """100 prompts; the level is the number of instructions."""
    return generate("starter_instructions", seed, make)


def make(draw: random.Random, level: int) -> Mapping[str, Json]:
    """One prompt with `level` instructions that don't contradict each other."""
    while True:
        groups = draw.sample(HARD if level > 1 else GROUPS, level)
        told = [group(draw) for group in groups]
        kinds = {kind for kind, _, _ in told}
        if not any(clash <= kinds for clash in CLASHES):
            break
    topic = draw.choice(TOPICS)
    text = f"Write a short text about {topic}. {' '.join(words for _, _, words in told)}"
    return {"input": text, "instructions": [[kind, value] for kind, value, _ in told]}


def to_sample(row: Row) -> Sample:
    """A row as a sample."""
    fields: dict[str, Json] = {"level": row["level"], "instructions": row["instructions"]}
    return Sample(str(row["id"]), str(row["input"]), fields=fields)


def _row(input_: str, *instructions: Sequence[Json]) -> Row:
    return {
        "id": "check",
        "level": len(instructions),
        "input": input_,
        "instructions": instructions,
    }


_SHORT = _row(
    "Write a short text about bread. Use at most 9 words. End with an exclamation mark.",
    ("at_most", 9),
    ("ends", "!"),
)
_QUIET = _row(
    "Write a short text about winter. Use no comma. Use the word lamp.",
    ("no_comma", None),
    ("include", "lamp"),
)
CHECKS = (
    Check(_SHORT, "Warm bread makes the whole house smell wonderful!", 1.0),
    Check(_QUIET, "Snow falls while one lamp burns in the window.", 1.0),
    Check(_QUIET, "Lamp light warms a cold night.", 1.0),
    Check(_SHORT, "Warm bread makes the whole house smell wonderful.", 0.0),
    Check(_QUIET, "Snow falls, and one lamp burns.", 0.0),
    Check(_QUIET, "Snow falls while many lamps burn.", 0.0),
    Check(_QUIET, "", 0.0),
)
