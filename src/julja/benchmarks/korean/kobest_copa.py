"""KoBEST COPA: which of two sentences is the cause, or the effect, of a third? kobest_common.py."""

from dataclasses import replace

from julja.benchmarks.korean import kobest_common as common
from julja.errors import DataError
from julja.tasks.task import Check, Task, task
from julja.types import Row, Sample

# lm_eval/tasks/kobest/utils.py: copa_doc_to_text. Both are followed by the sentence.
CONNECTORS = {"원인": " 왜냐하면", "결과": " 그래서"}


@task
def kobest_copa(split: str = "test") -> Task:
    """The 1,000 questions of the test set."""
    forms = common.option_forms(
        "{{ texts[0] }} {{ connector }}",
        "다음 문장의 {{ asked }}에 더 알맞은 것은?\n{{ texts[0] }}",
    )
    made = common.made("copa", "COPA", split, to_sample, forms)
    return replace(made, card=CARD, checks=CHECKS, by=("asked",))


def to_sample(row: Row) -> Sample:
    """A row {sentence, question, 1, 2, Answer: 1}, the hub's {premise, …, label: 0}."""
    asked = common.field(row, "question").strip()
    if asked not in CONNECTORS:
        raise DataError(f"the question {asked!r} is neither 원인 nor 결과.")
    choices = [common.field(row, "1", "alternative_1"), common.field(row, "2", "alternative_2")]
    upstream = "Answer" in row
    answer = common.place(row["Answer" if upstream else "label"], 2, first=int(upstream))
    premise = common.field(row, "sentence", "premise")
    # The connector's own space comes after the premise's: two of them, as lm-eval writes it.
    return common.labelled([premise], choices, answer, asked=asked, connector=CONNECTORS[asked])


CARD = common.card(
    "COPA",
    "Which of two sentences is more likely the cause, or the effect, of a third? 1,000 test "
    "questions.",
    1000,
    abilities=("reasoning", "commonsense"),
    random_baseline=0.5,
    human=0.981,
)


def _row(text: str, asked: str, first: str, second: str, answer: int) -> Row:
    return {"sentence": text, "question": asked, "1": first, "2": second, "Answer": str(answer)}


_RAIN = _row("마당이 젖어 있었다.", "원인", "밤새 비가 내렸다.", "마당을 쓸었다.", 1)
_FAST = _row("알람이 울리지 않았다.", "결과", "일찍 일어났다.", "지각을 했다.", 2)
_HUB = {
    "premise": "불을 껐다.",
    "question": "결과",
    "alternative_1": "방이 어두워졌다.",
    "alternative_2": "방이 밝아졌다.",
    "label": 0,
}
CHECKS = (
    Check(_RAIN, "", 1.0, "rank", (-1.0, -2.0)),
    Check(_FAST, "", 1.0, "rank", (-3.0, -2.0)),
    Check(_HUB, "", 0.0, "rank", (-3.0, -2.0)),
    Check(_RAIN, "비가 오면 젖는다.\n정답: A", 1.0),
    Check(_FAST, "정답은 B입니다.", 1.0),
    Check(_HUB, "방이 밝아졌다.", 0.0),
    Check(_FAST, "둘 다 아니다.", 0.0),
)
