"""TAT-QA: how answers and scales are read, and what is refused."""

import json

import pytest

from julja.benchmarks.finance import tatqa
from julja.benchmarks.finance.tatqa_answers import to_number, verdict
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.task import Answered
from julja.types import Response, Score

ROW = tatqa.CHECKS[0].row
PAGE = {
    "table": ROW["table"],
    "paragraphs": [{"order": 2, "text": "second"}, {"order": 1, "text": "first"}],
    "questions": [{k: v for k, v in ROW.items() if k not in ("table", "paragraphs")}],
}


@pytest.mark.parametrize(
    ("text", "value"),
    [("$ 1,496.5", 1496.5), ("(12)", -12), ("12.5%", 0.125), ("1.2 million", 1200000.0)],
)
def test_numbers_are_read_with_sign_percent_and_scale(text, value):
    assert to_number(text) == value


def test_a_number_is_compared_with_its_scale():
    assert verdict(["1.5"], "million", ["1,500"], "thousand", "span") == (1.0, 1.0, 0.0)
    assert verdict(["1.5"], "thousand", ["1,500"], "thousand", "span") == (0.0, 0.0, 1.0)


def test_a_bare_fraction_is_a_percentage_too():
    assert verdict([0.2342], "", ["23.42"], "percent", "arithmetic").exact_match == 1.0


def test_f1_is_of_words_and_rounded_to_two_places():
    assert verdict(["net sales in Asia"], "", ["sales in Asia"], "", "span").f1 == 0.86


def test_a_predicted_number_zero_is_no_answer_but_the_text_is():
    assert verdict(0, "", ["0"], "", "count").exact_match == 0.0
    assert verdict("0", "", ["0"], "", "count").exact_match == 1.0


@pytest.mark.parametrize(
    ("text", "answer", "scale"),
    [
        ('[["a", "b"], "million"]', ["a", "b"], "million"),
        ('["a", "b"]', ["a", "b"], ""),
        ('["7", "percent"]', "7", "percent"),
        ('{"answer": 0, "scale": "Percent"}', ["0"], "percent"),
        ("$14 million.\nThat is all.", ["$14"], "million"),
        ("33.3%", ["33.3%"], "percent"),
        ("the next million", ["the next million"], ""),
        ("", None, None),
    ],
)
def test_an_answer_is_json_or_the_first_line(text, answer, scale):
    assert tatqa.read_answer(text)[:2] == (answer, scale)


def test_pages_become_questions_with_paragraphs_in_order():
    (row,) = tatqa.questions([PAGE])
    assert row["paragraphs"] == ["first", "second"]
    sample = tatqa.to_sample(row)
    assert (sample.id, sample.cluster, sample.target) == ("sales", "ferry", ("$ 14.0",))
    assert sample.fields["table"].splitlines()[1] == "Tickets | $ 14.0 | $ 10.5"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"answer": 14.0}, "is 14.0, which is no span"),
        ({"answer": None}, "is None, which is no span"),
        ({"answer_type": "essay"}, "type 'essay'"),
        ({"scale": "dozen"}, "scale 'dozen'"),
        ({"table": {"uid": "t", "table": [["a", "b"], ["c"]]}}, "rows of 1, 2 cells"),
    ],
)
def test_a_damaged_row_is_refused(change, says):
    with pytest.raises(DataError, match=says):
        tatqa.to_sample({**ROW, **change})


def test_another_file_is_refused():
    with pytest.raises(DataError, match="entry 0 has no table"):
        tatqa.questions([{"id": "x"}])


def test_questions_that_a_submission_leaves_out_are_wrong():
    samples = [tatqa.to_sample(ROW), tatqa.to_sample({**ROW, "uid": "other"})]
    rows = tatqa.predictions({"sales": [["14"], "million"]}, samples)
    assert rows == [
        {"id": "sales", "response": '[["14"], "million"]'},
        {"id": "other", "response": ""},
    ]


def test_the_submission_is_the_official_object():
    sample = tatqa.to_sample(ROW)
    made = tatqa.submission([Answered(sample, None, Response("$14 million"), Score({}))])
    assert json.loads(made["predictions.json"]) == {"sales": [["$14"], "million"]}


@pytest.mark.mirror
@pytest.mark.parametrize(("task", "rows"), [("tatqa", 1668), ("tatqa:split=test", 1663)])
def test_every_question_of_the_mirror_is_read(task, rows, mirror):
    config = RunConfig(tasks=(task,), model="x", data=str(mirror))
    assert make_plan(config, frozenset({"generate"}), {"name": "x"}).total == rows
