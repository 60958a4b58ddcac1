"""KoBEST HellaSwag: which sentence goes on with a story? See kobest_common.py."""

from dataclasses import replace

from julja.benchmarks.korean import kobest_common as common
from julja.tasks.task import Check, Task, task
from julja.types import Row, Sample


@task
def kobest_hellaswag(split: str = "test") -> Task:
    """The 500 stories of the test set."""
    forms = common.option_forms(
        # lm_eval/tasks/kobest/utils.py: hellaswag_process_doc.
        "문장: {{ texts[0] }}",
        "이어질 문장으로 가장 알맞은 것은?\n{{ texts[0] }}",
        also=("acc_norm",),
    )
    made = common.made("hellaswag", "HellaSwag", split, to_sample, forms)
    return replace(made, card=CARD, checks=CHECKS)


def to_sample(row: Row) -> Sample:
    """A row {context, choice1, …, label}, or the hub's with ending_1 …; both count from 0."""
    choices = [common.field(row, f"choice{n}", f"ending_{n}") for n in range(1, 5)]
    return common.labelled([common.field(row, "context")], choices, common.place(row["label"], 4))


CARD = common.card(
    "HellaSwag",
    "Which of four sentences goes on with a short story? 500 of the test set.",
    500,
    abilities=("commonsense", "language"),
    random_baseline=0.25,
    human=0.924,
)


def _row(context: str, *choices: str, label: int) -> Row:
    return {
        "context": context,
        **{f"choice{n}": choice for n, choice in enumerate(choices, 1)},
        "label": str(label),
    }


_TEA = _row(
    "물이 끓자 주전자에 찻잎을 넣는다.",
    "찻잎이 우러나기를 기다린다.",
    "찻잎을 밭에서 딴다.",
    "물을 길으러 간다.",
    "잔을 선반에 넣는다.",
    label=0,
)
_RACE = _row(
    "출발 신호가 울리자 선수들이 달려 나간다.",
    "선수들이 몸을 푼다.",
    "관중이 경기장에 들어온다.",
    "한 선수가 앞으로 치고 나간다.",
    "심판이 신호총을 고른다.",
    label=2,
)
CHECKS = (
    Check(_TEA, "", 1.0, "rank", (-1.0, -2.0, -3.0, -4.0)),
    Check(_RACE, "", 0.0, "rank", (-1.0, -2.0, -3.0, -4.0)),
    Check(_TEA, "정답: A", 1.0),
    Check(_RACE, "달리기 시작했으니 정답은 C입니다.", 1.0),
    Check(_RACE, "정답: B", 0.0),
    Check(_TEA, "차를 마신다.", 0.0),
)
