"""SQuAD 1.1 and 2.0 against evaluate-v1.1.py and evaluate-v2.0.py on recorded predictions.

The expected values are what the official scripts' rules give on these files, computed apart from
julja, as fractions (the scripts print percent); every sample agrees.
"""

import gzip
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from julja.benchmarks.reading.squad import squad, squad_v2
from julja.cli.main import main
from julja.errors import DataError
from julja.tasks.render import make_request, render_prompt
from julja.tasks.task import Task
from julja.types import ChoiceLikelihood, Decoding, Response, Row, Sample, Score, Source

HOLDS = ("squad", "squad_v2")

PASSAGE = "Ivo Lund sailed to Skagen in 1902.\nHe came back a year later."
V1, V2 = squad(), squad_v2()


def row(*answers: str) -> Row:
    question = "Who sailed to Skagen?"
    given = {"text": list(answers), "answer_start": [0] * len(answers)}
    return {"id": "q1", "title": "T", "context": PASSAGE, "question": question, "answers": given}


def score(task: Task, response: str, *answers: str) -> Score:
    return task.forms["generate"].scorer(task.sample(row(*answers)), Response(text=response))


@pytest.mark.parametrize("task", [V1, V2], ids=["squad", "squad_v2"])
def test_self_checks(task: Task) -> None:
    scorer = task.forms["generate"].scorer
    got = [scorer(task.sample(c.row), Response(c.response)) for c in task.checks]
    assert [result.values["exact_match"] for result in got] == [c.value for c in task.checks]


def test_the_prompts() -> None:
    text = render_prompt(V1.forms["generate"], V1.sample(row("Ivo Lund"))).text
    assert text == (
        "Answer each question with the shortest span of its passage that answers it, and with "
        "nothing else.\n\n"
        f"Passage: {PASSAGE}\nQuestion: Who sailed to Skagen?\nAnswer:"
    )
    text = render_prompt(V2.forms["generate"], V2.sample(row("Ivo Lund")), [V2.sample(row())]).text
    assert text == (
        "Answer each question with the shortest span of its passage that answers it, and with "
        'nothing else. If the passage does not hold the answer, write "unanswerable".\n\n'
        f"Passage: {PASSAGE}\nQuestion: Who sailed to Skagen?\nAnswer: unanswerable\n\n"
        f"Passage: {PASSAGE}\nQuestion: Who sailed to Skagen?\nAnswer:"
    )


def test_samples_share_the_cluster_of_their_passage() -> None:
    one = V1.sample(row("Ivo Lund", "Lund", "Lund"))
    other = V1.sample({**row("Lund"), "context": "Another passage about Lund."})
    assert one.target == ("Ivo Lund", "Lund")
    assert one.cluster == V2.sample(row()).cluster
    assert one.cluster is not None and one.cluster.startswith("T/")
    assert one.cluster != other.cluster


def test_no_answer_by_version() -> None:
    assert V2.sample(row()).target == ("",)
    assert V2.sample(row()).fields["answerable"] == "NoAns"
    assert V2.sample(row("Lund")).fields["answerable"] == "HasAns"
    with pytest.raises(DataError, match=r"SQuAD 1\.1 has none of this kind"):
        V1.sample(row())


@pytest.mark.parametrize(
    ("response", "extracted"),
    [
        (" Ivo Lund ", "Ivo Lund"),
        ("Ivo Lund\n\nThe passage says so.", "Ivo Lund"),
        ("\n**Answer:** Ivo Lund\nSince he sailed.", "Ivo Lund"),
        ("Answer:\nIvo Lund", "Ivo Lund"),
        # A span over a line break of the passage stays whole, as a submission has it.
        ("in 1902.\nHe came", "in 1902.\nHe came"),
    ],
)
def test_the_answer_is_read_from_a_talkative_response(response: str, extracted: str) -> None:
    result = score(V1, response, "Ivo Lund")
    assert result.extracted == extracted
    assert result.span is not None
    assert response[slice(*result.span)] == extracted


