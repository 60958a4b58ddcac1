"""RULER: how long a text a model really uses, by thirteen generated tasks.

Paper: Hsieh et al., RULER: What's the Real Context Size of Your Long-Context Language Models?, COLM
2024, https://arxiv.org/abs/2404.06654. Code: NVIDIA/RULER (Apache-2.0); scores as
scripts/eval/synthetic/constants.py (string_match_all, string_match_part).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

from julja.benchmarks.long_context.haystack import counter, prose
from julja.benchmarks.long_context.ruler_tasks import (
    NIAH,
    Draft,
    Question,
    Setting,
    common_words,
    frequent_words,
    question,
    variable_tracking,
)
from julja.benchmarks.reading.squad_files import flatten
from julja.errors import ConfigError
from julja.scoring.base import FunctionScorer, unparsed
from julja.tasks.task import Card, Check, Form, Generated, Task, task
from julja.types import Decoding, Metric, Response, Row, Sample, Score, Scorer, Source

QA = {"qa_1": "squad", "qa_2": "hotpotqa"}
_MADE: Mapping[str, Callable[[Setting], Draft]] = {
    **{name: kind.draft for name, kind in NIAH.items()},
    "vt": variable_tracking,
    "cwe": common_words,
    "fwe": frequent_words,
}
TASKS = (*_MADE, *QA)
# The longest answers, in tokens.
LONGEST = {"vt": 30, "cwe": 120, "fwe": 50, "qa_1": 32, "qa_2": 32}
NIAH_LONGEST = 128
_SCORE = (Metric("score"),)
_CONTROL = re.compile(r"[\x00-\x1f]")
MATERIAL = {
    "qa_1": (
        "squad",
        Source(
            split="validation",
            hub="rajpurkar/squad_v2",
            revision="3ffb306f725f7d2ce8394bc1873b24868140c412",
            config="squad_v2",
            files=("dev-v2.0.json", "dev-v2.0*.json"),
            adapt=flatten,
        ),
    ),
    "qa_2": (
        "hotpotqa",
        Source(
            split="validation",
            hub="hotpotqa/hotpot_qa",
            revision="1908d6afbbead072334abe2965f91bd2709910ab",
            config="distractor",
            files=("hotpot_dev_distractor_v1.json",),
        ),
    ),
}


@task
def ruler(
    lengths: str = "4096", samples: int = 500, haystack: str = "", tokenizer: str = ""
) -> Task:
    """`samples` of each task at each of `lengths` (tokens, joined by "+": 4096+8192).

    `haystack` is a text file or a folder of .txt files (julja's own prose without it), `tokenizer`
    a tokenizer.json to count by; without it lengths are estimated.
    """
    wanted = _lengths(lengths)
    if samples < 1:
        raise ConfigError(f"ruler: samples={samples} asks for nothing.")
    read: dict[str, tuple[list[Question], list[str]]] = {}

    def make(seed: int, subset: str, material: Sequence[Row]) -> list[Row]:
        count = samples
        if subset in QA:
            read[subset] = _squad(material) if subset == "qa_1" else _hotpot(material)
            count = min(samples, len(read[subset][0]))
        return [
            {"task": subset, "length": length, "index": index, "seed": seed}
            for length in wanted
            for index in range(count)
        ]

    def draft(row: Row) -> Draft:
        name, length, seed = str(row["task"]), int(row["length"]), int(row["seed"])
        setting = Setting(
            random=Random(f"ruler {name} {length} {row['index']} {seed}"),
            room=length - LONGEST.get(name, NIAH_LONGEST),
            count=counter(tokenizer),
            exact=bool(tokenizer),
            prose=prose(haystack, tokenizer, max(wanted, default=length), seed),
        )
        if name in QA:
            questions, documents = read[name]
            return question(setting, questions[int(row["index"])], documents)
        return _MADE[name](setting)

    def to_sample(row: Row) -> Sample:
        identity = f"{row['length']}-{row['index']}"
        return Sample(identity, str(row["task"]), target=draft(row).targets, fields=row)

    return Task(
        name="ruler",
        rows=Generated(make=make, material=MATERIAL),
        subsets=TASKS,
        sample=to_sample,
        grid=("task", "length") if len(wanted) > 1 else None,
        forms={
            "generate": Form(
                # Built when asked: all texts at once would not fit into memory.
                prompt=lambda sample: draft(sample.fields).render(),
                decoding=Decoding(max_tokens=NIAH_LONGEST),
                longest=lambda sample: LONGEST.get(str(sample.fields["task"]), NIAH_LONGEST),
                scorer=matching(),
            )
        },
        card=CARD,
        checks=CHECKS,
    )


def _lengths(text: str) -> list[int]:
    try:
        found = [int(part) for part in str(text).split("+")]
    except ValueError:
        found = []
    if not found or min(found) < 512:
        raise ConfigError(
            f"ruler: lengths={text} is no list of lengths of 512 tokens and more.",
            hint="For example lengths=4096 or lengths=4096+8192+16384.",
        )
    return found


def _squad(rows: Sequence[Row]) -> tuple[list[Question], list[str]]:
    """Questions that have an answer; an article's other paragraphs are near."""
    articles: dict[str, dict[str, None]] = {}
    for row in rows:
        articles.setdefault(row["title"], {})[row["context"]] = None
    questions = [
        Question(
            row["question"],
            tuple(dict.fromkeys(row["answers"]["text"])),
            (row["context"],),
            tuple(text for text in articles[row["title"]] if text != row["context"]),
        )
        for row in rows
        if row["answers"]["text"]
    ]
    return questions, sorted({row["context"] for row in rows})


def _hotpot(rows: Sequence[Row]) -> tuple[list[Question], list[str]]:
    """All paragraphs of a question go with it; the hub's layout and upstream's."""
    questions = []
    for row in rows:
        context = row["context"]
        pairs = (
            zip(context["title"], context["sentences"], strict=True)
            if isinstance(context, Mapping)
            else context
        )
        texts = tuple(f"{title}\n{''.join(sentences)}" for title, sentences in pairs)
        questions.append(Question(row["question"], (row["answer"],), texts))
    return questions, sorted({text for asked in questions for text in asked.gold})


def matching() -> Scorer:
    """The share of the targets that occur in the answer; in QA, whether one does."""

    def score(sample: Sample, response: Response) -> Score:
        text = _CONTROL.sub("\n", response.text.strip()).strip().lower()
        if not text:
            return unparsed(_SCORE, "The response is empty.")
        found = [target.lower() in text for target in sample.target]
        value = float(any(found)) if sample.fields["task"] in QA else sum(found) / len(found)
        return Score({"score": value}, explanation=f"{sum(found)} of {len(found)} are said.")

    return FunctionScorer("ruler", {}, _SCORE, False, score)


CARD = Card(
    title="RULER",
    summary="Needles with one or many keys and values, chains of variables, most frequent words "
    "and questions over documents, generated for any length.",
    abilities=("long context", "retrieval", "reasoning"),
    paper="https://arxiv.org/abs/2404.06654",
    licence="Apache-2.0 (the method); words and prose are julja's own; SQuAD 2.0 and HotpotQA: "
    "CC-BY-SA-4.0",
    official_scorer="string_match_all and string_match_part (NVIDIA/RULER scripts/eval)",
    random_baseline=0.0,
    saturation="GPT-4-1106 had 0.966 at 4k and 0.812 at 128k; models of 2025 pass 0.9 at 128k.",
    contamination="Generated, so texts are new with each --seed; SQuAD and HotpotQA are known.",
    label_errors="None where answers are made by the program; qa_1 and qa_2 have those of SQuAD 2.0"
    " and HotpotQA.",
    notes="The answer's beginning stands at the end of the prompt, for a chat model at the end of "
    "the user's turn. The paper calls the longest length with at least 0.856 (Llama-2-7B at 4k) "
    "the effective one and reports the mean of the 13 (score_macro). Words and prose differ from "
    "the paper's (haystack=FOLDER takes its essays); lengths are estimated tokens "
    "unless tokenizer= names a tokenizer.json. qa_1 and qa_2 need SQuAD 2.0's and HotpotQA's "
    "validation files.",
    rows=6500,
)
_CHAIN = {"task": "vt", "length": 1024, "index": 0, "seed": 0}
CHECKS = (
    Check(_CHAIN, "HQTVF, JUARY, TLJUU, OMLFI, PQRMQ", 1),
    Check(_CHAIN, "XXXXX", 0),
)
