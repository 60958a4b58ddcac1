"""NarrativeQA: questions about books and films, answered from their summaries.

Paper: Kočiský et al., The NarrativeQA Reading Comprehension Challenge, TACL 2018,
https://arxiv.org/abs/1712.07040. Asked and scored as HELM does (stanford-crfm/helm:
scenarios/narrativeqa_scenario.py, five shots, F1 over sets of words).
"""

from julja.errors import DataError
from julja.scoring.helm import helm_answer
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Row, Sample, Source


@task
def narrativeqa() -> Task:
    """10,557 test questions about 355 summaries."""
    return Task(
        name="narrativeqa",
        rows=_source("test"),
        exemplars=_source("train"),
        sample=to_sample,
        forms={
            "generate": Form(
                prompt="Passage: {{ passage }}\nQuestion: {{ input }}\nAnswer:",
                answer=" {{ target[0] }}",
                separator="\n\n",
                shots=5,
                decoding=Decoding(max_tokens=100, stop=("\n",)),
                scorer=helm_answer(),
            )
        },
        card=CARD,
        checks=CHECKS,
    )


def _source(split: str) -> Source:
    return Source(
        split=split,
        hub="deepmind/narrativeqa",
        config="default",
        revision="2e643e7363944af1c33a652d1c87320d0871c4e4",
        files=(f"{split}.jsonl", f"{split}.parquet", f"data/{split}-*.parquet"),
    )


def to_sample(row: Row) -> Sample:
    """A row of the hub: {document: {id, summary: {text}}, question: {text}, answers: [{text}]}."""
    document, question = row["document"], str(row["question"]["text"]).strip()
    answers = tuple(str(answer["text"]) for answer in row["answers"])
    if not answers or not question:
        raise DataError(f"a question of {document['id']} has no text or no answer.")
    return Sample(
        "",
        question if question.endswith("?") else f"{question}?",
        target=answers,
        cluster=str(document["id"]),
        fields={"passage": str(document["summary"]["text"]).strip()},
    )


CARD = Card(
    title="NarrativeQA (summaries)",
    summary="Free answers to questions about stories, read from a summary of each.",
    abilities=("reading",),
    paper="https://arxiv.org/abs/1712.07040",
    licence="Apache-2.0",
    official_scorer="HELM: basic_metrics f1_score; the paper: BLEU, METEOR and ROUGE-L",
    random_baseline=0.0,
    saturation="The best models of HELM Lite have about 0.8 F1; wording limits the rest.",
    contamination="Summaries are Wikipedia's; the questions are public since 2017.",
    label_errors="Two answers each; other right wordings count in part only.",
    notes="HELM draws one question for each of the 355 documents; here all are asked, and standard "
    "errors are clustered by document. ROUGE-L and BLEU, which HELM also prints, are left out. The "
    "hub's layout is read (its parquet or JSON lines), upstream's two CSV files are not. People "
    "have no F1: the paper scores one of the two answers against the other (ROUGE-L 0.57).",
    rows=10557,
)
_STORY: Row = {
    "document": {"id": "s1", "summary": {"text": "A fisherman lends his boat and loses it."}},
    "question": {"text": "What does the fisherman lend?"},
    "answers": [{"text": "His boat"}, {"text": "The boat that he owns"}],
}
CHECKS = (
    Check(_STORY, " his boat.", 1),
    Check(_STORY, " money", 0),
)
