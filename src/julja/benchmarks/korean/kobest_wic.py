"""KoBEST WiC: does a word have the same meaning in two sentences? See kobest_common.py."""

from dataclasses import replace

from julja.benchmarks.korean import kobest_common as common
from julja.benchmarks.korean.kobest_boolq import CHOICES
from julja.tasks.task import Check, Task, task
from julja.types import Row, Sample

_READ = (
    ("아니오", "아니요", "아니다", "아닙", "아님", "다르", "다른", "false", "no"),
    ("예", "네", "그렇", "맞", "같", "true", "yes"),
)


@task
def kobest_wic(split: str = "test") -> Task:
    """The 1,260 pairs of the test set."""
    forms = common.word_forms(
        # lm_eval/tasks/kobest/utils.py: wic_doc_to_text.
        "문장1: {{ texts[0] }} 문장2: {{ texts[1] }} 두 문장에서 {{ word }}가 같은 뜻으로 쓰였나?",
        "두 문장에서 낱말이 같은 뜻으로 쓰였는지 답하시오.",
        "낱말: {{ word }}\n문장1: {{ texts[0] }}\n문장2: {{ texts[1] }}",
        _READ,
    )
    made = common.made("wic", "WiC", split, to_sample, forms)
    return replace(made, card=CARD, checks=CHECKS)


def to_sample(row: Row) -> Sample:
    """A row {Target, SENTENCE1, SENTENCE2, ANSWER} or the hub's {word, context_1, context_2, …}."""
    texts = [
        common.field(row, "SENTENCE1", "context_1"),
        common.field(row, "SENTENCE2", "context_2"),
    ]
    label = common.truth(row.get("ANSWER", row.get("label")))
    return common.labelled(texts, CHOICES, label, word=common.field(row, "Target", "word"))


CARD = common.card(
    "WiC",
    "Is a homonym, in brackets, used in the same meaning in two sentences? 1,260 test pairs.",
    1260,
    abilities=("language",),
    random_baseline=0.5,
    human=0.966,
)


def _row(word: str, first: str, second: str, answer: str) -> Row:
    return {"Target": word, "SENTENCE1": first, "SENTENCE2": second, "ANSWER": answer}


_BOAT = _row("배", "[배]를 타고 섬에 갔다.", "항구에 [배]가 닿았다.", "True")
_PEAR = _row("배", "[배]를 깎아 먹었다.", "[배]가 부두를 떠났다.", "FALSE")
_EYES = {"word": "눈", "context_1": "[눈]이 쌓였다.", "context_2": "[눈]을 감았다.", "label": 0}
CHECKS = (
    Check(_BOAT, "", 1.0, "rank", (-2.0, -1.0)),
    Check(_PEAR, "", 0.0, "rank", (-2.0, -1.0)),
    Check(_BOAT, "둘 다 탈것이다.\n답: 예", 1.0),
    Check(_PEAR, "답: 아니오.", 1.0),
    Check(_EYES, "다른 뜻으로 쓰였습니다.", 1.0),
    Check(_EYES, "예", 0.0),
    Check(_PEAR, "첫 문장의 배는 과일이다.", 0.0),
    Check(_BOAT, "", 1.0, "classify", (-2.0, -0.1)),
    Check(_EYES, "", 0.0, "classify", (-2.0, -0.1)),
)
