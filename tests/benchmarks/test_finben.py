"""FinBen: how FLARE's rows are read and PIXIU's metrics computed, and what is refused."""

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score

from julja.benchmarks.finance import finben, flare
from julja.benchmarks.finance.flare_tags import chunks, placed, read_lines, written_tags
from julja.config import RunConfig
from julja.data.files import read_rows
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.run.responses import score_responses
from julja.store.sqlite import Store
from julja.types import Response

STANCE = {
    "id": "fomc1",
    "query": "What is the stance?\nAnswer:",
    "answer": "hawkish",
    "choices": ["dovish", "hawkish", "neutral"],
    "gold": 1,
}


def score(task, row, text):
    return task.forms["generate"].scorer(task.sample(row), Response(text))


def values(task, rows, texts):
    """The metrics of several answers, by their aggregates or means."""
    scores = [score(task, row, text).values for row, text in zip(rows, texts, strict=True)]
    found = {}
    for metric in task.forms["generate"].scorer.metrics:
        columns = {
            name: np.array([one[name] for one in scores])
            for name in (metric.columns or (metric.key,))
        }
        made = metric.aggregate(columns) if metric.aggregate else columns[metric.key].mean()
        found[metric.name] = round(float(made), 6)
    return found


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("Hawkish.", "hawkish"),
        ("It is neither hawkish nor dovish", "dovish"),  # the order of the choices decides
        ("neutral-ish", "neutral"),
    ],
)
def test_the_first_choice_that_stands_in_the_answer_counts(text, chosen):
    assert score(finben.finben_fomc(), STANCE, text).extracted == chosen


def test_an_answer_without_a_choice_is_missing():
    found = score(finben.finben_fomc(), STANCE, "tight money")
    assert (found.state, found.values["missing"], found.values["acc"]) == ("unparsed", 1.0, 0.0)


def test_f1_is_weighted_and_missing_ones_lower_the_recall():
    rows = [{**STANCE, "gold": gold, "answer": ""} for gold in (0, 0, 1, 2, 2, 2)]
    texts = ["dovish", "hawkish", "hawkish", "neutral", "?", "neutral"]
    gold, given = [0, 0, 1, 2, 2, 2], [0, 1, 1, 2, -1, 2]
    found = values(finben.finben_fomc(), rows, texts)
    assert found["f1"] == round(f1_score(gold, given, average="weighted", labels=[0, 1, 2]), 6)
    assert found["macro_f1"] == round(f1_score(gold, given, average="macro", labels=[0, 1, 2]), 6)
    assert found["missing"] == round(1 / 6, 6)


def test_a_stock_falls_where_the_answer_says_nothing():
    row = {**STANCE, "choices": ["Rise", "Fall"], "gold": 1, "answer": "Fall"}
    task = finben.finben_bigdata22()
    said = [score(task, row, text).extracted for text in ("It will rise", "Yes", "negative", "hm")]
    assert said == ["Rise", "Rise", "Fall", "Fall"]
    assert next(iter(task.forms["generate"].scorer.metrics)).name == "acc"


def test_headlines_are_averaged_over_their_kinds():
    row = {"id": "h", "query": "?", "choices": ["Yes", "No"]}
    kinds = ["up", "up", "up", "down", "down"]
    golds, texts = [0, 1, 1, 0, 1], ["Yes", "No", "yes", "No", "maybe"]
    rows = [
        {**row, "gold": gold, "label_type": kind} for gold, kind in zip(golds, kinds, strict=True)
    ]
    given = [int(text != "Yes") for text in texts]
    official = [
        f1_score(golds[part], given[part], average="weighted", labels=[0, 1], zero_division=0)
        for part in (slice(0, 3), slice(3, 5))
    ]
    found = values(finben.finben_headlines(), rows, texts)
    assert found["avg_f1"] == round(sum(official) / 2, 6)
    assert found["missing"] == 0.4


def test_tags_are_read_line_by_line():
    words = ["Ann", "Lee", "of", "a:b"]
    lines = "Ann:B-PER\nLee : I-PER\nof:O\na:b:O"
    assert read_lines(lines, words, ()) == ["B-PER", "", "O", ""]
    assert read_lines("Ann:B-DOG", words, ("O", "B-PER")) == ["", "", "", ""]


def test_entities_may_begin_with_i_and_end_with_another_type():
    tags = ["I-PER", "I-PER", "I-ORG", "B-ORG", "O"]
    assert chunks(tags) == {("PER", 0, 2), ("ORG", 2, 3), ("ORG", 3, 4)}


