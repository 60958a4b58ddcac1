"""VizWiz-VQA: photographs and spoken questions of blind people; some can't be answered.

    julja score vizwiz --responses results.json      [{"image": "VizWiz_val_00000000.jpg", …}]

Paper: Gurari et al., VizWiz Grand Challenge, CVPR 2018, https://arxiv.org/abs/1802.08218. Data:
`vizwiz/` with Annotations/val.json as upstream has it, or the same in VQA's form
(val_annotations_vqa_format.json, val_questions_vqa_format.json), pictures in val/.
"""

import json
from collections.abc import Mapping, Sequence

from julja.benchmarks.multimodal.common import (
    SHORT,
    check_row,
    question_id,
    vqa_rows,
    vqa_sample,
)
from julja.errors import DataError
from julja.scoring.vision.vqa import vqa_accuracy
from julja.tasks.task import Answered, Attached, Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample, Source

# haotian-liu/LLaVA, docs/Evaluation.md.
_PROMPT = (
    "{{ image }}\n{{ input }}\nWhen the provided information is insufficient, respond with "
    f"'Unanswerable'.\n{SHORT}"
)


@task
def vizwiz() -> Task:
    """The 4,319 questions of the validation set."""
    return Task(
        name="vizwiz",
        rows=Source(
            split="val",
            hub="lmms-lab/VizWiz-VQA",
            revision="d428a2dae984f79cf1b9d99467dfa883e0c30686",
            config="default",
            files=("Annotations/val.json", "val.json", "val_annotations_vqa_format.json"),
            adapt=vqa_rows,
            folder=True,
        ),
        attached={
            "asked": Attached(
                source=Source(
                    split="val", files=("val_questions_vqa_format.json",), adapt=vqa_rows
                ),
                key=question_id,
                optional=True,
            )
        },
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=_PROMPT, decoding=Decoding(max_tokens=16), scorer=vqa_accuracy()
            )
        },
        by=("answer_type",),
        responses=responses,
        submission=submission,
        card=CARD,
        checks=CHECKS,
    )


def to_sample(row: Row) -> Sample:
    """A row of either form; VQA's form keeps upstream's answer type as the question type."""
    image = row.get("image")
    name = str(row["image_id"] if row.get("image_id") else image if isinstance(image, str) else "")
    if not name:
        name = question_id(row)
    kind = row.get("answer_type") or row.get("question_type") or row.get("category") or "unknown"
    return vqa_sample({**row, "image_id": name}, name, ("val", "images"), answer_type=str(kind))


def responses(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """The challenge's file names pictures; VQA's own result file names questions."""
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise DataError("a list of answers is wanted.", hint='Write [{"image": …, "answer": …}].')
    by_picture = {str(sample.cluster): sample.id for sample in samples}
    found = []
    for row in content:
        name = row.get("question_id", by_picture.get(str(row.get("image")), row.get("image")))
        found.append({"id": str(row.get("id", name)), **row})
    return found


def submission(answers: Sequence[Answered]) -> Mapping[str, str]:
    """The challenge's file."""
    found = [{"image": a.sample.cluster, "answer": a.response.text.strip()} for a in answers]
    return {"results.json": json.dumps(found, ensure_ascii=False)}


CARD = Card(
    title="VizWiz-VQA",
    summary="Questions of blind people about photographs that they took themselves: blurred, "
    "cut off, and often not to be answered.",
    abilities=("vision", "question answering", "abstention"),
    paper="https://arxiv.org/abs/1802.08218",
    licence="CC BY 4.0",
    official_scorer="VizWiz challenge: the VQA metric (GT-Vision-Lab/VQA: vqaEval.py)",
    saturation="Models of 2025 reach 0.7 to 0.77 on the test sets.",
    contamination="Public since 2018; its training set is in the instruction data of many models.",
    label_errors="Answers to the same blurred picture differ; always answering unanswerable "
    "scores 0.52.",
    notes="Upstream's files have no answer ids, and the official loop then loses all equal "
    "answers (the most frequent answer scores 0.67 instead of 0.94): annotators are counted by "
    "place here. Look at the result by answer type: unanswerable questions weigh much.",
    rows=4319,
)


def _row(number: int, question: str, answers: Sequence[str], kind: str) -> Row:
    name = f"VizWiz_val_{number:08d}.jpg"
    return {**check_row(number, question, answers), "image_id": name, "answer_type": kind}


_SOUP = _row(1, "Which soup is this?", ["tomato"] * 7 + ["tomato soup"] * 3, "other")
_DARK = _row(2, "What colour is it?", ["unanswerable"] * 8 + ["black"] * 2, "unanswerable")
_LIT = _row(3, "Is the light on?", ["yes"] * 10, "yes/no")
CHECKS = (
    Check(_SOUP, "Tomato", 1.0),
    Check(_DARK, "Unanswerable", 1.0),
    Check(_LIT, "yes", 1.0),
    Check(_SOUP, "unanswerable", 0.0),
    Check(_DARK, "It can't be said.", 0.0),
    Check(_LIT, "no", 0.0),
)
