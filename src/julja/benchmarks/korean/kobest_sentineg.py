"""KoBEST SentiNeg: is a review, turned round by a negation, good or bad? See kobest_common.py."""

from dataclasses import replace

from julja.benchmarks.korean import kobest_common as common
from julja.tasks.task import Check, Task, task
from julja.types import Row, Sample

CHOICES = ("부정", "긍정")
_READ = (("부정", "negative"), ("긍정", "positive"))


@task
def kobest_sentineg(split: str = "test") -> Task:
    """The 397 reviews of the test set."""
    forms = common.word_forms(
        # lm_eval/tasks/kobest/utils.py: sentineg_doc_to_text.
        "문장: {{ texts[0] }} 긍부정:",
        "상품평이 긍정인지 부정인지 답하시오.",
        "상품평: {{ texts[0] }}",
        _READ,
    )
    made = common.made("sentineg", "SentiNeg", split, to_sample, forms)
    return replace(made, card=CARD, checks=CHECKS, by=("negation",))


def to_sample(row: Row) -> Sample:
    """A row {Text, Label}, or the hub's {sentence, label}: 1 is positive."""
    label = common.place(row.get("Label", row.get("label")), 2)
    kind = {"negation": str(row["Category_neg"])} if row.get("Category_neg") else {}
    return common.labelled([common.field(row, "Text", "sentence")], CHOICES, label, **kind)


CARD = common.card(
    "SentiNeg",
    "Reviews of a shop whose polarity was turned round by a negation: positive or negative? 397 of "
    "the test set.",
    397,
    abilities=("language", "classification"),
    random_baseline=0.5,
    human=0.99,
)


def _row(text: str, label: int) -> Row:
    return {"Text": text, "Label": str(label), "Category_neg": "1"}


_SOFT = _row("천이 거칠지 않아서 좋네요", 1)
_LATE = _row("배송이 빠르지 않고 포장도 엉망", 0)
_LIGHT = {"sentence": "무겁지 않아 들기 편해요", "label": 1}
CHECKS = (
    Check(_SOFT, "", 1.0, "rank", (-2.0, -1.0)),
    Check(_LATE, "", 0.0, "rank", (-2.0, -1.0)),
    Check(_SOFT, "답: 긍정", 1.0),
    Check(_LATE, "부정적인 평입니다.", 1.0),
    Check(_LIGHT, "답: 부정", 0.0),
    Check(_SOFT, "모르겠습니다.", 0.0),
    Check(_LIGHT, "", 1.0, "classify", (-2.0, -0.1)),
    Check(_LATE, "", 0.0, "classify", (-2.0, -0.1)),
)
