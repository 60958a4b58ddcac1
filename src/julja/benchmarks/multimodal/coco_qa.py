"""COCO-QA: questions made from COCO's captions, with one word as the answer.

    julja score coco_qa --responses answers.json         {"12865": "grass", …}

Paper: Ren, Kiros and Zemel, Exploring Models and Data for Image Question Answering, NIPS 2015,
https://arxiv.org/abs/1505.02074. Data: `coco_qa/` with COCO-QA_QA_test.json
({id: {question, answer, type, img_id}}) and the pictures in images/.
"""

from typing import Literal

from julja.benchmarks.multimodal.common import SHOWN, picture
from julja.errors import DataError
from julja.scoring.match import exact
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Media, Row, Sample, Source


@task
def coco_qa(split: Literal["test", "train"] = "test") -> Task:
    """The questions of the test set, or of the training set."""
    return Task(
        name="coco_qa",
        rows=Source(split=split, files=(f"COCO-QA_QA_{split}.json",), adapt=rows_of, folder=True),
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=SHOWN,
                decoding=Decoding(max_tokens=8),
                scorer=exact(ignore_case=True, ignore_punctuation=True),
            )
        },
        by=("type",),
        params={"split": split},
        card=CARD,
        checks=CHECKS,
    )


def rows_of(content: Json) -> list[Row]:
    """The questions by their id, as rows."""
    if not isinstance(content, dict) or not all(isinstance(v, dict) for v in content.values()):
        raise DataError(
            "the file is no table of questions.", hint='{"12865": {"question", "answer", …}, …}.'
        )
    return [{"id": key, **row} for key, row in content.items()]


def to_sample(row: Row) -> Sample:
    """A row of `rows_of`."""
    number = int(row["img_id"])
    media: tuple[Media, ...] = ()
    reason = ""
    for split in ("val", "train"):
        name = f"COCO_{split}2014_{number:012d}.jpg"
        media, reason = picture(row, name, ("images", f"images/{split}2014"))
        if not reason:
            break
    return Sample(
        str(row["id"]),
        str(row["question"]),
        target=(str(row["answer"]),),
        cluster=str(number),
        fields={"type": str(row["type"]), "no_picture": reason},
        media=media,
    )


CARD = Card(
    title="COCO-QA",
    summary="Questions about photographs, made by rule from captions: object, number, colour, "
    "location; one word answers each.",
    abilities=("vision", "question answering"),
    paper="https://arxiv.org/abs/1505.02074",
    licence="annotations CC BY 4.0; images under the terms of Flickr",
    official_scorer="accuracy and WUPS over single words, as in the paper; here accuracy",
    random_baseline=0.0023,
    saturation="Small networks had 0.6 in 2015; rarely reported since VQA.",
    contamination="Its captions and pictures are COCO's, which most models are trained on.",
    label_errors="Questions are made by rule: some are ungrammatical, or have several answers of "
    "which one word counts.",
    notes="A synonym is wrong. WUPS is left out.",
    rows=38948,
)


def _row(name: str, question: str, answer: str, kind: str) -> Row:
    return {"id": name, "question": question, "answer": answer, "type": kind, "img_id": "7"}


_BUS = _row("1", "what is the color of the bus", "red", "color")
_TWO = _row("2", "how many cats are on the sofa", "two", "number")
_TOP = _row("3", "what is on the table", "bowl", "object")
CHECKS = (
    Check(_BUS, "Red", 1.0),
    Check(_TWO, "two.", 1.0),
    Check(_TOP, "bowl", 1.0),
    Check(_BUS, "blue", 0.0),
    Check(_TWO, "three", 0.0),
    Check(_TOP, "a bowl of soup", 0.0),
)
