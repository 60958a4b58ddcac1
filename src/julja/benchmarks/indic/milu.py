"""MILU: Indian exams in eleven languages.

Paper: Verma et al., MILU: A Multi-task Indic Language Understanding Benchmark, NAACL 2025,
https://arxiv.org/abs/2411.02538. Data and official code: AI4Bharat/MILU (CC-BY-4.0; gated on the
hub), a task of lm-evaluation-harness: the options are shown and their texts ranked, five shots from
the head of the validation split.
"""

import re
from collections.abc import Sequence

from julja.benchmarks.exams import filled
from julja.benchmarks.knowledge.common import reasoned
from julja.errors import DataError
from julja.scoring.choice import letters, ranked
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Row, Sample, Source

LANGUAGES = {
    "Bengali": "bn",
    "English": "en",
    "Gujarati": "gu",
    "Hindi": "hi",
    "Kannada": "kn",
    "Malayalam": "ml",
    "Marathi": "mr",
    "Odia": "or",
    "Punjabi": "pa",
    "Tamil": "ta",
    "Telugu": "te",
}
_OPTIONS = ("option1", "option2", "option3", "option4")
_LETTERED = (
    "{{ input }}{% for choice in choices %}\n{{ letters[loop.index0] }}. {{ choice }}{% endfor %}"
    "\nAnswer:"
)
_RANKED = "Question: " + _LETTERED.replace("{{ input }}", "{{ input }}\nChoices:")


@task
def milu() -> Task:
    """79,617 questions in eleven languages, by domain."""
    return Task(
        name="milu",
        version=2,
        rows=_source("test"),
        exemplars=_source("validation"),
        pick="first",
        subsets=tuple(LANGUAGES),
        sample=to_sample,
        forms={
            "rank": Form(prompt=_RANKED, shots=5, scorer=ranked("acc")),
            "letter": Form(
                prompt=_LETTERED,
                answer=" {{ letters[answer[0]] }}",
                shots=5,
                scorer=letters(),
            ),
            "generate": reasoned(),
        },
        by=("domain",),
        card=CARD,
        checks=CHECKS,
    )


def _source(split: str) -> Source:
    return Source(
        split=split,
        hub="ai4bharat/MILU",
        config="{subset}",
        files=(f"{{subset}}/{split}.jsonl", f"data/{{subset}}/{split}*.parquet"),
    )


def to_sample(row: Row) -> Sample:
    """A row {question, option1-4, target: "option3", language, domain, subject}."""
    match = re.fullmatch(r"option([1-4])", str(row["target"]).strip())
    if match is None:
        raise DataError(f"the target is {row['target']!r}, not option1 to option4.")
    choices = filled([row[name] for name in _OPTIONS], row["question"])
    place = int(match[1]) - 1
    return Sample(
        "",
        str(row["question"]).strip(),
        target=(choices[place],),
        choices=choices,
        answer=(place,),
        fields={"domain": row.get("domain"), "exam": row.get("subject")},
    )


CARD = Card(
    title="MILU",
    summary="Questions of Indian national, state and civil exams in eight domains and 41 subjects, "
    "with much that is specific to India.",
    abilities=("knowledge", "reasoning"),
    languages=tuple(LANGUAGES.values()),
    paper="https://arxiv.org/abs/2411.02538",
    licence="CC-BY-4.0",
    official_scorer="AI4Bharat/MILU: lm_eval/tasks/milu (rank)",
    random_baseline=0.25,
    saturation="GPT-4o reaches 0.72 on average; open models of 2024 0.45 to 0.6.",
    contamination="Public exams on the web; gated since 2024.",
    label_errors="A quarter of the questions in each language but English and Hindi were "
    "translated by machine and checked in part.",
    notes="The paper's score is the plain mean of the languages (acc_macro). The data are gated: "
    "accept the terms on the hub and set HF_TOKEN.",
    rows=79617,
)


def _row(question: str, options: Sequence[str], number: int) -> Row:
    named = dict(zip(_OPTIONS, options, strict=True))
    return {"question": question, **named, "target": f"option{number}", "domain": "Own"}


_RIVER = _row("गंगा क्या है?", ("पर्वत", "नदी", "शहर", "झील"), 2)
_WEEK = _row("सप्ताह में कितने दिन होते हैं?", ("सात", "पाँच", "दस", "बारह"), 1)
CHECKS = (
    Check(_RIVER, "", 1.0, "rank", (-3.0, -0.5, -3.0, -3.0)),
    Check(_WEEK, "", 0.0, "rank", (-3.0, -0.5, -3.0, -3.0)),
    Check(_RIVER, "यह एक नदी है।\n\nAnswer: B", 1.0),
    Check(_WEEK, "Answer: D", 0.0),
)
