"""NQ-Open: questions that people typed into a search engine, answered from memory.

Paper: Lee et al., Latent Retrieval for Weakly Supervised Open Domain Question Answering, ACL 2019,
https://arxiv.org/abs/1906.00300, from Natural Questions (Kwiatkowski et al., 2019, CC-BY-SA-3.0).
Exact match with any of the answers after SQuAD's normalisation (Lee et al.; DrQA's evaluation).
The prompt is that of lm-evaluation-harness 0.4.13 (lm_eval/tasks/nq_open), five shots of the
training set.
"""

from julja.errors import DataError
from julja.scoring.base import FunctionScorer
from julja.scoring.match import f1
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Row, Sample, Scorer, Source


@task
def nq_open() -> Task:
    """3,610 validation questions, the field's test set."""
    return Task(
        name="nq_open",
        rows=_source("validation"),
        exemplars=_source("train"),
        sample=to_sample,
        forms={
            "generate": Form(
                header="Answer these questions:\n\n",
                prompt="Q: {{ input }}?\nA:",
                separator="\n",
                shots=5,
                decoding=Decoding(max_tokens=64, stop=("\n", ".", ",")),
                scorer=exact_first(),
            )
        },
        card=CARD,
        checks=CHECKS,
    )


def exact_first() -> Scorer:
    """SQuAD's two metrics with exact match first."""
    inner = f1()
    exact, overlap = inner.metrics[1], inner.metrics[0]
    return FunctionScorer(inner.name, inner.args, (exact, overlap), False, inner)


def _source(split: str) -> Source:
    return Source(
        split=split,
        hub="google-research-datasets/nq_open",
        config="nq_open",
        revision="5dd9790a83002ad084ddeb7c420dc716852c6f28",
        files=(f"{split}.jsonl", f"{split}_hf.jsonl", f"NQ-open.{_FILES[split]}.jsonl"),
    )


_FILES = {"validation": "efficientqa.dev.1.1", "train": "train"}


def to_sample(row: Row) -> Sample:
    """A row {question, answer: [texts]}."""
    answers = tuple(str(answer) for answer in row["answer"])
    if isinstance(row["answer"], str) or not all(answer.strip() for answer in answers):
        raise DataError(f"the answers of {row['question']!r} are {row['answer']!r}, not texts.")
    if not answers:
        raise DataError(f"{row['question']!r} has no answer.")
    return Sample("", str(row["question"]), target=answers)


CARD = Card(
    title="Natural Questions (open)",
    summary="Questions from search logs with short answers of at most five words.",
    abilities=("knowledge",),
    paper="https://arxiv.org/abs/1906.00300",
    licence="CC-BY-SA-3.0",
    official_scorer="google-research/language: orqa (exact match); lm-evaluation-harness: nq_open",
    random_baseline=0.0,
    saturation="Models without retrieval reach 0.3 to 0.4 exact match; people disagree on many.",
    contamination="Wikipedia is in every training set; questions public since 2019.",
    label_errors="Answers are of 2018, and many right ones are not listed: exact match counts "
    "a third of right answers as wrong by some audits.",
    notes="Closed book. Exact match is strict on wording; f1 is word overlap with the nearest "
    "answer. EfficientQA's rules (dev 1.1) have other answers. People have no figure here: that of "
    "the paper is for finding the span in its page.",
    rows=3610,
)
_POLE: Row = {"question": "who reached the south pole first", "answer": ["Roald Amundsen"]}
_YEAR: Row = {"question": "when did the wall fall", "answer": ["9 November 1989", "1989"]}
CHECKS = (
    Check(_POLE, " roald amundsen", 1.0),
    Check(_YEAR, "1989.", 1.0),
    Check(_POLE, "Robert Scott", 0.0),
    Check(_YEAR, "in November 1989", 0.0),
)
