"""VQAv2: open questions about COCO's photographs, ten annotators' answers to each.

    julja score vqa_v2 --responses results.json      [{"question_id": 262148000, "answer": "down"}]

Paper: Goyal et al., Making the V in VQA Matter, CVPR 2017, https://arxiv.org/abs/1612.00837.
Data: `vqa_v2/` with v2_mscoco_val2014_annotations.json, v2_OpenEnded_mscoco_val2014_questions.json
and the pictures in val2014/. The prompt is LLaVA's; VQA fixes none.
"""

from julja.benchmarks.multimodal.common import (
    SHOWN,
    check_row,
    question_id,
    vqa_rows,
    vqa_sample,
    vqa_submission,
)
from julja.scoring.vision.vqa import vqa_accuracy
from julja.tasks.task import Attached, Card, Check, Form, Task, task
from julja.types import Decoding, Row, Sample, Source


@task
def vqa_v2() -> Task:
    """The 214,354 questions of the validation set."""
    questions = "v2_OpenEnded_mscoco_val2014_questions.json"
    return Task(
        name="vqa_v2",
        rows=Source(
            split="validation",
            hub="lmms-lab/VQAv2",
            config="default",
            files=("v2_mscoco_val2014_annotations.json",),
            adapt=vqa_rows,
            folder=True,
        ),
        attached={
            "asked": Attached(
                source=Source(split="validation", files=(questions,), adapt=vqa_rows),
                key=question_id,
                optional=True,
            )
        },
        sample=to_sample,
        forms={
            "generate": Form(prompt=SHOWN, decoding=Decoding(max_tokens=16), scorer=vqa_accuracy())
        },
        by=("answer_type", "question_type"),
        submission=vqa_submission,
        card=CARD,
        checks=CHECKS,
    )


def to_sample(row: Row) -> Sample:
    """An annotation with its question."""
    name = f"COCO_val2014_{int(row['image_id']):012d}.jpg"
    return vqa_sample(row, name, ("val2014", "images/val2014", "images"))


CARD = Card(
    title="VQAv2",
    summary="Open questions about photographs; pairs of pictures with the same question have "
    "different answers, so that guessing without looking pays less.",
    abilities=("vision", "question answering"),
    paper="https://arxiv.org/abs/1612.00837",
    licence="CC BY 4.0 (questions and answers); images under the terms of Flickr",
    official_scorer="GT-Vision-Lab/VQA: PythonEvaluationTools/vqaEvaluation/vqaEval.py",
    human=0.808,
    saturation="Above 0.84 on test-dev, where the answers of annotators themselves disagree.",
    contamination="Train and validation are in the instruction data of nearly every "
    "vision-language model; the test sets' answers are kept by the organisers.",
    label_errors="The metric gives full credit for three of ten annotators; questions of counting "
    "and of opinion often have no one answer. PlatinumBench's audit of 2025 finds "
    "flawed items too.",
    notes="acc is the official leave-one-out accuracy, not min(matches/3, 1); reported by answer "
    "and question type. Annotators are counted by place: the official loop drops equal entries "
    "of files without answer_id. A chat model's full sentence is wrong by this metric. No "
    "revision of the hub's copy is pinned. human is what the challenge of 2021 gives for its test "
    "set.",
    rows=214354,
)

_YES = check_row(1, "Is there a dog?", ["yes"] * 10, answer_type="yes/no", question_type="is there")
_TWO = check_row(
    2, "How many cups?", ["2"] * 6 + ["3"] * 4, answer_type="number", question_type="how many"
)
_SIGN = check_row(
    3, "What is it?", ["a stop sign"] * 5 + ["sign"] * 5, answer_type="other", question_type="what"
)
CHECKS = (
    Check(_YES, "yes", 1.0),
    Check(_TWO, "two", 1.0),
    Check(_SIGN, "Stop sign.", 1.0),
    Check(_YES, "Yes, there is a dog.", 0.0),
    Check(_TWO, "4", 0.0),
    Check(_SIGN, "", 0.0),
)
