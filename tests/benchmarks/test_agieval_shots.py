"""AGIEval's few-shot prompts: the authors' solved problems, numbered, then the asked one."""

import pytest

from julja.benchmarks.knowledge.agieval import EXAMS, agieval, to_sample
from julja.benchmarks.knowledge.agieval_shots import SHOWN, problems, told
from julja.config import RunConfig
from julja.data.files import read_rows
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.render import pick_exemplars, render_prompt
from julja.types import Response

ONE = {"passage": "Tides turn.", "question": "2 + 5?", "options": ["(A)6", "(B)7"], "label": "B"}
TWO = {"passage": None, "question": "1 + 1?", "options": ["(A)2", "(B)3"], "label": "A"}
SEVERAL = {
    "passage": None,
    "question": "哪些？",
    "options": ["(A)甲", "(B)乙"],
    "label": ["A", "B"],
}
CLOZE = {"passage": None, "question": "$1/2$?", "options": None, "label": None, "answer": "0.5"}
FILE = [
    {"": "sample 1", "sat-en": repr(ONE), "jec-qa-ca": repr(SEVERAL), "math": repr(CLOZE)},
    {
        "": "explanation 1",
        "sat-en": "It is 7.\n\nSo B.",
        "jec-qa-ca": "都对。",
        "math": "Halve it.",
    },
    {"": "sample 2", "sat-en": repr(TWO), "jec-qa-ca": "", "math": ""},
    {"": "explanation 2", "sat-en": "It is 2.", "jec-qa-ca": "", "math": ""},
]
ASKED = {
    "sat-en": {**ONE, "passage": "Ebb.", "question": "3 + 3?", "options": ["(A)6", "(B)9"]},
    "jec-qa-ca": {**SEVERAL, "question": "谁？"},
    "math": {**CLOZE, "question": "$1/4$?"},
}


def prompt_of(exam, kind, shots=5, content=FILE, row=None):
    form = agieval(prompt=kind).forms["generate"]
    pool = [to_sample({"subset": exam, **r}) for r in problems(content) if r["exam"] == exam]
    sample = to_sample({"subset": exam, **(row or ASKED[exam])})
    shown = pick_exemplars(pool, sample, shots, task="agieval", seed=0, pick=form.pick)
    return render_prompt(form, sample, shown).messages[0].content


def test_problems_are_counted_and_the_last_is_asked():
    assert prompt_of("sat-en", "few-shot") == (
        "Here are the answers for the problems in the exam.\n"
        "Problem 1.   Tides turn. 2 + 5?\nChoose from the following options:    (A)6 (B)7\n"
        "The answer is therefore B\n<END>\n"
        "Problem 2.    1 + 1?\nChoose from the following options:    (A)2 (B)3\n"
        "The answer is therefore A\n<END>\n"
        "Problem 3.   Ebb. 3 + 3?\nChoose from the following options:    (A)6 (B)9\n"
    )
    assert prompt_of("sat-en", "few-shot", shots=1).endswith(
        "Problem 2.   Ebb. 3 + 3?\nChoose from the following options:    (A)6 (B)9\n"
    )


def test_explanations_stand_before_the_answers():
    assert prompt_of("math", "few-shot-cot") == (
        "Here are the answers for the problems in the exam.\n"
        "Problem 1.   $1/2$?\nExplanation for Problem 1:   Halve it.\n"
        "The answer is therefore 0.5\n<END>\nProblem 2.   $1/4$?\n"
    )
    assert "Problem 1:   It is 7.\nSo B.\nThe answer" in prompt_of("sat-en", "few-shot-cot")
    assert prompt_of("jec-qa-ca", "few-shot-cot") == (
        "以下是考试中各个问题的答案。\n问题 1.    哪些？\n从以下选项中选择:    (A)甲 (B)乙\n"
        "问题 1的解析:   都对。\n答案是 ['A', 'B']\n<END>\n"
        "问题 2.    谁？\n从以下选项中选择:    (A)甲 (B)乙\n"
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is therefore [2,5)", "[2,5)"),
        (
            "Explanation for Problem 3:   it is 4.\nThe answer is therefore B\n<END>\nProblem 4.",
            "B",
        ),
        ("所以答案是 A？不。\n答案是 ['A', 'D']", "['A', 'D']"),
        ("B", "B"),
    ],
)
def test_the_answer_is_what_follows_the_last_mark(text, answer):
    assert told(text) == answer


def test_answers_are_scored_as_the_exam_wants():
    scorer = agieval(prompt="few-shot").forms["generate"].scorer
    cloze = to_sample({"subset": "math", **CLOZE, "answer": "[2,5)"})
    assert scorer(cloze, Response("The answer is therefore [2,5)")).values == {"acc": 1.0}
    several = to_sample({"subset": "jec-qa-ca", **SEVERAL})
    assert scorer(several, Response("答案是 ['A', 'B']")).values == {"acc": 1.0}
    assert scorer(several, Response("答案是 ['A']")).values == {"acc": 0.0}
    one = to_sample({"subset": "sat-en", **ONE})
    assert scorer(one, Response("The answer is therefore B")).values == {"acc": 1.0}
    assert scorer(one, Response("I can't tell.")).state == "unparsed"


def test_a_damaged_file_is_refused():
    with pytest.raises(DataError, match=r"a solved problem of math can't be read: '\{\"passage"):
        problems([{"": "sample 1", "math": '{"passage": No}'}, {"": "", "math": ""}])
    with pytest.raises(DataError, match="a solved problem of math"):
        problems([{"": "sample 1", "math": "{'passage': None}"}, {"": "", "math": ""}])


@pytest.mark.mirror
def test_every_exam_shows_as_many_of_the_authors_problems_as_fit(mirror):
    (place,) = (mirror / "agieval/data").glob("few_shot_prompts.csv*")
    found = problems(read_rows(place))
    assert {row["exam"] for row in found} == set(EXAMS) == set(SHOWN)
    for exam in EXAMS:
        rows = [row for row in found if row["exam"] == exam]
        assert max(SHOWN[exam]) <= len(rows) <= 5
        assert all(row["question"] and row["shown"] and row["explanation"] for row in rows)


@pytest.mark.mirror
def test_a_run_asks_with_the_exams_own_problems(mirror):
    spec = "agieval/gaokao-chemistry:prompt=few-shot-cot"
    config = RunConfig(tasks=(spec,), model="x", data=str(mirror), limit=2)
    (leaf,) = make_plan(config, frozenset({"generate"}), {"name": "x"}).leaves.values()
    content = leaf.request(leaf.samples[0], 0).prompt.messages[0].content
    assert content.startswith("以下是考试中各个问题的答案。\n问题 1.   ")
    assert content.count("\n<END>\n") == SHOWN["gaokao-chemistry"][1] == 3
    assert content.split("\n<END>\n")[-1].startswith("问题 4.   ")


def test_the_other_prompts_have_no_solved_problems():
    assert agieval().exemplars is None
    assert agieval(prompt="cot").exemplars is None
