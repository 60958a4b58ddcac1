"""AGIEval: questions of admission and qualification exams, in English and Chinese.

Paper: Zhong et al., AGIEval: A Human-Centric Benchmark for Evaluating Foundation Models, 2023,
https://arxiv.org/abs/2304.06364. Data and official code: ruixiangcui/AGIEval (MIT; the exams keep
their own terms), v1.0: src/dataset_loader.py (the zero-shot prompts, word for word),
src/evaluation.py (accuracy; the exact set of letters where several are right; MATH's equivalence
for the two without options). The few-shot prompts are in julja.benchmarks.knowledge.agieval_shots.
"""

import re
from collections.abc import Sequence
from typing import Literal

from julja.benchmarks.exams import filled, lettered
from julja.benchmarks.knowledge import agieval_shots as few
from julja.errors import ConfigError, DataError
from julja.scoring.base import FunctionScorer, unparsed
from julja.scoring.choice import letters, ranked
from julja.scoring.match import choice_letter
from julja.scoring.maths import maths
from julja.tasks.render import LETTERS
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import (
    Decoding,
    FormName,
    Json,
    Metric,
    Response,
    Row,
    Sample,
    Score,
    Scorer,
    Source,
)

ENGLISH = (
    *("aqua-rat", "gaokao-english", "logiqa-en", "lsat-ar", "lsat-lr", "lsat-rc"),
    *("sat-en", "sat-en-without-passage", "sat-math"),
)
CHINESE = (
    *("gaokao-biology", "gaokao-chemistry", "gaokao-chinese", "gaokao-geography"),
    *("gaokao-history", "gaokao-mathqa", "gaokao-physics", "jec-qa-ca", "jec-qa-kd", "logiqa-zh"),
)
CLOZE = ("math", "gaokao-mathcloze")
# Several letters may be right, and all of them must be given.
SEVERAL = ("gaokao-physics", "jec-qa-ca", "jec-qa-kd")
EXAMS = tuple(sorted((*ENGLISH, *CHINESE, *CLOZE)))
ONE_LETTER = tuple(name for name in EXAMS if name not in (*SEVERAL, *CLOZE))
_ACC = (Metric("acc"),)
_FOLDERS = {"1.0": "v1", "1.1": "v1_1"}
# How the hub's `query` ends: behind it the answer goes on.
_ENDS = re.compile(
    r"\n(?:A: (?:Among A through [A-G], t|T)he answer is|答案：(?:从A到[A-G], 我们应选择)?)\s*$"
)
_MARKS = (" Answer Choices: ", " 选项：")
_PROMPTS = ("answer", "cot", "few-shot", "few-shot-cot")


@task
def agieval(
    prompt: Literal["answer", "cot", "few-shot", "few-shot-cot"] = "answer",
    release: Literal["1.0", "1.1"] = "1.0",
) -> Task:
    """8,269 questions of 21 exams, zero-shot. `prompt=cot`: with reasoning before the answer.

    `prompt=few-shot` shows the authors' solved problems first, `few-shot-cot` with explanations.
    `release=1.1` are the 7,272 questions of the authors' files of 2024 (the hub has 1.0).
    """
    # On the command line, release=1.1 is read as a number.
    if prompt not in _PROMPTS or str(release) not in _FOLDERS:
        raise ConfigError(
            f"agieval knows prompt={'|'.join(_PROMPTS)}, release=1.0|1.1: {prompt!r}, {release!r}."
        )
    folder = _FOLDERS[str(release)]
    return Task(
        name="agieval",
        version=2,
        rows=Source(
            split="test",
            hub="hails/agieval-{subset}" if folder == "v1" else None,
            files=(f"data/{folder}/{{subset}}.jsonl", f"{folder}/{{subset}}.jsonl"),
            adapt_hub=from_hub,
        ),
        exemplars=few.SOLVED if prompt.startswith("few-shot") else None,
        subsets=EXAMS,
        sample=to_sample,
        forms=_forms(prompt),
        by=("language",),
        params={"prompt": prompt, "release": str(release)},
        card=CARD,
        checks=CHECKS,
    )


def _forms(prompt: str) -> dict[FormName, Form]:
    if prompt.startswith("few-shot"):
        return {"generate": few.form(exam_answer(), explained=prompt == "few-shot-cot")}
    return {
        "letter": Form(prompt=asked, subsets=ONE_LETTER, scorer=letters()),
        "rank": Form(prompt=asked, choices=lettered, subsets=ONE_LETTER, scorer=ranked("acc")),
        "generate": Form(
            prompt=asked if prompt == "answer" else reasoned,
            decoding=Decoding(max_tokens=32 if prompt == "answer" else 2048),
            scorer=exam_answer(),
        ),
    }


