"""MT-Bench: 80 questions of two turns in eight categories, graded 1 to 10 by a judge.

Paper: Zheng et al., Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena, NeurIPS 2023,
https://arxiv.org/abs/2306.05685 (Apache-2.0). Protocol: lm-sys/FastChat 0e6e7fd,
fastchat/llm_judge (gen_model_answer.py, gen_judgment.py, common.py): sampling temperature by
category, single answer grading of each turn, reference answers for mathematics, coding and
reasoning, the first [[rating]] of the judge's answer (else the first [rating]), the mean over
turns. The official judge is gpt-4-0613 at temperature 0, asked once.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

from julja.benchmarks.preference.prompts import prompt
from julja.errors import DataError, ScoringError
from julja.scoring.judge.base import Judged, Opinion, Question, Reading, chat, jury_mean
from julja.scoring.judge.fill import fill
from julja.scoring.judge.verdicts import MT_BENCH, rating
from julja.tasks.task import Attached, Card, Check, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Scorer, Source

TEMPERATURES = {"writing": 0.7, "roleplay": 0.7, "stem": 0.1, "humanities": 0.1}
GUIDED = ("math", "reasoning", "coding")
LOW, HIGH = 1.0, 10.0
_FOLDER = "lm-sys__FastChat/fastchat/llm_judge/data/mt_bench/"


@task
def mt_bench() -> Task:
    """80 conversations of two turns; the reference answers of FastChat's gpt-4.jsonl."""
    return Task(
        name="mt_bench",
        mirror="judge",
        rows=_source("question.jsonl", "HuggingFaceH4/mt_bench_prompts"),
        attached={
            "reference_answer": Attached(
                source=_source("reference_answer/gpt-4.jsonl", None),
                key=lambda row: row["question_id"],
                optional=True,  # the hub's rows have their references with them
            )
        },
        sample=to_sample,
        forms={
            "generate": Form(
                turns=lambda sample: sample.fields["turns"][1:],
                temperature=lambda sample: TEMPERATURES.get(sample.fields["category"], 0.0),
                decoding=Decoding(max_tokens=1024),
                scorer=mt_bench_grading(),
            )
        },
        by=("category",),
        responses=read_answers,
        card=CARD,
        checks=CHECKS,
    )


def _source(file: str, hub: str | None) -> Source:
    return Source(
        split="train",
        hub=hub,
        revision="e3a795c5e9a82ee40611c416b8a7786c73198991" if hub else None,
        files=(f"{_FOLDER}{file}", f"mt_bench/{file}", file),
        adapt_hub=from_hub,
    )


def from_hub(rows: Sequence[Row]) -> Sequence[Row]:
    """Rows {prompt_id, category, prompt, reference} of the hub, named as FastChat names them."""
    return [
        {
            "question_id": row["prompt_id"],
            "category": row["category"],
            "turns": list(row["prompt"]),
            "reference": list(row.get("reference") or ()),
        }
        for row in rows
    ]


def to_sample(row: Row) -> Sample:
    """A row {question_id, category, turns: [text, text], reference?, reference_answer?}."""
    turns = row["turns"]
    if not isinstance(turns, list) or len(turns) != 2 or not all(turns):
        raise DataError(f"question {row['question_id']} has not two turns: {turns!r}.")
    attached = row.get("reference_answer")
    references = attached["choices"][0]["turns"] if attached else row.get("reference") or []
    return Sample(
        id=str(row["question_id"]),
        input=turns[0],
        fields={"category": row["category"], "turns": turns, "references": list(references)},
    )


