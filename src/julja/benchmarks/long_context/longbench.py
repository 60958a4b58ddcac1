"""LongBench (v1) and LongBench v2: understanding of long documents in English and Chinese.

Papers: Bai et al., LongBench, ACL 2024, https://arxiv.org/abs/2308.14508; Bai et al., LongBench v2,
2024, https://arxiv.org/abs/2412.15204; Huang et al., MiniLongBench, ACL 2025,
https://arxiv.org/abs/2505.19959. Code and prompts: THUDM/LongBench (MIT), LongBench/{config,
eval.py,metrics.py} and prompts/0shot.txt, pred.py, result.py.
"""

import ast
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from julja.benchmarks.exams import filled, lettered, place_of
from julja.benchmarks.long_context.longbench_rules import FIRST_LINE, RULES, cutter, score_of
from julja.errors import ConfigError, DataError
from julja.scoring.base import FunctionScorer
from julja.scoring.chain import letter_chain
from julja.scoring.choice import letters, ranked
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Score, Scorer, Source

DATASETS = tuple(RULES)
CHINESE = ("multifieldqa_zh", "dureader", "vcsum", "lsht", "passage_retrieval_zh")
_SCORE = (Metric("score"),)


@task
def longbench(mini: bool = False, characters: int = 0) -> Task:
    """4,750 questions of 21 data sets; `mini`: MiniLongBench's 237 of them.

    Of a prompt longer than `characters` the middle is left out (0: only what the model's window
    asks for), as a smoke test or a server with a small window needs.
    """
    if characters < 0:
        raise ConfigError(f"characters={characters}: a prompt can't be that long.")
    full = Source(
        split="test",
        hub="Xnhyacinth/LongBench",
        revision="2e9ade51ebf45d98942056c0716234f9d5d257d5",
        config="{subset}",
        files=("data/{subset}.jsonl", "{subset}.jsonl"),
    )
    small = Source(
        split="test",
        files=("minilongbench/pred_data/example/MiniLongBench_{subset}.json",),
        adapt=recorded_rows,
    )
    return Task(
        name="longbench",
        rows=small if mini else full,
        subsets=DATASETS,
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=lambda sample: middle_out(str(sample.fields["prompt"]), characters),
                cut="middle",
                decoding=Decoding(max_tokens=512),
                longest=lambda sample: int(_settings()[sample.fields["dataset"]]["tokens"]),
                scorer=by_rule(first_line=not mini),
            )
        },
        by=("language",),
        responses=recorded,
        params={"mini": mini, "characters": characters},
        card=CARD,
        checks=CHECKS,
    )


