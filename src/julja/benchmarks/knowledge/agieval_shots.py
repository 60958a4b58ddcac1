"""AGIEval's few-shot prompts: the exam's own solved problems first, then the one that is asked.

ruixiangcui/AGIEval, v1.0: data/few_shot_prompts.csv; src/dataset_loader.py (combine_prompt,
concat_prompt, convert_few_shot) as run_prediction.py calls it for completion models, word for word.
"""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from julja.errors import DataError
from julja.scoring.base import FunctionScorer
from julja.tasks.task import Form, Picker
from julja.types import Decoding, Response, Row, Sample, Score, Scorer, Source

STOP = "<END>"
SEPARATOR = f"\n{STOP}\n"
# As many problems as an exam has in the file.
MOST = 5
# Exam -> how many of its problems are shown without and with their explanations: as many as stay
# below 2,048 tokens of GPT-4's tokenizer together, counted by that tokenizer (cl100k_base).
SHOWN = {
    "aqua-rat": (5, 5),
    "gaokao-biology": (5, 4),
    "gaokao-chemistry": (5, 3),
    "gaokao-chinese": (1, 1),
    "gaokao-english": (3, 3),
    "gaokao-geography": (5, 5),
    "gaokao-history": (5, 5),
    "gaokao-mathcloze": (5, 5),
    "gaokao-mathqa": (5, 5),
    "gaokao-physics": (5, 2),
    "jec-qa-ca": (5, 3),
    "jec-qa-kd": (5, 3),
    "logiqa-en": (3, 3),
    "logiqa-zh": (3, 3),
    "lsat-ar": (3, 3),
    "lsat-lr": (3, 3),
    "lsat-rc": (2, 2),
    "math": (4, 4),
    "sat-en": (3, 2),
    "sat-en-without-passage": (3, 3),
    "sat-math": (5, 5),
}
_TOLD = re.compile(r"The answer is therefore|答案是")


def problems(content: Sequence[Row]) -> list[Row]:
    """Rows {exam, passage, question, options, shown, explanation} of the file of solved problems.

    It has a column for each exam, and in turn a row of problems (dicts in Python's notation) and
    a row of their explanations. SAT English without passages has those of SAT English.
    """
    rows: list[Row] = []
    for number in range(0, len(content) - 1, 2):
        for exam, text in content[number].items():
            if exam and text:
                rows.append(_problem(str(exam), str(text), str(content[number + 1][exam])))
    bare = [
        {**row, "exam": "sat-en-without-passage", "passage": ""}
        for row in rows
        if row["exam"] == "sat-en"
    ]
    return rows + bare


def _problem(exam: str, text: str, explanation: str) -> Row:
    try:
        read = ast.literal_eval(text)
        options, answer = read["options"], read.get("answer")
        label = answer if options is None else read["label"]
        passage, question = read["passage"] or "", read["question"]
    except (ValueError, SyntaxError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"a solved problem of {exam} can't be read: {text[:60]!r}.",
            hint="Upstream's file is data/few_shot_prompts.csv.",
        ) from error
    return {
        "exam": exam,
        "passage": str(passage),
        "question": str(question),
        "options": [str(option) for option in options or ()],
        # Several letters are written as Python writes a list.
        "shown": str(label),
        "explanation": explanation.replace("\n\n", "\n"),
    }


SOLVED = Source(
    split="few-shot",
    files=("data/few_shot_prompts.csv", "few_shot_prompts.csv"),
    adapt=problems,
    subset_field="exam",
)


def form(scorer: Scorer, *, explained: bool) -> Form:
    """The few-shot prompt; with `explained`, its problems are solved step by step."""
    return Form(
        header=head,
        prompt=numbered,
        answer=answered(explained),
        separator=SEPARATOR,
        pick=shown(explained),
        shots=MOST,
        decoding=Decoding(max_tokens=2000, stop=(STOP,)),
        scorer=told_answer(scorer),
    )


def solved(row: Row, language: str) -> Sample:
    """A problem that is shown with its answer."""
    kept = ("exam", "passage", "options", "explanation")
    fields = {**{name: row[name] for name in kept}, "language": language}
    return Sample("", str(row["question"]), target=(str(row["shown"]),), fields=fields)


def head(sample: Sample) -> str:
    """What stands above the solved problems."""
    if sample.fields["language"] == "en":
        return "Here are the answers for the problems in the exam.\n"
    return "以下是考试中各个问题的答案。\n"


def numbered(sample: Sample) -> str:
    """A problem with its number, solved or asked."""
    english, number = sample.fields["language"] == "en", sample.fields["number"]
    start = f"Problem {number}.   " if english else f"问题 {number}.   "
    if not sample.fields["options"]:
        return f"{start}{sample.input}\n"
    choose = "Choose from the following options:" if english else "从以下选项中选择:"
    options = " ".join(sample.fields["options"])
    return f"{start}{sample.fields['passage']} {sample.input}\n{choose}    {options}\n"


def answered(explained: bool) -> Callable[[Sample], str]:
    """What follows a solved problem: its answer, or its explanation and answer."""

    def answer(sample: Sample) -> str:
        number, why = sample.fields["number"], sample.fields["explanation"]
        if sample.fields["language"] == "en":
            first = f"Explanation for Problem {number}:   {why}\n"
            last = f"The answer is therefore {sample.target[0]}"
        else:
            first, last = f"问题 {number}的解析:   {why}\n", f"答案是 {sample.target[0]}"
        return first + last if explained else last

    return answer


def shown(explained: bool) -> Picker:
    """The exam's first problems, as many as the official prompt has room for."""

    def pick(pool: Sequence[Sample], sample: Sample, shots: int, seed: int) -> Sequence[Sample]:
        return pool[: min(shots, SHOWN[str(sample.fields["exam"])][explained])]

    return pick


def told(text: str) -> str:
    """The answer as the solved problems give it: what follows the last "The answer is therefore".

    A text without one is taken whole, up to where the next problem would begin.
    """
    own = text.split(STOP)[0]
    marks = list(_TOLD.finditer(own))
    return own[marks[-1].end() :].strip().split("\n")[0] if marks else own


def told_answer(scorer: Scorer) -> Scorer:
    """What `scorer` says of the answer that is told at the end."""

    def score(sample: Sample, response: Response) -> Score:
        return scorer(sample, replace(response, text=told(response.text)))

    return FunctionScorer("told_answer", {}, scorer.metrics, True, score)