def from_hub(rows: Sequence[Row]) -> Sequence[Row]:
    """Upstream's fields of the hub's rows {query, choices, gold} or {query, answer}.

    A query is upstream's zero-shot prompt: what stands before its options and its end is passage
    and question in one.
    """
    found: list[Row] = []
    for number, row in enumerate(rows):
        end = _ENDS.search(str(row["query"]))
        if end is None:
            raise DataError(f"row {number}: the query ends in {str(row['query'])[-40:]!r}.")
        text = str(row["query"])[: end.start()]
        options = list(row.get("choices") or ())
        if options:
            text = text[: max(text.rfind(mark) for mark in _MARKS)]
        passage, mark, question = _parted(text)
        if not mark:
            raise DataError(f"row {number}: the query has no Q: and no 问题：.")
        found.append(
            {
                "passage": passage,
                "question": question,
                "options": options or None,
                "label": [LETTERS[place] for place in row.get("gold") or ()],
                "answer": row.get("answer"),
            }
        )
    return found


def _parted(text: str) -> tuple[str, str, str]:
    """Passage, mark and question, at the last mark of either language."""
    places = [(text.rfind(mark), mark) for mark in ("Q: ", "问题：")]
    place, mark = max(places)
    return (text, "", "") if place < 0 else (text[:place], mark, text[place + len(mark) :])


def asked(sample: Sample) -> str:
    """The zero-shot prompt: it ends where the answer goes on."""
    last = LETTERS[len(sample.choices) - 1] if sample.choices else ""
    if sample.fields["language"] == "en":
        return _question(sample) + (
            f"A: Among A through {last}, the answer is" if last else "A: The answer is"
        )
    return _question(sample) + (f"答案：从A到{last}, 我们应选择" if last else "答案：")


def reasoned(sample: Sample) -> str:
    """The first of the two zero-shot chain-of-thought prompts; the answer is read from its end."""
    if sample.fields["language"] == "en":
        return _question(sample) + ("" if sample.choices else "A: ") + "Let's think step by step."
    last = LETTERS[len(sample.choices) - 1] if sample.choices else ""
    asked = f"从A到{last}, 我们应选择什么？" if last else "答案："
    return f"{_question(sample)}{asked}让我们逐步思考："


def _question(sample: Sample) -> str:
    passage, options = sample.fields["passage"], " ".join(sample.fields["options"])
    if sample.fields["language"] == "en":
        shown = f" Answer Choices: {options}" if options else ""
        return f"{passage}Q: {sample.input}{shown}\n"
    shown = f" 选项：{options}" if options else ""
    return f"{passage}问题：{sample.input}{shown}\n"


def exam_answer() -> Scorer:
    """One letter, the exact set of letters, or an equal mathematical answer: as the exam wants."""
    one, equal = choice_letter(), maths()

    def score(sample: Sample, response: Response) -> Score:
        if not sample.choices:
            return equal(sample, response)
        if not sample.fields["several"]:
            return one(sample, response)
        found = find_letters(response.text, len(sample.choices))
        if not found:
            return unparsed(_ACC, "No letters were found.")
        right = {LETTERS[place] for place in sample.answer} == set(found)
        return Score({"acc": float(right)}, extracted=found)

    return FunctionScorer("exam_answer", {}, _ACC, True, score)


def find_letters(text: str, count: int) -> str:
    """The letters of an answer that may have several: all capital ones of its last line with any.

    The official script takes every capital letter of the whole answer (parse_math_answer aside),
    which is the same for the short answers that its prompts draw.
    """
    known = "".join(LETTERS[:count])
    for line in reversed(text.strip().split("\n")):
        found = re.findall(rf"(?<![A-Za-z])[{known}]+(?![A-Za-z])", line)
        if found:
            return "".join(sorted(set("".join(found))))
    return ""