@cache
def _settings() -> Mapping[str, Json]:
    file = Path(__file__).with_name("longbench.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def middle_out(text: str, characters: int) -> str:
    """A text without its middle where it is longer than `characters`; 0 keeps all of it."""
    if not 0 < characters < len(text):
        return text
    half = characters // 2
    return text[:half] + text[len(text) - (characters - half) :]


def by_rule(first_line: bool = True) -> Scorer:
    """Each data set's own measure. Without `first_line` answers are not cut at their first line
    end, as in MiniLongBench's own code."""

    def score(sample: Sample, response: Response) -> Score:
        name, text = sample.fields["dataset"], response.text
        if first_line or name not in FIRST_LINE:
            value = score_of(name, text, sample.target, sample.fields["classes"])
        else:
            classes = sample.fields["classes"]
            value = max(RULES[name](text, target, classes) for target in sample.target)
        return Score({"score": value}, extracted=text.strip()[:200] or None)

    return FunctionScorer("longbench", {"first_line": first_line}, _SCORE, True, score, cutter)


def to_sample(row: Row) -> Sample:
    """A row {input, context, answers, all_classes, _id}, or one with its whole `prompt`."""
    name = str(row["subset"])
    answers = tuple(str(answer) for answer in row["answers"])
    if name not in RULES or not answers:
        raise DataError(f"row {row.get('_id')} of {name!r} has the answers {row['answers']!r}.")
    classes = list(row.get("all_classes") or ())
    if name in ("trec", "lsht") and not classes:
        raise DataError(f"row {row.get('_id')} of {name} has no classes.")
    return Sample(
        str(row.get("_id") or ""),
        str(row.get("input") or ""),
        target=answers,
        fields={
            "dataset": name,
            "language": "zh" if name in CHINESE else "en",
            "classes": classes,
            "prompt": row.get("prompt") or _prompt(name, row),
        },
    )


def _prompt(name: str, row: Row) -> str:
    values = {"context": str(row["context"]), "input": str(row["input"])}
    # One pass: a context may hold braces of its own.
    template = str(_settings()[name]["prompt"])
    return re.sub(r"\{(context|input)\}", lambda match: values[match[1]], template)


def recorded_rows(content: Json) -> Sequence[Row]:
    """MiniLongBench's files {number: {origin_prompt, prediction, gold}} as rows."""
    rows = []
    for number, item in content.items():
        gold = item["gold"]
        found = ast.literal_eval(gold) if isinstance(gold, str) and gold[:1] in "[{" else gold
        classes: Json = []
        if isinstance(found, Mapping):
            classes, found = found.get("all_classes"), found["answers"]
        answers = found if isinstance(found, list) else [found]
        prompt = item["origin_prompt"]
        rows.append({"_id": number, "prompt": prompt, "answers": answers, "all_classes": classes})
    return rows


def recorded(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """The authors' prediction rows {pred, …} in the files' order; MiniLongBench's by number."""
    if isinstance(content, Mapping):
        return [{"id": name, "response": item["prediction"]} for name, item in content.items()]
    if content and "pred" in content[0]:
        return [
            {"id": sample.id, "response": row["pred"]}
            for sample, row in zip(samples, content, strict=False)
        ]
    return list(content)


@task
def longbench_v2(unparsed: str = "wrong") -> Task:
    """503 questions with four options over texts of 8,000 to two million words.

    `unparsed=random` is the authors' "compensated" accuracy: 1/4 for an answer that can't be read.
    """
    return Task(
        name="longbench_v2",
        rows=Source(
            split="train",
            hub="THUDM/LongBench-v2",
            config="default",
            revision="2b48e494f2c7a2f0af81aae178e05c7e1dde0fe9",
            files=("data.json", "longbench_v2/data.json"),
        ),
        sample=to_choice,
        forms={
            "generate": Form(
                prompt=_V2_PROMPT,
                cut="middle",
                decoding=Decoding(max_tokens=128, temperature=0.1),
                scorer=letter_chain(_V2_PATTERNS, unparsed, _unstarred),  # type: ignore[arg-type]
            ),
            "letter": Form(
                prompt=_V2_PROMPT + "\n\nThe correct answer is (", cut="middle", scorer=letters()
            ),
            "rank": Form(
                prompt=_V2_PROMPT + "\n\nThe correct answer is",
                choices=lambda sample: [f" ({letter.strip()})" for letter in lettered(sample)],
                scorer=ranked("acc"),
            ),
        },
        by=("difficulty", "length", "domain"),
        params={"unparsed": unparsed},
        card=CARD_V2,
        checks=CHECKS_V2,
    )


# prompts/0shot.txt, and the two patterns of pred.py (extract_answer), asterisks removed.
_V2_PROMPT = (
    "Please read the following text and answer the question below.\n\n<text>\n{{ context }}\n"
    "</text>\n\nWhat is the correct answer to this question: {{ input }}\nChoices:\n"
    "(A) {{ choices[0] }}\n(B) {{ choices[1] }}\n(C) {{ choices[2] }}\n(D) {{ choices[3] }}\n\n"
    'Format your response as follows: "The correct answer is (insert answer here)".'
)
_V2_PATTERNS = (r"The correct answer is \(([A-D])\)", r"The correct answer is ([A-D])")


def _unstarred(text: str) -> str:
    return text.replace("*", "")


def to_choice(row: Row) -> Sample:
    """A row {_id, question, choice_A-D, answer, context, difficulty, length, domain}."""
    choices = filled([row[f"choice_{letter}"] for letter in "ABCD"], row["_id"])
    place = place_of(row["answer"], choices)
    return Sample(
        str(row["_id"]),
        str(row["question"]).strip(),
        target=("ABCD"[place],),
        choices=choices,
        answer=(place,),
        fields={
            "context": str(row["context"]).strip(),
            **{name: row.get(name) for name in ("difficulty", "length", "domain")},
        },
    )


_CUT = (
    "The middle of a prompt that is longer than the model's window is cut, as in the official "
    "code, and a sample says how much (cut_tokens): read the score beside it. A server refuses "
    "such a prompt."
)
CARD = Card(
    title="LongBench",
    summary="Question answering, summaries, few-shot learning, synthetic tasks and code over "
    "texts of 5,000 to 15,000 words, in English and Chinese.",
    abilities=("long context", "reading"),
    languages=("en", "zh"),
    paper="https://arxiv.org/abs/2308.14508",
    licence="MIT",
    official_scorer="THUDM/LongBench: LongBench/eval.py, metrics.py",
    saturation="Within the window of all current models; scores are limited by the metrics.",
    contamination="Made of public data sets (HotpotQA, NarrativeQA, TREC …) with known answers.",
    label_errors="Those of its sources; F1 and ROUGE punish right answers in other words.",
    notes="The paper averages its six categories. Chinese answers are cut by jieba, which must be "
    "installed (pip install jieba). Code is compared by difflib's ratio; with python-Levenshtein "
    f"installed the official ratio differs slightly. {_CUT} mini=true is MiniLongBench.",
    rows=4750,
)
CARD_V2 = Card(
    title="LongBench v2",
    summary="Questions with four options over documents, books, dialogues, tables and code, "
    "written by experts so that a search does not answer them.",
    abilities=("long context", "reasoning"),
    paper="https://arxiv.org/abs/2412.15204",
    licence="Apache-2.0",
    official_scorer="THUDM/LongBench: pred.py, result.py",
    random_baseline=0.25,
    human=0.537,
    saturation="Reasoning models reach 0.6 to 0.7; people under 15 minutes 0.537.",
    contamination="Questions written in 2024; the documents are public.",
    label_errors="Each question passed an automatic and a manual review; no audit by others "
    "is published.",
    notes=f"The authors sample at temperature 0.1. {_CUT}",
    rows=503,
)


def _row(dataset: str, context: str, question: str, answers: Sequence[str]) -> Row:
    return {
        "subset": dataset,
        "_id": "x",
        "context": context,
        "input": question,
        "answers": list(answers),
        "all_classes": ["Date", "Person"] if dataset == "trec" else None,
    }


_WHO = _row("hotpotqa", "Ada wrote it.", "Who wrote it?", ["Ada"])
_KIND = _row("trec", "Question: Who?\nType: Person", "Question: When?\nType:", ["Date"])
CHECKS = (
    Check(_WHO, "Ada.", 1.0),
    Check(_KIND, "Date\nQuestion: Who?\nType: Person", 1.0),
    Check(_WHO, "Ben", 0.0),
    Check(_KIND, "Person", 0.0),
)
_BOOK: Row = {
    "_id": "b",
    "question": "Who opens the door?",
    "choice_A": "Ada",
    "choice_B": "Ben",
    "choice_C": "Fay",
    "choice_D": "nobody",
    "answer": "C",
    "context": "Fay opens the door.",
}
CHECKS_V2 = (
    Check(_BOOK, "The correct answer is (C).", 1.0),
    Check(_BOOK, "**The correct answer is** C", 1.0),
    Check(_BOOK, "The correct answer is (A)", 0.0),
    Check(_BOOK, "C", 0.0),
    Check(_BOOK, "", 1.0, "letter", (-3.0, -2.0, -0.5, -4.0)),
    Check(_BOOK, "", 0.0, "letter", (-0.3, -2.0, -0.5, -4.0)),
)
