"""LV-Eval: answers drawn at random, the same for julja and for the official metrics.

Nothing of julja is imported here: what the official code makes of them was computed apart from it.
"""

import random
from collections.abc import Iterator
from typing import Any

COUNT = 150
ENGLISH = ("hotpotwikiqa_mixup", "factrecall_en")
CHINESE = ("multifieldqa_zh_mixup", "factrecall_zh", "cmrc_mixup", "lic_mixup", "dureader_mixup")
DATASETS = (*ENGLISH, *CHINESE)
_EN = (
    *("the", "a", "and", "of", "is", "was", "in", "her", "Ada", "Lovelace", "1843", "(London)"),
    *("wrote", "book", "book,", "Book", "machine", "engine.", "first", "U.S.", "**note**"),
)
_ZH = (
    *("中国", "北京", "在", "的", "是", "年", "2020", "大学", "主要", "公司", "经济"),
    *(
        "以及",
        "研究",
        "ABC",
        "发展",
        "“技术”",
        "和",
        "方法",
        "万元",
        "老师",
        "学生",
        "，",
        "。",
        " ",
    ),
)


def cases(dataset: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Rows {answers, answer_keywords} of a data set, and an answer for each."""
    rng = random.Random(f"lv_eval/{dataset}")
    words, gap = (_EN, " ") if dataset in ENGLISH else (_ZH, "")
    for _ in range(COUNT):
        drawn = [[words[8], *rng.choices(words, k=rng.randint(1, 8))] for _ in range(2)]
        answers = [gap.join(answer) for answer in drawn]
        # Fact recall has no key words, and of the Chinese sets not all rows have them.
        keywords = [words[8], *(word for word in drawn[0] if rng.random() < 0.5)]
        if "factrecall" in dataset or (dataset in CHINESE and rng.random() < 0.3):
            keywords = []
        said = list(drawn[0] if rng.random() < 0.7 else drawn[1])
        said = [word if rng.random() < 0.7 else rng.choice(words) for word in said]
        said += [rng.choice(words) for _ in range(rng.randint(0, 4))]
        text = gap.join(said) if rng.random() < 0.95 else rng.choice(("", " ", "。", "?"))
        row = {"answers": answers, "answer_keywords": gap.join(keywords)}
        yield {**row, "input": "?", "context": "…", "confusing_facts": []}, text
