"""KoBEST BoolQ: is the answer to a question about a paragraph yes or no? See kobest_common.py."""

from dataclasses import replace

from julja.benchmarks.korean import kobest_common as common
from julja.tasks.task import Check, Task, task
from julja.types import Row, Sample

CHOICES = ("아니오", "예")
_READ = (
    ("아니오", "아니요", "아니다", "아닙", "아님", "거짓", "false", "no"),
    ("예", "네", "그렇", "맞", "참", "true", "yes"),
)


@task
def kobest_boolq(split: str = "test") -> Task:
    """The 1,404 questions of the test set."""
    forms = common.word_forms(
        # lm_eval/tasks/kobest/kobest_boolq.yaml; the space at the end is theirs.
        "{{ texts[0] }} 질문: {{ texts[1] }} 답변: ",
        "글을 읽고 질문에 답하시오.",
        "글: {{ texts[0] }}\n질문: {{ texts[1] }}",
        _READ,
    )
    made = common.made("boolq", "BoolQ", split, to_sample, forms)
    return replace(made, card=CARD, checks=CHECKS)


def to_sample(row: Row) -> Sample:
    """A row {Text, Question, Answer: True} or the hub's {paragraph, question, label: 1}."""
    texts = [common.field(row, "Text", "paragraph"), common.field(row, "Question", "question")]
    return common.labelled(texts, CHOICES, common.truth(row.get("Answer", row.get("label"))))


CARD = common.card(
    "BoolQ",
    "Yes-or-no questions about a paragraph of Wikipedia. 1,404 test questions.",
    1404,
    abilities=("reading",),
    random_baseline=0.5,
    human=0.951,
)


def _row(text: str, question: str, answer: str) -> Row:
    return {"Text": text, "Question": question, "Answer": answer}


_MILL = _row("그 물레방아는 1920년에 지어져 1974년까지 쓰였다.", "1950년에도 쓰였나요?", "True")
_ISLE = _row("솔섬에는 사람이 살지 않는다.", "솔섬에 마을이 있나요?", "FALSE")
_BELL = {
    "paragraph": "종은 한 시간마다 울린다.",
    "question": "종이 하루 한 번 울리나요?",
    "label": 0,
}
CHECKS = (
    Check(_MILL, "", 1.0, "rank", (-2.0, -1.0)),
    Check(_ISLE, "", 1.0, "rank", (-1.0, -2.0)),
    Check(_BELL, "", 0.0, "rank", (-3.0, -2.0)),
    Check(_MILL, "1974년까지 쓰였으므로\n답: 예", 1.0),
    Check(_ISLE, "아니요, 사람이 살지 않습니다.", 1.0),
    Check(_BELL, "**답: 아니오**", 1.0),
    Check(_MILL, "답: 아니오", 0.0),
    Check(_ISLE, "네.", 0.0),
    Check(_BELL, "글에는 종이 나옵니다.", 0.0),
    Check(_MILL, "", 1.0, "classify", (-2.0, -0.1)),
    Check(_ISLE, "", 0.0, "classify", (-2.0, -0.1)),
)
