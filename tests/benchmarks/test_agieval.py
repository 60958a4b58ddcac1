"""AGIEval: the official prompts, one letter, several letters, and answers without options."""

import pytest

from julja.benchmarks.knowledge.agieval import (
    CHECKS,
    EXAMS,
    agieval,
    asked,
    exam_answer,
    find_letters,
    from_hub,
    to_sample,
)
from julja.config import RunConfig
from julja.data.files import read_rows
from julja.errors import ConfigError, DataError
from julja.run.planning import make_plan
from julja.types import Response

SUM, LAMP, HALF = CHECKS[0].row, CHECKS[2].row, CHECKS[4].row
SCORER = exam_answer()


def test_the_prompts_end_where_the_answer_goes_on():
    assert asked(to_sample(SUM)) == (
        "Q: What is 2 + 5? Answer Choices: (A)5 (B)6 (C)7 (D)8 (E)9\n"
        "A: Among A through E, the answer is"
    )
    assert asked(to_sample(LAMP)).endswith("答案：从A到D, 我们应选择")
    assert asked(to_sample(HALF)) == "Q: What is $1/4 + 1/4$?\nA: The answer is"


@pytest.mark.parametrize(
    ("text", "letters"),
    [("AC", "AC"), ("C, A", "AC"), ("选 A 和 C。", "AC"), ("All of them", ""), ("A\nso: BD", "BD")],
)
def test_several_letters_are_a_set(text, letters):
    assert find_letters(text, 4) == letters


def test_all_right_letters_must_be_given():
    sample = to_sample(LAMP)
    assert SCORER(sample, Response("A, C")).values["acc"] == 1
    assert SCORER(sample, Response("A, B, C")).values["acc"] == 0
    assert SCORER(sample, Response("?")).state == "unparsed"


@pytest.mark.parametrize(
    ("row", "change", "says"),
    [
        (SUM, {"label": "F"}, "names none, or others, of the 5 options"),
        (SUM, {"label": None}, "names none"),
        (LAMP, {"label": ["A", "X"]}, "names none, or others"),
        (SUM, {"options": ["(A)1", "(B)", "(C)2"]}, "nothing as option B"),
        (HALF, {"answer": ""}, "has the answer ''"),
    ],
)
def test_a_damaged_row_is_refused(row, change, says):
    if says == "nothing as option B":
        change = {"options": ["(A)1", "", "(C)2"]}
    with pytest.raises(DataError, match=says):
        to_sample({**row, **change})


def test_a_full_stop_among_the_letters_of_a_label_is_no_letter():
    assert to_sample({**LAMP, "label": ["A", "C", "。"]}).target == ("AC",)


def hub_row(sample):
    """The hub's row of a sample: the whole prompt, with the options and places apart."""
    if not sample.choices:
        return {"query": asked(sample), "answer": sample.target[0]}
    options = sample.fields["options"]
    return {"query": asked(sample), "choices": options, "gold": list(sample.answer)}


@pytest.mark.mirror
def test_the_hubs_rows_ask_the_same(mirror):
    differ = []
    for exam in EXAMS:
        rows = read_rows(next((mirror / "agieval/data/v1").glob(f"{exam}.jsonl*")))
        samples = [to_sample({"subset": exam, **row}) for row in rows]
        again = from_hub([hub_row(sample) for sample in samples])
        for sample, row in zip(samples, again, strict=True):
            other = to_sample({"subset": exam, **row})
            if (asked(other), other.target) != (asked(sample), sample.target):
                differ.append((exam, asked(sample)[-300:], asked(other)[-300:]))
    assert differ == []


def test_a_query_of_another_kind_is_refused():
    with pytest.raises(DataError, match=r"row 0: the query ends in .What now\?"):
        from_hub([{"query": "What now?", "choices": [], "gold": []}])
    with pytest.raises(DataError, match="no Q: and no"):
        from_hub([{"query": "What now?\nA: The answer is", "choices": [], "gold": []}])


def test_release_1_1_has_files_of_its_own(tmp_path):
    folder = tmp_path / "agieval" / "data" / "v1_1"
    folder.mkdir(parents=True)
    (folder / "jec-qa-ca.jsonl").write_text(
        '{"passage": null, "question": "哪个？", "options": ["(A)甲", "(B)乙"], "label": ["B"]}\n'
    )
    spec = "agieval/jec-qa-ca:release=1.1,form=generate"
    config = RunConfig(tasks=(spec,), model="x", data=str(tmp_path))
    (leaf,) = make_plan(config, frozenset({"generate"}), {"name": "x"}).leaves.values()
    assert leaf.samples[0].target == ("B",)
    with pytest.raises(ConfigError, match=r"release=1\.0\|1\.1"):
        agieval(release="2")


@pytest.mark.mirror
def test_all_8269_rows_are_read_and_the_suite_has_those_of_20_exams(mirror):
    def total(task):
        config = RunConfig(tasks=(task,), model="x", data=str(mirror), form="generate")
        return make_plan(config, frozenset({"generate"}), {"name": "x"}).total

    # The name is the suite's: the paper's mean leaves out the questions without their passage.
    assert total("agieval") == 8063
    assert total("agieval/sat-en-without-passage") == 8269 - 8063
    assert len(EXAMS) == 21
