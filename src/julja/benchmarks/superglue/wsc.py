"""WSC: does a pronoun refer to this noun?

Paper: Levesque, Davis and Morgenstern, The Winograd Schema Challenge, KR 2012,
https://cdn.aaai.org/ocs/4492/4492-21843-1-PB.pdf; the yes-or-no form is SuperGLUE's
(https://arxiv.org/abs/1905.00537). The rank prompt is that of lm-evaluation-harness
(lm_eval/tasks/super_glue/wsc), on the hub's config wsc.fixed.
"""

import re

from julja.benchmarks.superglue import common
from julja.errors import DataError
from julja.tasks.task import Card, Check, Task, task
from julja.types import Row, Sample

CHOICES = ("no", "yes")
_WRITTEN = ("False", "True")


@task
def wsc(split: common.Split = "validation") -> Task:
    """The 104 items of the development set: no or yes."""
    return Task(
        name="wsc",
        mirror="superglue",
        rows=common.source("WSC", "wsc.fixed", split),
        exemplars=common.source("WSC", "wsc.fixed", "train"),
        sample=common.for_split(split, to_sample),
        forms=common.forms(),
        params={"split": split},
        responses=common.responses(_WRITTEN),
        submission=common.submission("WSC.jsonl", _WRITTEN),
        card=CARD,
        checks=CHECKS,
    )


def to_sample(row: Row) -> Sample:
    """A row of upstream's file (the spans in `target`) or of the hub's wsc.fixed (flat)."""
    spans = row.get("target", row)
    text, pronoun = str(row["text"]), str(spans["span2_text"])
    noun = _as_written(str(spans["span1_text"]), text, spans["span1_index"])
    question = (
        f"Passage: {marked(text, pronoun, spans['span2_index'])}\n"
        f'Question: In the passage above, does the pronoun "*{pronoun}*" refer to "*{noun}*"?'
    )
    return common.labelled(row, question, CHOICES)


def marked(text: str, pronoun: str, index: int) -> str:
    """The passage with stars around the pronoun, which is its word number `index` (from 0).

    Where that word is another one (one passage counts a word too far), it is overwritten: as in
    lm-evaluation-harness.
    """
    if not 0 <= index < len(text.split()):
        raise DataError(f"the passage {text[:60]!r} has no word {index}.")
    before = " ".join(text.split()[:index])
    after = text[len(before) + len(pronoun) + 1 :]
    return _joined(f"{before} *{pronoun}*{after}")


# What lm-evaluation-harness takes back of a tokenised text, in this order (general_detokenize).
_REPLACED = ((" n't", "n't"), (" )", ")"), ("( ", "("), ('" ', '"'), (' "', '"'))


def _joined(text: str) -> str:
    for old, new in _REPLACED:
        text = text.replace(old, new)
    return re.sub(r" (['.,])", r"\1", text)


def _as_written(noun: str, text: str, index: int) -> str:
    """The noun as the passage writes it: what the hub's wsc.fixed repairs in upstream's spans.

    Upstream's spans begin with a capital where the passage doesn't, and a few have a full stop or
    a line break too many.
    """
    words = text.split()
    if noun in text or not noun or not 0 <= index < len(words):
        return noun
    first = noun[0].lower() if words[index][0].islower() else noun[0].upper()
    return (first + noun[1:]).rstrip(".").replace("\n", " ")


CARD = Card(
    title="WSC (SuperGLUE)",
    summary="Does the pronoun of a Winograd schema refer to the noun that is named? 104 "
    "development items.",
    abilities=("reasoning", "common sense"),
    paper=common.PAPER,
    licence="CC-BY-4.0",
    official_scorer=common.OFFICIAL,
    random_baseline=0.5,
    human=1.0,
    saturation=common.SATURATION,
    contamination="The schemas are on the web since 2011, with answers; " + common.CONTAMINATION,
    label_errors="None counted here. PlatinumBench's audit of 2025 drops some schemas of the "
    "challenge's older set, since both readings are possible.",
    notes=common.NOTES + " Always answering no scores 0.635, and base models do little else in "
    "the rank form.",
    rows=104,
)


def _row(number: int, text: str, noun: str, places: tuple[int, int], label: bool) -> Row:
    span = {"span1_text": noun, "span1_index": places[0], "span2_text": text.split()[places[1]]}
    return {
        "idx": number,
        "text": text,
        "target": {**span, "span2_index": places[1]},
        "label": label,
    }


_PAINT = _row(1, "Ida asked Nora for paint because she had none left .", "Ida", (0, 6), True)
_VASE = _row(2, "The vase fell off the shelf because it was crooked .", "The vase", (0, 7), False)
CHECKS = (
    Check(_VASE, "", 1.0, "rank", (-0.5, -2.0)),
    Check(_PAINT, "", 1.0, "rank", (-2.5, -2.0)),
    Check(_PAINT, "", 1.0, "letter", (-1.5, -0.2)),
    Check(_VASE, "", 0.0, "rank", (-2.5, -2.0)),
    Check(_PAINT, "", 0.0, "rank", (-0.5, -2.0)),
    Check(_VASE, "", 0.0, "letter", (-1.5, -0.2)),
    Check(_VASE, "The shelf was crooked.\n\nAnswer: A", 1.0),
    Check(_PAINT, "Ida had none.\n\nAnswer: B", 1.0),
    Check(_PAINT, "**Answer: B**", 1.0),
    Check(_VASE, "Answer: B", 0.0),
    Check(_PAINT, "Answer: A", 0.0),
    Check(_PAINT, "Nobody knows.", 0.0),
)
