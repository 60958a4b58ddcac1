"""FinanceBench: the automatic match and the people's labels, what is refused."""

from collections import Counter

import pytest

from julja.benchmarks.finance import financebench
from julja.benchmarks.finance.financebench_match import kind_of, matches
from julja.config import RunConfig
from julja.data.files import read_rows
from julja.errors import ConfigError, DataError
from julja.run.planning import make_plan
from julja.tasks.render import render_prompt
from julja.types import ChoiceLikelihood, Response

ROW = financebench.CHECKS[0].row
SCORER = financebench.financebench().forms["generate"].scorer


@pytest.mark.parametrize(
    ("response", "answer", "right"),
    [
        ("It was $1,615.9 million.", "$1616.00", True),
        ("It was 4.18%.", "4.2%", True),
        ("The margin is 0.0418.", "4.2%", True),
        ("about 4.1 %", "4.2%", False),
        ("4.2 % then.\nBut now it is 7 %.", "4.2%", False),
        ("No, it fell.", "No. Debt decreased by $2.5bn.", True),
        ("It is not clear.", "Yes", False),
        ("87 % of it is related to employees", "87% is related to employees.", True),
        ("It is related to employees", "87% is related to employees.", False),
    ],
)
def test_answers_match_by_number_yes_or_no_or_words(response, answer, right):
    assert matches(response, answer) is right


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("$1577.00", "number"), ("-3.7", "number"), ("65.4%", "number"), ("Yes.", "yes or no")],
)
def test_the_kind_of_an_answer(answer, kind):
    assert kind_of(answer) == kind
    assert kind_of("In 2022 it was 5%") == "text"


def score(text, label):
    return SCORER(
        financebench.to_sample(ROW), Response(text, choices=(ChoiceLikelihood(label, 0.0),))
    )


def test_a_label_is_the_official_verdict_beside_the_match():
    found = score("Ticket sales were 12.", "Correct Answer")
    assert found.values == {"match": 0.0, "human_correct": 1.0, "human_refusal": 0.0}
    found = score("I can't say.", "Refusal")
    assert (found.state, found.values["human_refusal"]) == ("refused", 1.0)


def test_an_answer_without_a_label_has_no_official_verdict():
    assert SCORER(financebench.to_sample(ROW), Response("150.5")).values == {"match": 1.0}


def test_the_prompts_are_the_authors():
    sample = financebench.to_sample(ROW)
    page = "[START OF FILING] Tickets 150.5 million. Two harbours: Tey and Orrin. [END OF FILING]"
    asked = f"Answer this question: {ROW['question']}"
    texts = {
        mode: render_prompt(financebench.financebench(mode).forms["generate"], sample).text
        for mode in ("oracle", "oracle_reverse", "closed_book")
    }
    assert texts == {
        "oracle": f"{asked} \nHere is the relevant evidence that you need to answer the question:\n"
        f"{page}",
        "oracle_reverse": f"Context:\n{page}\n\n {asked}",
        "closed_book": asked,
    }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"answer": " "}, "has no question or no answer"),
        ({"evidence": []}, "lacks the text of an evidence page"),
        ({"evidence": [{"evidence_text": "short"}]}, "lacks the text of an evidence page"),
    ],
)
def test_a_damaged_row_is_refused(change, says):
    with pytest.raises(DataError, match=says):
        financebench.to_sample({**ROW, **change})


def test_an_unknown_label_or_mode_is_refused():
    row = {"financebench_id": "1", "model_answer": "x", "label": "Perhaps"}
    with pytest.raises(DataError, match="row 0 has the label 'Perhaps'"):
        financebench.recorded([row], [])
    with pytest.raises(ConfigError, match="mode=open is none of oracle"):
        financebench.financebench("open")


@pytest.mark.mirror
def test_every_question_of_the_mirror_is_read(mirror):
    config = RunConfig(tasks=("financebench",), model="x", data=str(mirror))
    plan = make_plan(config, frozenset({"generate"}), {"name": "x"})
    kinds = Counter(s.fields["answer_kind"] for leaf in plan.leaves.values() for s in leaf.samples)
    assert kinds == {"text": 61, "number": 52, "yes or no": 37}


@pytest.mark.mirror
def test_the_match_gives_the_peoples_verdict_as_often_as_the_card_says(mirror):
    folder = mirror / "financebench"
    rows = read_rows(folder / "data" / "financebench_open_source.jsonl.gz")
    gold = {row["financebench_id"]: row["answer"] for row in rows}
    same, total = Counter(), Counter()
    for path in sorted((folder / "results").iterdir()):
        for row in read_rows(path):
            answer = gold[row["financebench_id"]]
            number = kind_of(answer) == "number"
            verdict = row["label"] == "Correct Answer"
            same[number] += matches(str(row["model_answer"] or ""), answer) is verdict
            total[number] += 1
    assert (total[True], total[False]) == (832, 1568)
    assert round(same[True] / 832, 3) == 0.968
    assert round(same[False] / 1568, 3) == 0.747
