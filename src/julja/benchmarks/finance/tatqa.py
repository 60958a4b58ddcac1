"""TAT-QA: questions about a table of a financial report and the paragraphs around it.

Paper: Zhu et al., TAT-QA, ACL 2021, https://arxiv.org/abs/2105.07624. Data and scorer:
NExTplusplus/TAT-QA (CC-BY-4.0, code MIT), tatqa_eval.py. An answer is a span, several spans, a
count or the result of arithmetic, and its scale (thousand, million, billion, percent) is part of
it. The wording of the prompt is julja's own.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from julja.benchmarks.finance.tables import cells, rendered
from julja.benchmarks.finance.tatqa_answers import SCALES, is_number, verdict
from julja.errors import ConfigError, DataError
from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.scoring.extract import Found, first_line, json_values
from julja.tasks.task import Answered, Card, Check, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Score, Source

METRICS = (Metric("exact_match"), Metric("f1"), Metric("scale_acc"))
TYPES = ("span", "multi-span", "arithmetic", "count")
_HEADER = (
    "Answer the question about the table and the text of a financial report. Give JSON and nothing "
    'else: {"answer": ["…"], "scale": "…"}. "answer" lists the spans that answer, or holds the one '
    'number (with a minus where it is negative); "scale" is thousand, million, billion or '
    'percent where the number is in it, else "".\n\n'
)
_PROMPT = "Table:\n{{ table }}\n\nText:\n{{ paragraphs }}\n\nQuestion: {{ input }}\nAnswer:"
_FILES = {"train": ("train",), "validation": ("dev",), "test": ("test_gold",)}
Split = Literal["validation", "test"]


@task
def tatqa(split: Split = "validation") -> Task:
    """1,668 questions of the development set, or (`split=test`) those of the test set."""
    if split not in ("validation", "test"):
        raise ConfigError(f"tatqa has no split {split!r}.", hint="split=validation or split=test.")
    return Task(
        name="tatqa",
        rows=_source(split),
        exemplars=_source("train"),
        sample=to_sample,
        forms={
            "generate": Form(
                header=_HEADER,
                prompt=_PROMPT,
                answer=lambda sample: " " + _as_json(sample),
                decoding=Decoding(max_tokens=512, stop=("\nTable:", "\nQuestion:")),
                scorer=tatqa_answer(),
            )
        },
        by=("answer_type", "answer_from"),
        params={"split": split},
        responses=predictions,
        submission=submission,
        card=CARD,
        checks=CHECKS,
    )


def _source(split: str) -> Source:
    return Source(
        split=split,
        hub="next-tat/TAT-QA",
        config=f"tatqa_dataset_{_FILES[split][0]}.json",
        revision="c96247f5077eac447f63527fd3dcfdc58bb56d6a",
        files=tuple(
            f"{folder}tatqa_dataset_{name}.json"
            for name in _FILES[split]
            for folder in ("dataset_raw/", "")
        ),
        adapt=questions,
        adapt_hub=questions,
    )


def questions(content: Sequence[Row]) -> list[Row]:
    """A row for each question of the nested files {table, paragraphs, questions}."""
    rows: list[Row] = []
    for number, page in enumerate(content):
        if not isinstance(page, Mapping) or not {"table", "paragraphs", "questions"} <= set(page):
            raise DataError(
                f"entry {number} has no table, paragraphs or questions.",
                hint="Upstream's files are tatqa_dataset_dev.json and its sisters.",
            )
        paragraphs = sorted(page["paragraphs"], key=lambda item: item["order"])
        shared = {"table": page["table"], "paragraphs": [item["text"] for item in paragraphs]}
        rows += [{**question, **shared} for question in page["questions"]]
    return rows


def to_sample(row: Row) -> Sample:
    """A question with its table {uid, table} and paragraphs. The table is the cluster."""
    uid, kind, scale = str(row["uid"]), row["answer_type"], row["scale"]
    if kind not in TYPES or scale not in SCALES:
        raise DataError(
            f"the answer of {uid} is of type {kind!r} and scale {scale!r}, and not of"
            f" {', '.join(TYPES)} and {', '.join(filter(None, SCALES))} or none.",
        )
    answers = _answers(uid, kind, row.get("answer"))
    table = row["table"]
    return Sample(
        uid,
        str(row["question"]).strip(),
        target=answers,
        cluster=str(table["uid"]),
        fields={
            "table": rendered(cells(table["table"], uid)),
            "paragraphs": "\n".join(map(str, row["paragraphs"])),
            "answer_type": kind,
            "answer_from": row.get("answer_from"),
            "scale": scale,
        },
    )


def _answers(uid: str, kind: str, answer: Json) -> tuple[str, ...]:
    """The spans, or the number as the official script spells it."""
    if kind in ("span", "multi-span"):
        if isinstance(answer, list) and answer:
            return tuple(map(str, answer))
    elif isinstance(answer, int | float | str) and str(answer).strip():
        return (str(int(answer)) if kind == "count" else str(answer),)
    raise DataError(
        f"the answer of {uid} is {answer!r}, which is no {kind}.",
        hint="The test set's answers are in tatqa_dataset_test_gold.json.",
    )


def _as_json(sample: Sample) -> str:
    return json.dumps(
        {"answer": list(sample.target), "scale": sample.fields["scale"]}, ensure_ascii=False
    )


@scorer(metrics=METRICS)
def tatqa_answer() -> ScoreFunction:
    """Exact match, F1 and the right scale by tatqa_eval.py.

    The response is the official pair [answer, scale] or JSON {"answer", "scale"}; else its first
    line is the answer, with the scale that it ends in.
    """

    def score(sample: Sample, response: Response) -> Score:
        answer, scale, found = read_answer(response.text)
        if found is None or not answer:
            return unparsed(METRICS, "There is no answer in the response.")
        kind = str(sample.fields["answer_type"])
        made = verdict(answer, scale, sample.target, str(sample.fields["scale"]), kind)
        values = dict(zip((metric.key for metric in METRICS), made, strict=True))
        return Score(values, extracted=found.text, span=found.span)

    return score


def read_answer(text: str) -> tuple[Json, str | None, Found | None]:
    """(answer, scale, where it stands); the answer is empty where there is none."""
    for value, found in json_values(text):
        if _is_pair(value):
            return value[0], value[1], found
        if isinstance(value, list):
            return value, "", found
        if isinstance(value, Mapping) and "answer" in value:
            given, scale = value["answer"], str(value.get("scale") or "").strip().lower()
            return _listed(given), scale, found
    line = first_line(text)
    if line is None:
        return None, None, None
    number, _, word = line.text.rstrip(".").rpartition(" ")
    if word.lower() in SCALES and is_number(number):
        return [number], word.lower(), line
    return [line.text], "percent" if line.text.endswith("%") else "", line


def _is_pair(value: Json) -> bool:
    """An official [answer, scale], and not two spans."""
    if not isinstance(value, list) or len(value) != 2:
        return False
    answer, scale = value
    return scale in SCALES if isinstance(answer, str) else scale is None or isinstance(scale, str)


def _listed(given: Json) -> list[str]:
    """As texts: a number 0 that a model writes is an answer."""
    items = given if isinstance(given, list) else [given]
    return [str(item) for item in items if item is not None]


def predictions(content: Json, samples: Sequence[Sample]) -> list[Row]:
    """The official file {uid: [answer, scale]}, or rows {question_id, pred_answer, pred_scale}.

    A question that the file leaves out has no answer and counts as wrong, as officially.
    """
    if isinstance(content, Mapping):
        pairs = dict(content)
    elif content and all(isinstance(row, Mapping) and "pred_answer" in row for row in content):
        pairs = {row["question_id"]: [row["pred_answer"], row["pred_scale"]] for row in content}
    else:
        return list(content)
    rows: list[Row] = []
    for uid, pair in pairs.items():
        if not isinstance(pair, list) or len(pair) != 2:
            raise DataError(f"the prediction of {uid} is no pair [answer, scale].")
        rows.append({"id": uid, "response": json.dumps(pair, ensure_ascii=False)})
    if any(sample.id in pairs for sample in samples):
        rows += [{"id": s.id, "response": ""} for s in samples if s.id not in pairs]
    return rows


def submission(answers: Sequence[Answered]) -> Mapping[str, str]:
    """The leaderboard's file {uid: [answer, scale]}."""
    pairs = {}
    for item in answers:
        answer, scale, _ = read_answer(item.response.text)
        pairs[item.sample.id] = [answer or [], scale or ""]
    return {"predictions.json": json.dumps(pairs, ensure_ascii=False, indent=1)}


