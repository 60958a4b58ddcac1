"""FinanceBench: questions about annual and quarterly reports, labelled by people.

Paper: Islam et al., FinanceBench: A New Benchmark for Financial Question Answering, 2023,
https://arxiv.org/abs/2311.11944. Data and recorded answers: patronus-ai/financebench
(CC-BY-NC-4.0): 150 open questions of 10,231. The prompts are those of its
evaluation_playground.ipynb.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from julja.benchmarks.finance.financebench_match import kind_of, matches
from julja.errors import ConfigError, DataError
from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Score, Source

_FILING = "[START OF FILING] {{ context }} [END OF FILING]"
_PROMPTS = {
    "oracle": "Answer this question: {{ input }} \n"
    f"Here is the relevant evidence that you need to answer the question:\n{_FILING}",
    "oracle_reverse": f"Context:\n{_FILING}\n\n Answer this question: {{{{ input }}}}",
    "closed_book": "Answer this question: {{ input }}",
}
LABELS = ("Correct Answer", "Incorrect Answer", "Refusal")
Mode = Literal["oracle", "oracle_reverse", "closed_book"]


def _is_number(sample: Sample) -> float:
    return float(sample.fields["answer_kind"] == "number")


METRICS = (
    Metric("match"),
    Metric("match_number", source="match", weight=_is_number),
    Metric("human_correct"),
    Metric("human_refusal", higher_is_better=False),
)


@task
def financebench(mode: Mode = "oracle") -> Task:
    """150 questions with the pages that answer them, before or after, or without (closed_book)."""
    if mode not in _PROMPTS:
        raise ConfigError(f"financebench:mode={mode} is none of {', '.join(_PROMPTS)}.")
    return Task(
        name="financebench",
        rows=Source(
            split="train",
            hub="PatronusAI/financebench",
            revision="e04404e3a97f69f79c14d42f24981a1c9c3bcd18",
            config="default",
            files=("data/financebench_open_source.jsonl", "financebench_open_source.jsonl"),
        ),
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=_PROMPTS[mode],
                decoding=Decoding(max_tokens=2048),
                scorer=answer_match(),
            )
        },
        by=("question_type", "answer_kind"),
        params={"mode": mode},
        responses=recorded,
        card=CARD,
        checks=CHECKS,
    )


def to_sample(row: Row) -> Sample:
    """A row of the open set. Questions about one report share it: it is the cluster."""
    name, answer = str(row["financebench_id"]), str(row["answer"]).strip()
    pages = [str(item.get("evidence_text_full_page") or "") for item in row["evidence"]]
    if not answer or not str(row["question"]).strip():
        raise DataError(f"{name} has no question or no answer.")
    if not pages or not all(page.strip() for page in pages):
        raise DataError(
            f"{name} lacks the text of an evidence page.",
            hint="Releases before 2024 have no evidence_text_full_page: get the current file.",
        )
    return Sample(
        name,
        str(row["question"]),
        target=(answer,),
        cluster=str(row["doc_name"]),
        fields={
            "context": "\n\n".join(pages),
            "company": row.get("company"),
            "question_type": row.get("question_type"),
            "answer_kind": kind_of(answer),
        },
    )


@scorer(metrics=METRICS)
def answer_match() -> ScoreFunction:
    """`match` by a rule; `human_correct` and `human_refusal` where answers bring a label."""

    def score(sample: Sample, response: Response) -> Score:
        label = response.choices[0].text if response.choices else None
        human = {}
        if label is not None:
            human = {
                "human_correct": float(label == LABELS[0]),
                "human_refusal": float(label == LABELS[2]),
            }
        if not response.text.strip():
            empty = unparsed(METRICS[:1], "The response is empty.")
            return Score({**empty.values, **human}, "unparsed", explanation=empty.explanation)
        found = float(matches(response.text, sample.target[0]))
        if label == LABELS[2]:
            return Score({"match": 0.0, **human}, "refused", explanation="Labelled a refusal.")
        return Score({"match": found, **human}, extracted=response.text.strip())

    return score


def recorded(content: Json, samples: Sequence[Sample]) -> list[Row]:
    """The authors' files of results: rows {financebench_id, model_answer, label}."""
    rows: list[Row] = []
    for number, row in enumerate(content if isinstance(content, list) else [content]):
        if not isinstance(row, Mapping) or "model_answer" not in row:
            return list(content)
        label = row.get("label")
        if label is not None and label not in LABELS:
            raise DataError(f"row {number} has the label {label!r}, none of {', '.join(LABELS)}.")
        made = {"id": row["financebench_id"], "response": str(row["model_answer"] or "")}
        verdict = [] if label is None else [{"text": label, "loglikelihood": 0.0}]
        rows.append({**made, "choices": verdict} if verdict else made)
    return rows


CARD = Card(
    title="FinanceBench",
    summary="Questions that an analyst asks of a company's reports. The 150 open ones, with the "
    "pages that answer them.",
    abilities=("finance", "reading", "reasoning"),
    paper="https://arxiv.org/abs/2311.11944",
    licence="CC-BY-NC-4.0",
    official_scorer="people: correct, incorrect or refusal (patronus-ai/financebench: results)",
    random_baseline=0.0,
    saturation="GPT-4 (2023) was right on 0.85 of the questions with the right pages, on 0.19 with "
    "one vector store of all reports, on 0.09 without any.",
    contamination="Questions and answers public since 2023, the reports for longer; without pages "
    "(closed_book) 0.09 were answered rightly then.",
    label_errors="Several questions ask for a judgement on which analysts differ.",
    notes="The official score is a person's. match is a proxy of julja's: on the authors' 2,400 "
    "labelled answers it gives the same verdict on 97 % where the answer is a number "
    "(match_number) and on 75 % elsewhere. human_correct and human_refusal appear when answers "
    "bring a `label`. Retrieval (vector stores) and whole reports are yours to do: score their "
    "answers with `julja score financebench --responses FILE`.",
    rows=150,
)


def _row(name: str, question: str, answer: str) -> Row:
    return {
        "financebench_id": name,
        "doc_name": "ORRIN_2021_10K",
        "company": "Orrin Ferries",
        "question_type": "novel-generated",
        "question": question,
        "answer": answer,
        "evidence": [
            {"evidence_text_full_page": "Tickets 150.5 million. Two harbours: Tey and Orrin."}
        ],
    }


_SALES = _row("1", "What were FY2021 ticket sales in USD millions?", "$150.50")
_RISE = _row("2", "Did the fleet shrink in FY2021?", "No, it grew by two ferries.")
_PORTS = _row("3", "Which harbours are served?", "Tey and Orrin")
CHECKS = (
    Check(_SALES, "The statement says so.\n\nTicket sales were $150,500,000 in FY2021.", 1.0),
    Check(_RISE, "No. Two ferries were added.", 1.0),
    Check(_PORTS, "Orrin and Tey are the harbours that it serves.", 1.0),
    Check(_SALES, "They were 150.5 in all.\n\nSo the answer is 12 ferries.", 0.0),
    Check(_RISE, "Yes, by two.", 0.0),
    Check(_PORTS, "I can't find it.", 0.0),
    Check(_PORTS, "", 0.0),
)
