"""FLARE's layout {id, query, answer, …}: rows, and how PIXIU reads and scores written answers.

The-FinAI/PIXIU: src/tasks/flare.py (MIT). A query is the whole prompt. Where its code can't be
meant as it stands (a sign that is dropped, a summary that can't be matched) the card says so.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from julja.errors import DataError
from julja.scoring.base import FunctionScorer, ScoreFunction, scorer, unparsed
from julja.scoring.bertscore import BertScore
from julja.scoring.rouge import rouge_l, rouge_n
from julja.types import Json, Metric, Response, Row, Sample, Score, Scorer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Columns = Mapping[str, NDArray[np.float64]]

MISSING = Metric("missing", higher_is_better=False)
_ACC = (Metric("acc"), MISSING)
_ROUGE = (Metric("rouge1"), Metric("rouge2"), Metric("rougeL"))


def choice_sample(row: Row) -> Sample:
    """A row {id, query, answer, choices, gold}."""
    name, choices, gold = str(row["id"]), tuple(map(str, row["choices"])), row["gold"]
    if type(gold) is not int or not 0 <= gold < len(choices):
        raise DataError(
            f"the label (gold) of {name} is {gold!r}, and it has {len(choices)} choices."
        )
    plain = [choice.strip().lower() for choice in choices]
    answer = str(row.get("answer", "")).strip().lower()
    if answer in plain and plain.index(answer) != gold:
        raise DataError(
            f"the answer of {name} is {row['answer']!r}, its label (gold) says {choices[gold]!r}.",
            hint="The file's columns may be shifted.",
        )
    fields = {"label_type": row["label_type"]} if row.get("label_type") else {}
    return Sample(name, _query(row), (choices[gold],), choices, (gold,), fields=fields)


def answer_sample(row: Row) -> Sample:
    """A row {id, query, answer}."""
    answer = str(row["answer"])
    if not answer.strip():
        raise DataError(f"{row['id']} has no answer.")
    cluster = row.get("dialogue_id")
    return Sample(
        str(row["id"]), _query(row), (answer,), cluster=None if cluster is None else str(cluster)
    )


def value_sample(row: Row) -> Sample:
    """A row whose answer is a number from -1 to 1."""
    sample = answer_sample(row)
    try:
        inside = -1 <= float(sample.target[0]) <= 1
    except ValueError:
        inside = False
    if not inside:
        raise DataError(f"the answer of {sample.id} is {sample.target[0]!r}, no number in -1..1.")
    return sample


def tags_sample(row: Row) -> Sample:
    """A row {id, query, token, label}: a tag for each word."""
    return _tagged(row, [str(word) for word in row["token"]])


def entities_sample(row: Row) -> Sample:
    """A row {id, query, text, label}: a tag for each word between spaces."""
    return _tagged(row, str(row["text"]).split())


def _tagged(row: Row, words: Sequence[str]) -> Sample:
    name, tags = str(row["id"]), [str(tag) for tag in row["label"]]
    if len(words) != len(tags) or not words:
        raise DataError(f"{name} has {len(words)} words and {len(tags)} labels.")
    odd = [tag for tag in tags if tag != "O" and not tag.startswith(("B-", "I-"))]
    if odd:
        raise DataError(f"the label {odd[0]!r} of {name} is neither O nor B-… nor I-….")
    fields = {"words": list(words), "tags": tags, "text": str(row.get("text", ""))}
    return Sample(name, _query(row), (str(row["answer"]),), fields=fields)


def extract_sample(row: Row) -> Sample:
    """A row {id, query, text, label}: the label says of each line of the text whether it stays."""
    lines, label = str(row["text"]).split("\n"), [int(value) for value in row["label"]]
    if not 0 < len(label) <= len(lines) or not set(label) <= {0, 1}:
        raise DataError(f"{row['id']} has {len(lines)} lines and the labels {label[:8]}.")
    return Sample(
        str(row["id"]), _query(row), (_kept(lines, label),), fields={"lines": lines, "label": label}
    )


def _kept(lines: Sequence[str], label: Sequence[int]) -> str:
    return "\n".join(line for line, value in zip(lines, label, strict=False) if value == 1)


def _query(row: Row) -> str:
    query = str(row["query"])
    if not query.strip():
        raise DataError(f"{row['id']} has no query.")
    return query


def with_history(rows: Sequence[Row]) -> list[Row]:
    """ConvFinQA's turns, with {answer0}, {answer1} … in the query replaced by the right answers.

    PIXIU puts the model's own answers there.
    """
    turns: dict[tuple[str, int], str] = {}
    for row in rows:
        turns[str(row["dialogue_id"]), int(row["turn"])] = str(row["answer"])
    made: list[Row] = []
    for row in rows:
        known = {n: turns.get((str(row["dialogue_id"]), n)) for n in range(int(row["turn"]))}
        lost = [n for n, answer in known.items() if answer is None]
        if lost:
            raise DataError(f"turn {lost[0]} of the dialogue {row['dialogue_id']!r} is not there.")
        query = str(row["query"])
        for n, answer in known.items():
            query = query.replace(f"{{answer{n}}}", str(answer))
        made.append({**row, "query": query})
    return made


@scorer(metrics=_ACC)
def contained(
    words: Mapping[str, Sequence[str]] | None = None, default: str = "", lower: bool = True
) -> ScoreFunction:
    """The first of the choices that stands anywhere in the response, in the choices' order.

    `words` are others that mean a choice; a response without any is `default`, or missing.
    """

    def score(sample: Sample, response: Response) -> Score:
        text = response.text.strip().lower() if lower else response.text.strip()
        plain = [choice.lower() if lower else choice for choice in sample.choices]
        place = next(
            (n for n, choice in enumerate(plain) if _holds(text, choice, words or {})), None
        )
        if place is None and default in plain:
            place = plain.index(default)
        if place is None:
            return unparsed(_ACC, "None of the choices stands in the response.")
        values = {"acc": float(place in sample.answer), "missing": 0.0}
        return Score(values, extracted=sample.choices[place])

    return score


def _holds(text: str, choice: str, words: Mapping[str, Sequence[str]]) -> bool:
    return choice in text or any(word in text for word in words.get(choice, ()))


def _mean_f1(columns: "Columns") -> float:
    """The mean over kinds of questions of the weighted F1 of yes and no."""
    import numpy as np

    kinds, gold, given = (columns[name] for name in ("kind", "gold", "predicted"))
    found = []
    for kind in np.unique(kinds):
        right, made = gold[kinds == kind], given[kinds == kind]
        shares = [
            2 * float(((right == c) & (made == c)).sum()) / max(both, 1)
            for c in (0, 1)
            for both in [int((right == c).sum() + (made == c).sum())]
        ]
        found.append(sum(shares[c] * float((right == c).mean()) for c in (0, 1)))
    return float(np.mean(found))


_AVG_F1 = Metric("avg_f1", source="acc", aggregate=_mean_f1, columns=("kind", "gold", "predicted"))


@scorer(metrics=(_AVG_F1, *_ACC))
def headlines() -> ScoreFunction:
    """Yes is yes, and all else is no, as officially; what is neither counts as missing too."""
    from zlib import crc32

    def score(sample: Sample, response: Response) -> Score:
        text = response.text.strip()
        given = int(text != "Yes")
        values = {
            "acc": float(given in sample.answer),
            "missing": float(text not in ("Yes", "No")),
            "kind": float(crc32(str(sample.fields.get("label_type", "")).encode())),
            "gold": float(sample.answer[0]),
            "predicted": float(given),
        }
        if values["missing"]:
            why = "The response is neither Yes nor No: officially a No."
            return Score(values, "unparsed", explanation=why)
        return Score(values, extracted=sample.choices[given])

    return score


@scorer(metrics=(Metric("acc"),))
def same_text() -> ScoreFunction:
    """The response without the space around it is the answer, letter by letter."""

    def score(sample: Sample, response: Response) -> Score:
        text = response.text.strip()
        if not text:
            return unparsed((Metric("acc"),), "The response is empty.")
        return Score({"acc": float(text == sample.target[0])}, extracted=text)

    return score


def _rmse(columns: "Columns") -> float:
    import numpy as np

    kept = columns["missing"] == 0
    if not kept.any():
        return 2.0
    return float(np.sqrt(np.mean((columns["gold"][kept] - columns["predicted"][kept]) ** 2)))


_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_RMSE = Metric(
    "rmse",
    source="closeness",
    higher_is_better=False,
    aggregate=_rmse,
    columns=("gold", "predicted", "missing"),
)


@scorer(metrics=(_RMSE, Metric("closeness"), MISSING))
def sentiment() -> ScoreFunction:
    """The first number of the first line, cut to -1..1; RMSE over the answers that have one.

    `closeness` is 1 less half the distance, 0 without a number.
    """

    def score(sample: Sample, response: Response) -> Score:
        gold = float(sample.target[0])
        found = _NUMBER.search(response.text.split("\n")[0])
        if found is None:
            values = {"closeness": 0.0, "missing": 1.0, "gold": gold, "predicted": 0.0}
            return Score(values, "unparsed", explanation="The first line has no number.")
        value = max(min(float(found[0]), 1.0), -1.0)
        near = 1 - abs(value - gold) / 2
        values = {"closeness": near, "missing": 0.0, "gold": gold, "predicted": value}
        return Score(values, extracted=found[0], span=found.span())

    return score


def _summaries(name: str, read: Callable[[Sample, str], str], likeness: BertScore | None) -> Scorer:
    metrics = (*_ROUGE, Metric("bert_score_f1")) if likeness else _ROUGE

    def score(sample: Sample, response: Response) -> Score:
        summary = read(sample, response.text)
        if not summary.strip():
            return unparsed(metrics, "There is no summary in the response.")
        right = sample.target[0]
        values = {
            "rouge1": rouge_n(summary, right, 1),
            "rouge2": rouge_n(summary, right, 2),
            "rougeL": rouge_l(summary, right),
        }
        if likeness:
            values["bert_score_f1"] = likeness.f1(summary, [right])
        return Score(values, extracted=summary)

    args = likeness.args if likeness else {}
    ready = likeness.ready if likeness else None
    return FunctionScorer(name, args, metrics, likeness is not None, score, ready)


def summary(likeness: BertScore | None = None) -> Scorer:
    """ROUGE-1, -2 and -L of the response, and its BERTScore by `likeness`."""
    return _summaries("summary", lambda sample, text: text, likeness)


def extracted(likeness: BertScore | None = None) -> Scorer:
    """The same of the lines of the text that the response marks with 1, one 0 or 1 a line."""

    def read(sample: Sample, text: str) -> str:
        marks = [int(line.strip() == "1") for line in text.strip().split("\n")]
        return _kept(sample.fields["lines"], marks)

    return _summaries("extracted", read, likeness)


def json_row(**fields: Json) -> Row:
    """A row of the layout for self-checks, written for julja."""
    return {"id": "orrin", "answer": "", **fields}