def test_f1_of_tags_is_weighted_by_support_and_a_lost_line_is_of_no_tag():
    known = ("O", "B-PER", "I-PER")
    gold = [["B-PER", "I-PER", "O"], ["O", "O", "B-PER"]]
    made = ["x:B-PER\ny:O\nz:O", "x:O\n\nz:B-PER"]
    rows = [
        {"id": str(n), "query": "?", "answer": "?", "token": ["x", "y", "z"], "label": label}
        for n, label in enumerate(gold)
    ]
    task = finben.finben_finer_ord()
    found = values(task, rows, made)
    codes = {tag: n for n, tag in enumerate(known)}
    flat = [codes[tag] for label in gold for tag in label]
    given = [1, 0, 0, 0, -1, 1]
    expected = f1_score(flat, given, average="weighted", labels=[0, 1, 2], zero_division=0)
    assert found["f1"] == round(expected, 6)
    assert found["entity_f1"] == 0.5  # one of two, and one that is too short
    assert [metric.name for metric in written_tags(()).metrics] == ["entity_f1"]


@pytest.mark.parametrize(
    ("lines", "tags"),
    [
        ("Ann Lee, PER", "B-PER I-PER O O"),
        ("Tey, LOC", "O O O O"),  # an entity at the very end is not tagged, as officially
        ("nn Lee, PER", "O B-PER O O"),
        ("Ann", "O O O O"),
    ],
)
def test_entities_are_placed_as_process_text_does(lines, tags):
    assert placed(lines, "Ann Lee left Tey") == tags.split()


def test_sentiment_is_the_root_mean_square_error_of_the_answers_with_a_number():
    rows = [{"id": str(n), "query": "?", "answer": gold} for n, gold in enumerate((0.5, -0.5, 1))]
    found = values(finben.finben_tsa(), rows, ["0.1", "about -0.9", "good"])
    assert found["rmse"] == 0.4
    assert found["missing"] == round(1 / 3, 6)


def test_marked_lines_are_the_summary():
    row = {
        "id": "e",
        "query": "?",
        "text": "sales rose\nit rained\nprofit fell",
        "label": [1, 0, 1],
    }
    task = finben.finben_ectsum()
    assert task.sample(row).target == ("sales rose\nprofit fell",)
    assert score(task, row, "1\n0\n1").values == {"rouge1": 1.0, "rouge2": 1.0, "rougeL": 1.0}
    assert score(task, row, "sales rose").state == "unparsed"


def test_earlier_answers_of_a_dialogue_stand_in_the_query():
    turn = {"dialogue_id": "d", "answer": "150"}
    rows = [
        {**turn, "id": "0", "turn": 0, "query": "Tickets?"},
        {**turn, "id": "1", "turn": 1, "query": "Tickets? {answer0}. Twice?", "answer": "300"},
    ]
    made = flare.with_history(rows)
    assert [row["query"] for row in made] == ["Tickets?", "Tickets? 150. Twice?"]
    with pytest.raises(DataError, match="turn 0 of the dialogue 'd' is not there"):
        flare.with_history(rows[1:])


@pytest.mark.parametrize(
    ("sample", "row", "says"),
    [
        (flare.choice_sample, {**STANCE, "gold": 3}, "is 3, and it has 3 choices"),
        (flare.choice_sample, {**STANCE, "gold": -1}, "is -1"),
        (
            flare.choice_sample,
            {**STANCE, "gold": 0},
            "is 'hawkish', its label .gold. says 'dovish'",
        ),
        (flare.choice_sample, {**STANCE, "query": " "}, "fomc1 has no query"),
        (flare.answer_sample, {"id": "q", "query": "?", "answer": " "}, "q has no answer"),
        (flare.value_sample, {"id": "q", "query": "?", "answer": 1.5}, "no number in -1..1"),
        (
            flare.tags_sample,
            {"id": "t", "query": "?", "answer": "", "token": ["a"], "label": ["O", "O"]},
            "t has 1 words and 2 labels",
        ),
        (
            flare.entities_sample,
            {"id": "t", "query": "?", "answer": "", "text": "a b", "label": ["O", "PER"]},
            "the label 'PER' of t",
        ),
        (
            flare.extract_sample,
            {"id": "e", "query": "?", "text": "a", "label": [1, 0]},
            "e has 1 lines and the labels",
        ),
    ],
)
def test_a_damaged_row_is_refused(sample, row, says):
    with pytest.raises(DataError, match=says):
        sample(row)


def test_a_file_of_the_layout_is_run_through_its_folder(tmp_path):
    folder = tmp_path / "data" / "finben" / "fomc"
    folder.mkdir(parents=True)
    rows = [STANCE, {**STANCE, "id": "fomc2", "gold": 0, "answer": "dovish"}]
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = RunConfig(tasks=("finben/fomc",), model="x", data=str(tmp_path / "data"))
    assert make_plan(config, frozenset({"generate"}), {"name": "x"}).total == 2
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"id": "fomc1", "response": "hawkish"}\n{"id": "fomc2", "response": "?"}\n')
    assert len(read_rows(answers)) == 2
    store = Store(tmp_path / "julja.db")
    (result,) = score_responses(config, answers, store).result["results"]
    store.close()
    assert result["task"] == "finben_fomc"
    assert result["counts"]["unparsed"] == 1
    assert {name: found["value"] for name, found in result["metrics"].items()} == {
        "f1": 0.5,
        "macro_f1": 0.5,
        "acc": 0.5,
        "missing": 0.5,
    }
