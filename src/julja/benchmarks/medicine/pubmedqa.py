"""PubMedQA: does a study's abstract answer its title's question with yes, no or maybe?

Paper: Jin et al., PubMedQA: A Dataset for Biomedical Research Question Answering, EMNLP 2019,
https://arxiv.org/abs/1909.06146. Data and scorer: pubmedqa/pubmedqa (MIT), evaluation.py: accuracy
and macro F1. The prompt is that of lm-evaluation-harness 0.4.13 (lm_eval/tasks/pubmedqa).
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from julja.errors import ConfigError, DataError
from julja.scoring.choice import ranked
from julja.scoring.classes import class_metrics
from julja.scoring.labels import named_choice
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample, Scorer, Source

LABELS = ("yes", "no", "maybe")
_PROMPT = "Abstract: {{ abstract }}\nQuestion: {{ input }}\nAnswer:"
_ASKED = (
    "Abstract: {{ abstract }}\nQuestion: {{ input }}\n"
    "Answer the question by the abstract alone with one word: yes, no or maybe.\nAnswer:"
)
Setting = Literal["required", "free"]


def by_pmid(content: Json) -> Sequence[Row]:
    """Upstream's {PMID: {QUESTION, …}} as rows."""
    if not isinstance(content, Mapping):
        raise DataError("the file is no object of PMIDs.", hint="Is it one of upstream's files?")
    return [{"PMID": pmid, **row} for pmid, row in content.items()]


_SOURCES = {
    "test": Source(
        split="test",
        hub="bigbio/pubmed_qa",
        config="pubmed_qa_labeled_fold0_source",
        files=("data/test_set.json", "test_set.json"),
        adapt=by_pmid,
    ),
    "all": Source(
        split="train",
        hub="qiaojin/PubMedQA",
        config="pqa_labeled",
        revision="9001f2853fb87cab8d220904e0de81ac6973b318",
        files=("data/ori_pqal.json", "ori_pqal.json"),
        adapt=by_pmid,
    ),
}


@task
def pubmedqa(setting: Setting = "required", rows: Literal["test", "all"] = "test") -> Task:
    """The 500 test questions; `rows=all`: all 1,000 that people labelled.

    `setting`: the abstract without its conclusion (`required`: the answer must be reasoned out) or
    the conclusion alone (`free`).
    """
    if setting not in ("required", "free") or rows not in ("test", "all"):
        raise ConfigError(
            f"pubmedqa knows setting=required|free, rows=test|all: {setting}, {rows}."
        )
    return Task(
        name="pubmedqa",
        rows=_SOURCES[rows],
        sample=lambda row: to_sample(row, setting),
        forms={
            "rank": Form(prompt=_PROMPT, scorer=_scored(ranked("acc"))),
            "generate": Form(
                prompt=_ASKED,
                decoding=Decoding(max_tokens=512),
                scorer=_scored(named_choice()),
            ),
            "classify": Form(
                prompt=_PROMPT,
                inputs=lambda sample: {
                    "text": sample.input,
                    "text_pair": sample.fields["abstract"],
                },
                scorer=_scored(ranked("acc")),
            ),
        },
        responses=lambda content, samples: predictions(content, setting),
        params={"setting": setting, "rows": rows},
        card=CARD,
        checks=CHECKS,
    )


def _scored(inner: Scorer) -> Scorer:
    return class_metrics(inner, ("acc", "f1_macro"), labels=LABELS)


def to_sample(row: Row, setting: Setting) -> Sample:
    """A row of upstream's files, or of either hub dataset."""
    pmid = str(row.get("PMID") or row.get("pubid") or "")
    context = row.get("context")
    texts = row["CONTEXTS"] if context is None else context["contexts"]
    label = str(row["final_decision"])
    if label not in LABELS:
        raise DataError(f"the decision on {pmid} is {label!r}, not {', '.join(LABELS)}.")
    conclusion = row.get("LONG_ANSWER") or row.get("long_answer")
    abstract = "\n".join(map(str, texts)) if setting == "required" else str(conclusion or "")
    if not abstract.strip():
        raise DataError(f"the study {pmid} has no text.")
    return Sample(
        pmid,
        str(row.get("QUESTION") or row["question"]),
        target=(label,),
        choices=LABELS,
        answer=(LABELS.index(label),),
        fields={"abstract": abstract},
    )


def predictions(content: Json, setting: Setting) -> Sequence[Row]:
    """Upstream's prediction file {PMID: answer}; or its data file, for the annotator's answers."""
    if not isinstance(content, Mapping):
        return list(content)
    found = []
    for pmid, value in content.items():
        answer = value[f"reasoning_{setting}_pred"] if isinstance(value, Mapping) else value
        found.append({"id": pmid, "response": answer})
    return found


CARD = Card(
    title="PubMedQA",
    summary="Titles of studies that are questions, answered from the abstract: 500 test questions, "
    "1,000 labelled in all.",
    abilities=("medicine", "reading", "reasoning"),
    paper="https://arxiv.org/abs/1909.06146",
    licence="MIT",
    official_scorer="pubmedqa/pubmedqa: evaluation.py; lm-evaluation-harness: tasks/pubmedqa",
    random_baseline=1 / 3,
    human=0.78,
    saturation="Models pass the annotator's 0.78; what is left is mostly disputed maybe's.",
    contamination="Abstracts are on the web; labels public since 2019.",
    label_errors="One annotator with the conclusion and one without agree on 78 %: the label "
    "is partly a matter of opinion.",
    notes="setting=required (the abstract without its conclusion) is the benchmark; free shows "
    "the conclusion. Always yes scores 0.552. rank compares three words as in "
    "lm-evaluation-harness, generate asks in julja's words.",
    rows=500,
)


def _row(pmid: str, question: str, text: str, label: str) -> Row:
    return {
        "PMID": pmid,
        "QUESTION": question,
        "CONTEXTS": [text],
        "LONG_ANSWER": text,
        "final_decision": label,
    }


_TEA = _row("1", "Does tea help against thirst?", "Of 20 people who drank tea 19 were glad.", "yes")
_SPOON = _row("2", "Do spoons grow?", "The length of 12 spoons was the same after a year.", "no")
CHECKS = (
    Check(_TEA, "Yes.", 1.0),
    Check(_SPOON, "The answer is no", 1.0),
    Check(_TEA, "maybe", 0.0),
    Check(_SPOON, "yes or no", 0.0),
    Check(_TEA, "", 1.0, "rank", (-0.5, -2.0, -3.0)),
    Check(_SPOON, "", 0.0, "rank", (-0.5, -2.0, -3.0)),
    Check(_SPOON, "", 1.0, "classify", (-3.0, -0.2, -3.0)),
    Check(_TEA, "", 0.0, "classify", (-3.0, -0.2, -3.0)),
)