CARD = Card(
    title="TAT-QA",
    summary="Questions about a table and text of annual reports: spans, counts and arithmetic, "
    "with the scale of the number. 1,668 questions of the development set.",
    abilities=("finance", "reasoning", "reading"),
    paper="https://arxiv.org/abs/2105.07624",
    licence="CC-BY-4.0",
    official_scorer="NExTplusplus/TAT-QA: tatqa_eval.py",
    random_baseline=0.0,
    human=0.841,
    saturation="Fine-tuned and large models reach about 0.75 to 0.85 exact match on the test set.",
    contamination="Public since 2021; the answers of the test set since January 2024.",
    label_errors="Numbers are rounded to two places, and a right one of another rounding is wrong; "
    "the scale is a matter of reading where a table and its text differ.",
    notes="human (exact match; F1 0.908) is on the test set (split=test), which upstream revised: "
    "the paper has 1,669 questions, later files 1,663. f1 is the exact match for counts and "
    "arithmetic. The official script takes a predicted number 0 for no answer; the text 0 is one. "
    "A bare fraction without scale is also read as a percentage.",
    rows=1668,
)


def _row(uid: str, question: str, kind: str, answer: Json, scale: str = "") -> Row:
    table = [["", "2021", "2020"], ["Tickets", "$ 14.0", "$ 10.5"], ["Ferries", "12", "12"]]
    return {
        "uid": uid,
        "question": question,
        "answer_type": kind,
        "answer": answer,
        "scale": scale,
        "answer_from": "table",
        "table": {"uid": "ferry", "table": table},
        "paragraphs": ["In million euros. The harbours of Orrin and Tey are served daily."],
    }