def test_unanswerable_is_the_empty_answer_in_version_2() -> None:
    assert score(V2, "Unanswerable.").values == {"exact_match": 1.0, "f1": 1.0}
    assert score(V2, "").values == {"exact_match": 1.0, "f1": 1.0}
    assert score(V2, "Lund").values == {"exact_match": 0.0, "f1": 0.0}
    assert score(V2, "", "Lund").values == {"exact_match": 0.0, "f1": 0.0}
    assert score(V1, "", "Lund").state == "unparsed"


def test_submissions() -> None:
    samples = [V1.sample({**row("Lund"), "id": name}) for name in ("q1", "q2")]
    assert V1.responses is not None and V2.responses is not None
    # The scripts differ: what is left out is wrong in 1.1, and not counted in 2.0.
    assert V1.responses({"q1": "Lund", "x": "y"}, samples) == [
        {"id": "q1", "response": "Lund"},
        {"id": "x", "response": "y"},
        {"id": "q2", "response": ""},
    ]
    assert V2.responses({"q1": None}, samples) == [{"id": "q1", "response": ""}]
    rows = [{"id": "q1", "prediction_text": "Lund", "no_answer_probability": 0.0}]
    choices = [{"text": "Lund", "loglikelihood": 0.0}, {"text": "", "loglikelihood": 0.0}]
    assert V2.responses(rows, samples) == [{"id": "q1", "response": "Lund", "choices": choices}]
    with pytest.raises(DataError, match="row 0 of the responses has no id or no text"):
        V2.responses([{"id": "q1"}], samples)
    with pytest.raises(DataError, match="the prediction of 'q1' is list"):
        V2.responses({"q1": ["a"]}, samples)


def test_a_file_that_is_no_squad_file() -> None:
    assert isinstance(V1.rows, Source) and V1.rows.adapt is not None
    with pytest.raises(DataError, match="no list `data` of articles"):
        V1.rows.adapt({"rows": []})


def doubted(answer: str, doubt: float) -> Response:
    """An answer as hf-qa gives it, with the scores of the span and of none."""
    scores = (ChoiceLikelihood(answer, 1.0), ChoiceLikelihood("", 1.0 + doubt))
    return Response(answer, choices=scores)


def best(task: Task, answered: Sequence[tuple[Sample, Response]]) -> dict[str, float]:
    scorer = task.forms["span"].scorer
    scores = [scorer(sample, response).values for sample, response in answered]
    return {
        metric.name: metric.aggregate({n: np.array([s[n] for s in scores]) for n in metric.columns})
        for metric in scorer.metrics
        if metric.aggregate
    }


def searched(answered: Sequence[tuple[Sample, Response]], name: str) -> float:
    """find_best_thresh of evaluate-v2.0.py, as a loop over the questions by their doubt."""
    score = top = float(sum(sample.target == ("",) for sample, _ in answered))
    order = sorted(answered, key=lambda item: item[1].choices[1].loglikelihood)
    for sample, response in order:
        if sample.target != ("",):
            plain = replace(response, choices=())
            score += V2.forms["generate"].scorer(sample, plain).values[name]
        elif response.text:
            score -= 1
        top = max(top, score)
    return top / len(answered)


@pytest.mark.parametrize("seed", range(6))
def test_the_best_threshold_is_the_script_s(seed: int) -> None:
    draw = random.Random(seed)
    answered = []
    for number in range(60):
        answers = ("Ivo Lund", "Lund") if draw.random() < 0.5 else ()
        sample = V2.sample({**row(*answers), "id": str(number)})
        given = draw.choice(["Ivo Lund", "Ivo", "in 1902", "", "Lund of Skagen"])
        answered.append((sample, doubted(given, draw.gauss(0, 1))))
    assert best(V2, answered) == {
        "best_exact": pytest.approx(searched(answered, "exact_match")),
        "best_f1": pytest.approx(searched(answered, "f1")),
    }


def test_answers_of_the_same_doubt_are_not_parted() -> None:
    right = (V2.sample(row("Lund")), doubted("Lund", 0.0))
    wrong = (V2.sample(row()), doubted("Lund", 0.0))
    assert best(V2, [right, wrong]) == {"best_exact": 0.5, "best_f1": 0.5}
    assert best(V2, [right, (wrong[0], doubted("Lund", 0.1))]) == {"best_exact": 1, "best_f1": 1}