def to_sample(row: Row) -> Sample:
    """A row {passage, question, options, label, answer}; the label may be several letters."""
    exam = str(row["subset"])
    language = "en" if exam in (*ENGLISH, "math") else "zh"
    if "shown" in row:
        return few.solved(row, language)
    options = [str(option) for option in row.get("options") or ()]
    fields: dict[str, Json] = {
        "exam": exam,
        "language": language,
        "passage": str(row.get("passage") or ""),
        "options": options,
        "several": False,
    }
    if exam in CLOZE:
        answer = str(row.get("answer") or "").strip()
        if not answer or options:
            raise DataError(
                f"a question of {exam} has the answer {answer!r} and options {options}."
            )
        return Sample("", str(row["question"]), target=(answer,), fields=fields)
    choices = filled([_without_letter(option) for option in options], row["question"])
    places = _places(row.get("label"), len(choices))
    # One question of JEC-QA has the empty set of right letters: nothing is right.
    if not places and not (exam in SEVERAL and row.get("label") == []):
        raise DataError(
            f"the label {row.get('label')!r} names none, or others, of the {len(choices)} options."
        )
    # A question of gaokao-mathqa has two right letters, though its exam asks for one.
    fields["several"] = exam in SEVERAL or len(places) > 1
    return Sample(
        "",
        str(row["question"]),
        target=("".join(LETTERS[place] for place in places),),
        choices=choices,
        answer=places,
        fields=fields,
    )


def _without_letter(option: str) -> str:
    return re.sub(r"^\s*\(?[A-G]\)?[.:、]?\s*", "", option) or option


def _places(label: Sequence[str] | None, count: int) -> tuple[int, ...]:
    # One label of JEC-QA ends in a full stop.
    names = [str(name) for name in label if str(name).strip("。. ")] if label else []
    found = [LETTERS.index(name.strip()) for name in names if name.strip() in LETTERS]
    whole = len(found) == len(names) and all(place < count for place in found)
    return tuple(sorted(set(found))) if whole else ()


CARD = Card(
    title="AGIEval",
    summary="Exams of law school (LSAT), civil service (LogiQA), university (SAT, Gaokao), the "
    "Chinese bar (JEC-QA) and competition mathematics: 21 files.",
    abilities=("knowledge", "reasoning", "mathematics"),
    languages=("en", "zh"),
    paper="https://arxiv.org/abs/2304.06364",
    licence="MIT (code); the exams keep their own terms",
    official_scorer="ruixiangcui/AGIEval: src/evaluation.py",
    random_baseline=0.22,
    human=0.67,
    saturation="Frontier models pass the human average of 0.67; JEC-QA and LSAT-AR are left.",
    contamination="Public exams of past years, with solutions on the web.",
    label_errors="One question of JEC-QA has no right letter, one of gaokao-mathqa two. Version "
    "1.1 (release=1.1) corrected some of the Gaokao questions and has one right letter each.",
    notes="The score is the plain mean of the exams (suite agieval), without the SAT English "
    "questions whose passage is left out. letter and rank leave out the exams with several right "
    "letters and those without options: their mean is another number. The official chain of "
    "thought asks a second time for the letter; here it is read from the one answer. Of an answer "
    "with one letter the official code takes the first capital A to F, even the A of Answer; here "
    "it is read as a letter. prompt=few-shot and few-shot-cot are the official prompts for "
    "completion models, in one text (chat models got each solved problem in a turn of its own), "
    "with as many of the file's problems as fit 2,048 tokens; --shots makes them fewer. "
    "random_baseline is by options, human the average test taker.",
    rows=8269,
)


def _row(exam: str, question: str, options: Sequence[str], label: Sequence[str]) -> Row:
    named = [f"({letter}){text}" for letter, text in zip("ABCDE", options, strict=False)]
    cloze = exam in CLOZE
    return {
        "subset": exam,
        "passage": None,
        "question": question,
        "options": None if cloze else named,
        "label": None if cloze else label,
        "answer": label if cloze else None,
    }


_SUM = _row("aqua-rat", "What is 2 + 5?", ("5", "6", "7", "8", "9"), "C")
_LAMP = _row("gaokao-physics", "下列哪些是光源？", ("太阳", "月亮", "点亮的灯", "镜子"), ["A", "C"])
_HALF = _row("math", "What is $1/4 + 1/4$?", (), r"\frac{1}{2}")
CHECKS = (
    Check(_SUM, "C", 1.0),
    Check(_SUM, " (C) 7.", 1.0),
    Check(_LAMP, "AC", 1.0),
    Check(_LAMP, "A 和 C", 1.0),
    Check(_HALF, r" $\frac12$.", 1.0),
    Check(_SUM, "D", 0.0),
    Check(_LAMP, "A", 0.0),
    Check(_HALF, " 2", 0.0),
    Check(_SUM, "", 1.0, "letter", (-3.0, -3.0, -1.0, -3.0, -3.0)),
    Check(_SUM, "", 0.0, "letter", (-0.5, -3.0, -1.0, -3.0, -3.0)),
)
