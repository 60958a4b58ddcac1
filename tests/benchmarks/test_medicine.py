"""MedQA, MedMCQA, PubMedQA: both ways of counting, the real files, and what is refused."""

import pytest

from julja.benchmarks.medicine import medmcqa, medqa, pubmedqa
from julja.config import RunConfig
from julja.data.files import read_rows
from julja.errors import DataError
from julja.run.planning import make_plan

MEDQA, MEDMCQA, PUBMEDQA = medqa.CHECKS[0].row, medmcqa.CHECKS[0].row, pubmedqa.CHECKS[0].row


def plan(task, mirror):
    config = RunConfig(tasks=(task,), model="x", data=str(mirror))
    return make_plan(config, frozenset({"letter", "rank", "generate"}), {"name": "x"})


def test_upstream_counts_the_options_from_one_and_the_hub_from_zero():
    upstream = [{**MEDMCQA, "cop": 3}]
    (row,) = medmcqa.counted_from_one(upstream)
    assert medmcqa.to_sample(row).target == ("Four",)
    assert medmcqa.to_sample(MEDMCQA).target == ("Four",)
    with pytest.raises(DataError, match=r"row 1: the answer \(cop\) is 0"):
        medmcqa.counted_from_one([upstream[0], {**MEDMCQA, "cop": 0}])


def test_a_hidden_label_of_the_hubs_test_split_is_refused():
    with pytest.raises(DataError, match=r"\(cop\) of h is -1"):
        medmcqa.to_sample({**MEDMCQA, "cop": -1})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"answer_idx": "C"}, "'Femur' is not option 'C'"),
        ({"answer_idx": "E"}, "none of the 4 options"),
        ({"options": {"A": "x", "C": "y"}}, "not A to D or E by name"),
        ({"options": {"A": "Radius", "B": "Femur", "C": "", "D": "Tibia"}}, "nothing as option C"),
    ],
)
def test_a_shifted_row_of_medqa_is_refused(change, says):
    with pytest.raises(DataError, match=says):
        medqa.to_sample({**MEDQA, **change})


def test_five_options_without_a_letter_are_read_by_the_answers_text():
    row = {
        "question": "?",
        "options": dict(zip("ABCDE", "vwxyz", strict=True)),
        "answer": "z",
    }
    assert medqa.to_sample(row).answer == (4,)


def test_a_study_without_a_known_decision_is_refused():
    with pytest.raises(DataError, match="the decision on 1 is 'perhaps'"):
        pubmedqa.to_sample({**PUBMEDQA, "final_decision": "perhaps"}, "required")


def test_the_conclusion_is_shown_in_the_free_setting_alone():
    row = {**PUBMEDQA, "LONG_ANSWER": "So it does."}
    assert pubmedqa.to_sample(row, "free").fields["abstract"] == "So it does."
    assert "So it does." not in pubmedqa.to_sample(row, "required").fields["abstract"]


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("task", "rows"),
    [("medqa", 1273), ("medmcqa", 4183), ("pubmedqa", 500), ("pubmedqa:rows=all", 1000)],
)
def test_every_row_of_the_mirror_is_read(task, rows, mirror):
    assert plan(task, mirror).total == rows


@pytest.mark.mirror
def test_the_shares_of_answers_are_those_of_the_papers(mirror):
    samples = next(iter(plan("medmcqa", mirror).leaves.values())).samples
    first = sum(sample.answer == (0,) for sample in samples)
    assert round(100 * first / len(samples), 2) == 32.23
    samples = next(iter(plan("pubmedqa", mirror).leaves.values())).samples
    labels = [sample.target[0] for sample in samples]
    assert [labels.count(name) for name in pubmedqa.LABELS] == [276, 169, 55]


@pytest.mark.mirror
def test_the_test_set_is_the_one_of_the_authors_ground_truth(mirror):
    truth = read_rows(mirror / "pubmedqa" / "data" / "test_ground_truth.json")
    samples = next(iter(plan("pubmedqa", mirror).leaves.values())).samples
    assert {sample.id: sample.target[0] for sample in samples} == truth
