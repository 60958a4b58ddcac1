"""LV-Eval: questions at five lengths up to 256,000 words, with confusing facts put in.

Paper: Yuan et al., LV-Eval: A Balanced Long-Context Benchmark with 5 Length Levels Up to 256K,
2024, https://arxiv.org/abs/2402.05136. Data and code: infinigence/LVEval (MIT), config.py
(prompts, the longest answers) and metrics.py: F1 counts only where enough of the answer's key
words are recalled.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from julja.benchmarks.long_context.infinitebench_rules import bag_f1, chinese
from julja.benchmarks.long_context.longbench_rules import chinese_words, cutter
from julja.errors import ConfigError, DataError
from julja.scoring.base import FunctionScorer
from julja.scoring.pyrouge import rouge_l_f
from julja.scoring.text import normalise_answer
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Metric, Response, Row, Sample, Score, Scorer, Source

LENGTHS = ("16k", "32k", "64k", "128k", "256k")
Length = Literal["16k", "32k", "64k", "128k", "256k"]
_EN_ONE = (
    "Please answer the following question based on the given passages. Questions and answers are"
    " only relevant to one passage. Only give me the answer and do not output any other explanation"
    " and evidence.\n\nArticle: {context}\n\nPlease answer the following question based on the"
    " above passages. Questions and answers are only relevant to one passage. Only give me the"
    " answer and do not output any other explanation and evidence.\n\nQuestion: {input}\nAnswer:"
)
_ZH_ONE = (
    "请根据下面给定的文章回答问题，问题和答案只与其中一篇文章有关。\n\n文章：{context}\n\n{now}"
    "基于上述文章回答下面的问题，问题和答案只与其中一篇文章有关。\n\n问题：{input}\n回答："
)
# config.py, DATASET_PROMPT, word for word.
PROMPTS: Mapping[str, str] = {
    "hotpotwikiqa_mixup": "Answer the question based on the given passages. Questions and answers"
    " are only relevant to some passages. Only give me the answer and do not output any other"
    " explanation and evidence.\n\nArticle: {context}\n\nPlease answer the following question based"
    " on the above passages. Questions and answers are only relevant to some passages. Only give me"
    " the answer and do not output any other explanation and evidence.\n\nQuestion: {input}\n"
    "Answer:",
    "loogle_SD_mixup": _EN_ONE,
    "loogle_CR_mixup": _EN_ONE,
    "loogle_MIR_mixup": _EN_ONE,
    "multifieldqa_en_mixup": _EN_ONE,
    "multifieldqa_zh_mixup": "请阅读以下文章并用中文回答问题，问题和答案只与其中一篇文章有关。"
    "只需要直接给出问题的答案，不要输出其他任何解释和证据。\n\n文章：{context}\n\n请基于上面的文章"
    "回答下面的问题，问题和答案只与其中一篇文章有关。只需要直接给出问题的答案，不要输出其他任何"
    "解释和证据。\n\n问题：{input}\n回答：",
    "factrecall_en": "Please answer the following questions based on the given article.\n\nArticle:"
    " {context}\n\nPlease answer the following questions based on the above article.\n\nQuestion:"
    " {input}\nAnswer:",
    "factrecall_zh": "请基于给定的文章回答下述问题。\n\n文章：{context}\n\n现在请基于上述文章回答"
    "下面的问题。\n\n问题：{input}\n回答：",
    "cmrc_mixup": _ZH_ONE.replace("{now}", "现在请"),
    "lic_mixup": _ZH_ONE.replace("{now}", "请现在"),
    "dureader_mixup": _ZH_ONE.replace("{now}", "现在请"),
}
DATASETS = tuple(PROMPTS)
CHINESE = tuple(name for name in DATASETS if "文章" in PROMPTS[name])
# metrics.py: words that count as nothing, and the recall below which an answer scores 0.
_EMPTY_EN = frozenset(
    """
    and to of in her was with for it from is that his he by she they or at because be on are their
    what as had were about being this who but have has when which does
    """.split()  # noqa: SIM905
)
_EMPTY_ZH = frozenset(
    """
    的 和 是 等 在 年 可以 为 与 ‰ 了 或 一种 月 c 至 日 有 进行 于 不 中 × 根据 小 由 亩 也 要 指
    法 会 元 主要 以及 通过 首先 对 然后 号 以 所 后 丁 包括 无 将 用 能 形 方面 因素 位于 而 从
    到 一定 用于 但 使用 让 具有 并 亿元 万元 上 类 基于 才 来 地 片 其他 个 或者 变得 时 给 你 使
    条 受 已经 带 度
    """.split()  # noqa: SIM905
)
RECALL = {"en": 0.2, "zh": 0.4}
_SCORE = (Metric("score"),)


@task
def lv_eval(length: Length = "16k") -> Task:
    """1,729 questions of eleven data sets at one of five lengths."""
    if length not in LENGTHS:
        raise ConfigError(f"lv_eval has no length {length!r}.", hint=f"It has {LENGTHS}.")
    return Task(
        name="lv_eval",
        version=2,
        rows=Source(
            split="test",
            hub="Infinigence/LVEval",
            config=f"{{subset}}_{length}",
            files=(f"{{subset}}/{{subset}}_{length}.jsonl", f"{{subset}}_{length}.jsonl"),
        ),
        mirror="lveval",
        subsets=DATASETS,
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=lambda sample: str(sample.fields["prompt"]),
                cut="middle",
                decoding=Decoding(max_tokens=64),
                longest=lambda sample: 16 if "factrecall" in sample.fields["dataset"] else 64,
                scorer=gated(),
            )
        },
        by=("language", "confused"),
        params={"length": length},
        card=CARD,
        checks=CHECKS,
    )


def to_sample(row: Row) -> Sample:
    """A row {input, context, answers, answer_keywords, confusing_facts, dataset}."""
    name, answers = str(row["subset"]), tuple(str(answer) for answer in row["answers"])
    if name not in PROMPTS or not answers:
        raise DataError(f"a row of {name!r} has the answers {row['answers']!r}.")
    values = {"context": str(row["context"]), "input": str(row["input"])}
    confused = any(str(fact).strip() for fact in row.get("confusing_facts") or ())
    return Sample(
        "",
        str(row["input"]),
        target=answers,
        fields={
            "dataset": name,
            "language": "zh" if name in CHINESE else "en",
            "keywords": str(row.get("answer_keywords") or ""),
            "confused": "with confusing facts" if confused else "without",
            "prompt": re.sub(r"\{(context|input)\}", lambda match: values[match[1]], PROMPTS[name]),
        },
    )


def gated() -> Scorer:
    """Word F1 with the first answer, 0 where too few of the key words are recalled.

    Fact recall has no gate; DuReader is scored by ROUGE-L without its empty words.
    """

    def score(sample: Sample, response: Response) -> Score:
        # evaluation.py leaves its loop over the answers after the first.
        value = _value(sample, response.text, sample.target[0])
        return Score({"score": value}, extracted=response.text.strip()[:200] or None)

    return FunctionScorer("lv_eval", {}, _SCORE, True, score, cutter)


def _value(sample: Sample, text: str, target: str) -> float:
    name, language = sample.fields["dataset"], sample.fields["language"]
    if name == "dureader_mixup":
        return rouge_l_f(_full_words(text), _full_words(target))
    read = _words_en if language == "en" else _words_zh
    given, keywords = read(text), sample.fields["keywords"]
    if language == "zh" and not keywords:
        keywords = target
    if keywords and "factrecall" not in name:
        empty = _EMPTY_EN if language == "en" else _EMPTY_ZH
        if key_recall(given, read(keywords), empty) < RECALL[language]:
            return 0.0
    return bag_f1(given, read(target))


def key_recall(given: Sequence[str], wanted: Sequence[str], empty: frozenset[str]) -> float:
    """The share of the key words that the answer has; those that say nothing never count."""
    from collections import Counter

    shared = Counter(given) & Counter(wanted)
    return sum(n for word, n in shared.items() if word not in empty) / max(len(wanted), 1)


def _words_en(text: str) -> list[str]:
    return normalise_answer(text).split()


def _words_zh(text: str) -> list[str]:
    plain = ("".join(chinese(word)) for word in chinese_words(text))
    return [word for word in plain if word]


def _full_words(text: str) -> str:
    """The words that say something, cut twice as the official code does."""
    again = chinese_words(" ".join(chinese_words(text)))
    plain = ["".join(chinese(word)) for word in again]
    return " ".join(word for word in plain if word not in _EMPTY_ZH)


CARD = Card(
    title="LV-Eval",
    summary="Eleven data sets of single- and multi-hop questions and fact recall, the same "
    "questions at 16k, 32k, 64k, 128k and 256k words.",
    abilities=("long context", "reading"),
    languages=("en", "zh"),
    paper="https://arxiv.org/abs/2402.05136",
    licence="MIT (code), CC-BY-SA-4.0 (data)",
    official_scorer="infinigence/LVEval: metrics.py",
    saturation="Not saturated at 128k and 256k.",
    contamination="Sources are public; key words and facts are replaced and confusing ones added.",
    label_errors="Those of its sources (HotpotQA, LooGLE, CMRC, DuReader …).",
    notes="Run each length by itself: lv_eval:length=64k. The paper averages the eleven data sets "
    "at each length (score_macro). Of several answers the first alone counts, as in the official "
    "evaluation.py. Chinese answers are cut by jieba, which must be installed (pip "
    "install jieba). The middle of a prompt longer than the window is cut: see cut_tokens.",
    rows=1729,
)


def _row(dataset: str, answers: Sequence[str], keywords: str) -> Row:
    return {
        "subset": dataset,
        "input": "Who?",
        "context": "Ada wrote the book in the year 1843.",
        "answers": list(answers),
        "answer_keywords": keywords,
        "confusing_facts": [],
    }


_ADA = _row("loogle_SD_mixup", ["Ada Lovelace"], "Ada Lovelace")
_FACT = _row("factrecall_en", ["Ada"], "")
CHECKS = (
    Check(_ADA, "Ada Lovelace", 1.0),
    Check(_FACT, "Ada.", 1.0),
    Check(_ADA, "it was he", 0.0),
    Check(_FACT, "Ben", 0.0),
)
