"""MMLU-Redux: kinds of errors, the authors' table, and its order."""

import pytest

from julja.benchmarks.knowledge.mmlu import SUBJECTS
from julja.benchmarks.knowledge.mmlu_redux import CHECKS, answers, by_subject, to_sample
from julja.config import RunConfig
from julja.data.files import read_rows
from julja.errors import DataError
from julja.run.planning import make_plan

ROW = CHECKS[0].row


def plan(task, mirror):
    config = RunConfig(tasks=(task,), model="x", data=str(mirror))
    return make_plan(config, frozenset({"letter"}), {"name": "x"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"error_type": "typo"}, "error type 'typo' is unknown"),
        ({"answer": 4}, "the answer 4 is none of the 4 options"),
        ({"choices": "[1, 2"}, "the options are no list"),
    ],
)
def test_a_damaged_row_is_refused(change, says):
    with pytest.raises(DataError, match=says):
        to_sample({**ROW, **change})


def test_a_cut_table_is_refused():
    with pytest.raises(DataError, match="has 1 rows, not 100 for each"):
        by_subject([{"groundtruth_answer": "0", "question": "?"}])


@pytest.mark.mirror
def test_the_tables_blocks_are_the_subjects_of_mmlus_own_files(mirror):
    table = read_rows(mirror / "mmlu_redux" / "outputs" / "multi_expert_helm" / "all.csv.gz")
    rows = by_subject(table)
    for n in (0, 26, 56):
        (leaf,) = plan(f"mmlu/{SUBJECTS[n]}:shots=0", mirror).leaves.values()
        questions = {"".join(sample.input.split()) for sample in leaf.samples}
        block = [row for row in rows if row["subject"] == SUBJECTS[n]]
        same = sum("".join(row["question"].split()) in questions for row in block)
        assert same >= 98  # a few questions were mended


@pytest.mark.mirror
def test_clean_leaves_out_the_370_flawed_questions(mirror):
    assert plan("mmlu_redux", mirror).total == 5700
    assert plan("mmlu_redux:clean=true", mirror).total == 5330


@pytest.mark.mirror
def test_an_unknown_column_is_told(mirror):
    table = read_rows(mirror / "mmlu_redux" / "outputs" / "multi_expert_helm" / "all.csv.gz")
    with pytest.raises(DataError, match="no column 'gpt-9'"):
        answers(table, False, "gpt-9")
