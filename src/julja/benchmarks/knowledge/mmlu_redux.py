"""MMLU-Redux 2.0: 5,700 of MMLU's questions, 100 of each subject, checked by people.

Paper: Gema et al., Are We Done with MMLU?, NAACL 2025, https://arxiv.org/abs/2406.04127. Data:
edinburgh-dawg/mmlu-redux-2.0 (CC-BY-4.0); aryopg/mmlu-redux: outputs/multi_expert_helm/all.csv has
the same rows with 14 models' answers. Prompts and exemplars are MMLU's.
"""

import ast
from collections.abc import Sequence
from dataclasses import replace

from julja.benchmarks.exams import filled, place_of
from julja.benchmarks.knowledge import mmlu
from julja.errors import DataError, did_you_mean
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Json, Row, Sample, Source

PER_SUBJECT = 100
# What people found wrong with a question.
ERRORS = (
    "bad_question_clarity",
    "bad_options_clarity",
    "no_correct_answer",
    "multiple_correct_answers",
    "wrong_groundtruth",
    "expert",
)


@task
def mmlu_redux(clean: bool = False, column: str = "") -> Task:
    """All 5,700 questions by MMLU's own keys; `clean`: only those without an error.

    `column` names the model in the authors' table of answers.
    """
    return Task(
        name="mmlu_redux",
        rows=Source(
            split="test",
            hub="edinburgh-dawg/mmlu-redux-2.0",
            config="{subset}/data-00000-of-00001.arrow",
            revision="372ea425445d51e1ba1188c56e5e893f8138621f",
            files=("data/{subset}.csv", "outputs/multi_expert_helm/all.csv"),
            subset_field="subject",
            adapt=(lambda rows: _clean(by_subject(rows))) if clean else by_subject,
            adapt_hub=_clean if clean else None,
        ),
        exemplars=None,
        subsets=mmlu.SUBJECTS,
        sample=to_sample,
        forms={name: _zero_shot(form) for name, form in mmlu.mmlu().forms.items()},
        by=("error_type",),
        responses=(lambda content, samples: answers(content, clean, column)) if column else None,
        params={"clean": clean},
        card=CARD,
        checks=CHECKS,
    )


def _zero_shot(form: Form) -> Form:
    # MMLU's exemplars are another data set's.
    return replace(form, shots=0)


def by_subject(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of the authors' table with their subject: blocks of 100 in the subjects' order."""
    if "groundtruth_answer" not in rows[0]:
        return rows
    if len(rows) != PER_SUBJECT * len(mmlu.SUBJECTS):
        raise DataError(
            f"the table has {len(rows)} rows, not 100 for each of 57 subjects: is it cut?"
        )
    return [{"subject": mmlu.SUBJECTS[n // PER_SUBJECT], **row} for n, row in enumerate(rows)]


def _clean(rows: Sequence[Row]) -> Sequence[Row]:
    return [row for row in rows if row["error_type"] == "ok"]


def to_sample(row: Row) -> Sample:
    """A row of the hub {question, choices, answer, error_type}, or of the authors' table."""
    kind = str(row["error_type"])
    if kind != "ok" and kind not in ERRORS:
        raise DataError(f"the error type {kind!r} is unknown.", hint=did_you_mean(kind, ERRORS))
    options = row["choices"]
    choices = filled(_read_list(options) if isinstance(options, str) else options, row["question"])
    label = row["groundtruth_answer"] if "groundtruth_answer" in row else row["answer"]
    place = place_of(label, choices)
    subject = str(row.get("subset") or row.get("subject") or "")
    return Sample(
        "",
        str(row["question"]),
        target=(mmlu.LETTERS[place],),
        choices=choices,
        answer=(place,),
        fields={
            "subject": subject,
            "category": mmlu.CATEGORY_OF.get(subject),
            "error_type": kind,
        },
    )


def _read_list(text: str) -> Sequence[Json]:
    try:
        found: Sequence[Json] = ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise DataError(f"the options are no list: {text[:80]!r}.") from error
    return found


def answers(content: Sequence[Row], clean: bool, column: str) -> Sequence[Row]:
    """One model's answers in the authors' table, row by row."""
    rows = by_subject(content)
    if column not in rows[0]:
        raise DataError(f"the table has no column {column!r}.", hint=f"It has {list(rows[0])}.")
    counts: dict[str, int] = {}
    found = []
    for row in _clean(rows) if clean else rows:
        subject = row["subject"]
        place = counts.get(subject, 0)
        counts[subject] = place + 1
        found.append({"id": f"{subject}/test-{place}", "response": str(row[column]).strip()})
    return found


CARD = Card(
    title="MMLU-Redux 2.0",
    summary="100 questions of each of MMLU's 57 subjects, with what is wrong about them: 370 of "
    "5,700 have an error.",
    abilities=("knowledge", "reasoning"),
    paper="https://arxiv.org/abs/2406.04127",
    licence="CC-BY-4.0",
    official_scorer="aryopg/mmlu-redux; hendrycks/test: evaluate.py",
    random_baseline=0.25,
    human=0.898,
    saturation="As MMLU: about 0.9, and about 0.02 higher on the clean questions.",
    contamination="As MMLU: public since 2020.",
    label_errors="6.49 % by the authors' count: 132 unclear questions, 107 wrong keys, 39 with "
    "several right options, 35 with none, 32 for an expert, 25 unclear options.",
    notes="Scored by MMLU's own keys, wrong ones included, as the authors do; by error_type shows "
    "what they cost, clean=true leaves those questions out. The subject macro average is "
    "acc_macro. Zero-shot here; published numbers are mostly 5-shot with MMLU's exemplars.",
    rows=5700,
)


def _row(question: str, choices: Sequence[str], answer: int, kind: str = "ok") -> Row:
    return {
        "subset": "astronomy",
        "question": question,
        "choices": list(choices),
        "answer": answer,
        "error_type": kind,
    }


_MOON = _row("What does the moon turn around?", ("The sun", "Mars", "The earth", "Venus"), 2)
_DAY = _row("How long is a day?", ("24 hours", "12 hours", "1 hour", "1 week"), 0, "expert")
CHECKS = (
    Check(_MOON, "", 1.0, "letter", (-3.0, -2.0, -1.0, -4.0)),
    Check(_DAY, "", 0.0, "letter", (-3.0, -2.0, -1.0, -4.0)),
    Check(_MOON, "Answer: C", 1.0),
    Check(_DAY, "Answer: B", 0.0),
)