_SALES = _row("sales", "What were ticket sales in 2021?", "span", ["$ 14.0"], "million")
_PORTS = _row("ports", "Which harbours are served?", "multi-span", ["Orrin", "Tey"])
_RISE = _row("rise", "By how many percent did sales rise?", "arithmetic", 33.33, "percent")
_YEARS = _row("years", "In how many years were there 12 ferries?", "count", 2)
CHECKS = (
    Check(_SALES, '{"answer": ["14.0"], "scale": "million"}', 1.0),
    Check(_SALES, "$14 million", 1.0),
    Check(_PORTS, 'The text names two: {"answer": ["Tey", "Orrin"], "scale": ""}', 1.0),
    Check(_RISE, '{"answer": 33.33, "scale": "percent"}', 1.0),
    Check(_RISE, '[0.3333, ""]', 1.0),
    Check(_RISE, "33.33%", 1.0),
    Check(_YEARS, "2", 1.0),
    Check(_SALES, '{"answer": ["14.0"], "scale": "thousand"}', 0.0),
    Check(_PORTS, '{"answer": ["Orrin"], "scale": ""}', 0.0),
    Check(_RISE, '{"answer": 3.5, "scale": "million"}', 0.0),
    Check(_YEARS, "12", 0.0),
    Check(_YEARS, "", 0.0),
)