def mt_bench_grading() -> Scorer:
    """Both turns graded from 1 to 10, as FastChat asks for it; `score` is their mean."""
    decoding = Decoding(max_tokens=2048, temperature=0.0)

    def ask(sample: Sample, response: Response, can: frozenset[str]) -> list[Question]:
        if len(response.earlier) != 1:
            raise ScoringError(
                f"question {sample.id} has {len(response.earlier) + 1} answers, not two.",
                hint="Give both turns' answers.",
            )
        values = _values(sample, response)
        guided = sample.fields["category"] in GUIDED
        if guided and len(sample.fields["references"]) < 2:
            raise ScoringError(
                f"question {sample.id} ({sample.fields['category']}) has no reference answers.",
                hint="Put FastChat's reference_answer/gpt-4.jsonl beside question.jsonl.",
            )
        first = "single-math-v1" if guided else "single-v1"
        second = f"{first}-multi-turn"
        systems = (prompt("mt_bench", "system"), prompt("mt_bench", f"{second}-system"))
        return [
            Question(chat(system, fill(prompt("mt_bench", name), values), decoding), part)
            for system, name, part in zip(
                systems, (first, second), ("turn 1", "turn 2"), strict=True
            )
        ]

    def read(question: Question, sample: Sample, answer: Response) -> Reading:
        value = rating(answer.text, LOW, HIGH, MT_BENCH)
        return Reading(None if value is None else f"{value:g}", value)

    def score(sample: Sample, response: Response, heard: Sequence[Opinion]) -> Mapping[str, float]:
        turns = {
            f"turn_{number + 1}": jury_mean(part)
            for number in (0, 1)
            if (part := [opinion for opinion in heard if opinion.question == number])
        }
        return {"score": fmean(turns.values()), **turns}

    names = ("score", "turn_1", "turn_2")
    metrics = tuple(Metric(name, low=LOW, high=HIGH) for name in names)
    texts = [prompt("mt_bench", name) for name in ("single-v1", "single-math-v1-multi-turn")]
    args: dict[str, Json] = {"repeats": 1, "prompts": texts, "temperature": 0.0}
    return Judged("mt_bench_grading", args, metrics, ask, read, score)


def _values(sample: Sample, response: Response) -> dict[str, str]:
    one, two = sample.fields["turns"]
    found = {"question": one, "question_1": one, "question_2": two}
    found |= {"answer": response.earlier[0], "answer_1": response.earlier[0]}
    found["answer_2"] = response.text
    references = sample.fields["references"]
    return found | {f"ref_answer_{i + 1}": str(text) for i, text in enumerate(references)}


def read_answers(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """FastChat's model_answer files: {question_id, choices: [{turns: [text, text]}]}."""
    rows: list[Row] = []
    for row in content:
        for choice in row.get("choices") or [{"turns": row.get("turns")}]:
            turns = choice.get("turns")
            if not isinstance(turns, list) or len(turns) != 2:
                raise DataError(
                    f"the answer to question {row.get('question_id')} has no two turns."
                )
            rows.append({"id": str(row.get("question_id", row.get("id"))), "turns": turns})
    return rows


CARD = Card(
    title="MT-Bench",
    summary="Two-turn questions in writing, roleplay, reasoning, mathematics, coding, extraction, "
    "STEM and humanities, graded by a model.",
    abilities=("chat", "instruction following", "judged"),
    paper="https://arxiv.org/abs/2306.05685",
    licence="Apache-2.0",
    official_scorer="lm-sys/FastChat: fastchat/llm_judge (judge gpt-4-0613)",
    saturation="Strong models crowd between 9 and 9.5: separability 0.36 with 95 % intervals over "
    "20 models, against 0.84 of Arena-Hard.",
    contamination="Questions and reference answers public since June 2023.",
    label_errors="Reference answers are GPT-4's: several in mathematics and reasoning are wrong.",
    notes="Judge-only numbers. Other judges give other numbers: compare within one judge. Scores "
    "moved by 0.16 over five identical runs (FastChat #3018); ask with --judge-repeats 5. GPT-4 "
    "agreed with people in 66 % of pairs with ties, people with each other in 63 %.",
    rows=80,
)
_RIVER: Row = {
    "question_id": 1,
    "category": "writing",
    "turns": ["Describe a river in one sentence.", "Now as a haiku."],
}
_SUM: Row = {
    "question_id": 2,
    "category": "math",
    "turns": ["What is 2 + 2?", "And doubled?"],
    "reference": ["4", "8"],
}
CHECKS = (
    Check(_RIVER, "Slow water", 1.0, judge=("Vivid. Rating: [[10]]",)),
    Check(_SUM, "8", 1.0, judge=("Right. Rating: [[10]]",)),
    Check(_RIVER, "no", 0.0, judge=("Empty. Rating: [[1]]",)),
    Check(_SUM, "9", 0.0, judge=("Wrong. [1]",)),
)
