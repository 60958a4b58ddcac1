"""TextVQA: questions whose answer is to be read in the picture.

    julja score textvqa --responses results.json     [{"question_id": 34602, "answer": "nikon"}]

Paper: Singh et al., Towards VQA Models That Can Read, CVPR 2019, https://arxiv.org/abs/1904.08920.
Data: `textvqa/` with TextVQA_0.5.1_val.json, or the same in VQA's form
(val_annotations_vqa_format.json and val_questions_vqa_format.json), pictures in train_images/.
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
def textvqa() -> Task:
    """The 5,000 questions of the validation set."""
    return Task(
        name="textvqa",
        rows=Source(
            split="validation",
            hub="lmms-lab/textvqa",
            revision="9c0699cd19768ac5ab97568f6b3cbac4c0062884",
            config="default",
            files=("TextVQA_0.5.1_val.json", "val_annotations_vqa_format.json"),
            adapt=vqa_rows,
            folder=True,
        ),
        attached={
            "asked": Attached(
                source=Source(
                    split="validation", files=("val_questions_vqa_format.json",), adapt=vqa_rows
                ),
                key=question_id,
                optional=True,
            )
        },
        sample=to_sample,
        forms={
            "generate": Form(prompt=SHOWN, decoding=Decoding(max_tokens=16), scorer=vqa_accuracy())
        },
        submission=vqa_submission,
        card=CARD,
        checks=CHECKS,
    )


def to_sample(row: Row) -> Sample:
    """A row of either form."""
    return vqa_sample(row, f"{row['image_id']}.jpg", ("train_images", "train_val_images", "images"))


CARD = Card(
    title="TextVQA",
    summary="Questions about OpenImages photographs that need the text in them to be read.",
    abilities=("vision", "question answering", "reading text"),
    paper="https://arxiv.org/abs/1904.08920",
    licence="CC BY 4.0",
    official_scorer="facebookresearch/mmf: the VQA metric (m4c_evaluators.py); here VQA's own",
    human=0.85,
    saturation="Models of 2025 reach 0.85: at the level of annotators, who reach 0.87 by the "
    "first one's answers.",
    contamination="Public since 2019; its training set is in the instruction data of most models.",
    label_errors="Annotators read small print differently: the most frequent answer itself "
    "scores 0.98.",
    notes="The prompt holds no OCR tokens (LLaVA adds a reference OCR, which lifts scores by "
    "points and isn't comparable).",
    rows=5000,
)

_SHIRT = check_row(1, "What number is on the shirt?", ["22"] * 10)
_SHOP = check_row(2, "What is the shop called?", ["joe's"] * 6 + ["joe's diner"] * 4)
_TIME = check_row(3, "What time is it?", ["5:30"] * 7 + ["half past five"] * 3)
CHECKS = (
    Check(_SHIRT, "22", 1.0),
    Check(_SHOP, "Joe's", 1.0),
    Check(_TIME, "5:30", 1.0),
    Check(_SHIRT, "The number is 22", 0.0),
    Check(_SHOP, "bar", 0.0),
    Check(_TIME, "unanswerable", 0.0),
)
