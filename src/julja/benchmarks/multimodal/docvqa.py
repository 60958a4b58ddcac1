"""DocVQA: questions about scanned pages of documents of industry.

    julja score docvqa --responses answers.json      [{"questionId": 49153, "answer": "0.28"}]

Paper: Mathew, Karatzas and Jawahar, WACV 2021, https://arxiv.org/abs/2007.00398. Data:
lmms-lab/DocVQA on the hub, or upstream's val_v1.0_withQT.json as `docvqa/`, pages in documents/.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from julja.benchmarks.multimodal.common import SHOWN, check_row, picture, vqa_rows
from julja.errors import DataError
from julja.scoring.vision.anls import anls_score
from julja.tasks.task import Answered, Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample, Source


@task
def docvqa() -> Task:
    """The 5,349 questions of the validation set."""
    return Task(
        name="docvqa",
        rows=Source(
            split="validation",
            hub="lmms-lab/DocVQA",
            revision="539088ef8a8ada01ac8e2e6d4e372586748a265e",
            config="DocVQA",
            files=("val_v1.0_withQT.json", "val_v1.0.json"),
            adapt=vqa_rows,
            folder=True,
        ),
        sample=to_sample,
        forms={
            "generate": Form(prompt=SHOWN, decoding=Decoding(max_tokens=64), scorer=anls_score())
        },
        by=("question_type",),
        responses=responses,
        submission=submission,
        card=CARD,
        checks=CHECKS,
    )


def to_sample(row: Row) -> Sample:
    """A row of upstream's data, or of the hub. The page is the cluster."""
    name = row.get("questionId", row.get("question_id"))
    if name is None or not row.get("question"):
        raise DataError("a row has no questionId or no question.")
    page = str(row.get("image") if isinstance(row.get("image"), str) else row.get("docId", name))
    media, reason = picture(row, PurePosixPath(page).name, ("documents", "spdocvqa_images"))
    kinds = row.get("question_types") or ["unknown"]
    answers = [str(a["answer"] if isinstance(a, dict) else a) for a in row.get("answers") or ()]
    return Sample(
        str(name),
        str(row["question"]),
        target=tuple(answers),
        cluster=page,
        fields={"question_type": [str(kind) for kind in kinds], "no_picture": reason},
        labelled=bool(answers),
        media=media,
    )


def responses(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """The Robust Reading Competition's rows {"questionId", "answer"}, or {id: answer}."""
    if isinstance(content, dict):
        return [{"id": str(name), "response": value} for name, value in content.items()]
    if not all(
        isinstance(row, dict) and "questionId" in row and "answer" in row for row in content
    ):
        raise DataError(
            "rows with questionId and answer are wanted.",
            hint='Write [{"questionId": 49153, "answer": "0.28"}].',
        )
    return [{"id": str(row["questionId"]), "response": str(row["answer"])} for row in content]


def submission(answers: Sequence[Answered]) -> Mapping[str, str]:
    """The competition's file."""
    rows = [{"questionId": int(a.sample.id), "answer": a.response.text.strip()} for a in answers]
    return {"results.json": json.dumps(rows, ensure_ascii=False)}


CARD = Card(
    title="DocVQA",
    summary="Questions about scanned pages (letters, forms, tables, reports) that are answered by "
    "words of the page.",
    abilities=("vision", "reading text", "documents"),
    paper="https://arxiv.org/abs/2007.00398",
    licence="the competition's terms; documents of the UCSF Industry Documents Library",
    official_scorer="Robust Reading Competition, task 1: ANLS at the threshold 0.5",
    human=0.981,
    saturation="Models of 2024 reach 0.96 on the test set: at the level of people.",
    contamination="Train and validation are in the instruction data of most models; the test set's "
    "answers are kept by the organisers.",
    label_errors="Some answers are one of several that the page allows; differences in spelling "
    "cost a part of the score.",
    notes="human is the ANLS of people on the test set. Case and runs of spaces don't count.",
    rows=5349,
)


def _row(number: int, question: str, answers: Sequence[str]) -> Row:
    made = check_row(number, question, answers)
    return {**made, "questionId": number, "docId": 7, "question_types": ["form"]}


_DATE = _row(1, "What is the date of the letter?", ["May 3, 1978", "3 May 1978"])
_SUM = _row(2, "What is the total?", ["$ 1,200"])
_NAME = _row(3, "Who signed it?", ["J. Smith"])
CHECKS = (
    Check(_DATE, "may 3, 1978", 1.0),
    Check(_SUM, "$  1,200", 1.0),
    Check(_NAME, "J. Smith", 1.0),
    Check(_DATE, "The letter has no date", 0.0),
    Check(_SUM, "17", 0.0),
    Check(_NAME, "", 0.0),
)