def test_spans_are_asked_with_and_without_an_answer() -> None:
    sample = V2.sample(row("Lund"))
    asked = make_request("span", V2.forms["span"], sample, (), Decoding())
    assert asked.inputs == {"question": sample.input, "context": PASSAGE, "no_answer": True}
    asked = make_request("span", V1.forms["span"], V1.sample(row("Lund")), (), Decoding())
    assert asked.inputs == {"question": sample.input, "context": PASSAGE}
    # A model that says "none" here is wrong, though its best span is right.
    silent = Response("", choices=doubted("Lund", 2.0).choices)
    found = V2.forms["span"].scorer(sample, silent).values
    assert (found["exact_match"], found["raw_exact_match"]) == (0.0, 1.0)


@pytest.mark.mirror
def test_answers_with_probabilities_are_scored_from_a_file(
    mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = mirror / "squad"
    model = home / "models" / "v2.0" / "BERT (single model) (Google AI Language).json.gz"
    rows = [
        {"id": name, "prediction_text": text, "no_answer_probability": 0.0 if text else 1.0}
        for name, text in read(model).items()
    ]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    places = ["--data", str(mirror), "--store", str(tmp_path / "julja.db"), "--json"]
    with pytest.raises(SystemExit):
        main(["score", "squad_v2", "--responses", str(tmp_path / "rows.json"), *places])
    metrics = json.loads(capsys.readouterr().out)["results"][0]["metrics"]
    assert metrics["exact_match"]["value"] == 1063 / 1407
    # Silence is all the doubt there is: no threshold does better than the answers themselves.
    assert metrics["best_exact"]["value"] == 1063 / 1407


def read(path: Path) -> Any:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def totals(task: Task, data: Path, predictions: Path) -> dict[str, Mapping[str, float]]:
    """The mean of each metric over all samples, and over each group."""
    assert isinstance(task.rows, Source)
    assert task.rows.adapt is not None and task.responses is not None
    samples = [task.sample(item) for item in task.rows.adapt(read(data))]
    rows = task.responses(read(predictions), samples)
    answers = {item["id"]: item["response"] for item in rows}
    groups: dict[str, list[Mapping[str, float]]] = {"all": []}
    for sample in samples:
        values = task.forms["generate"].scorer(sample, Response(text=answers[sample.id])).values
        groups["all"].append(values)
        groups.setdefault(_group(sample), []).append(values)
    return {
        name: {
            "n": len(items),
            "exact_match": sum(item["exact_match"] for item in items) / len(items),
            "f1": sum(item["f1"] for item in items) / len(items),
        }
        for name, items in groups.items()
    }


def _group(sample: Sample) -> str:
    return str(sample.fields.get("answerable", "HasAns"))


@pytest.mark.mirror
@pytest.mark.parity
@pytest.mark.parametrize(
    ("model", "exact_match", "f1"),
    [
        ("BERT (ensemble) (Google AI Language)", 891 / 1190, 0.8632474793700984),
        # It left out two of the questions: wrong in 1.1.
        ("Logistic Regression Baseline (Stanford University)", 411 / 1190, 0.45852334974514675),
    ],
)
def test_squad_1_on_xquad(mirror: Path, model: str, exact_match: float, f1: float) -> None:
    home = mirror / "squad"
    got = totals(V1, home / "xquad.en.json.gz", home / "models" / "1.1" / f"{model}.json.gz")
    assert got["all"]["n"] == 1190
    assert got["all"]["exact_match"] == exact_match
    assert got["all"]["f1"] == pytest.approx(f1, abs=1e-13)


@pytest.mark.mirror
@pytest.mark.parity
def test_squad_2_on_five_articles(mirror: Path) -> None:
    home = mirror / "squad"
    model = home / "models" / "v2.0" / "BERT (single model) (Google AI Language).json.gz"
    got = totals(V2, home / "dev-v2.0_first5articles.json.gz", model)
    assert got == {
        "all": {"n": 1407, "exact_match": 1063 / 1407, "f1": pytest.approx(0.7883251404548824)},
        "HasAns": {"n": 705, "exact_match": 496 / 705, "f1": pytest.approx(0.7690403866950641)},
        "NoAns": {"n": 702, "exact_match": 567 / 702, "f1": 567 / 702},
    }
