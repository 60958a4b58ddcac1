"""KMMLU: rows, subjects, the two ways of generating, recorded tables of answers, the real files."""

import json

import pytest

from julja.benchmarks.korean import kmmlu
from julja.cli.main import main
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.run.planning import make_plan
from julja.tasks.render import make_request
from julja.types import Decoding, Response

ROW = {
    "subset": "Korean-History",
    "question": "훈민정음을 만든 왕은?\n",
    "A": "태종",
    "B": "세종",
    "C": "문종",
    "D": "단종",
    "answer": 2,
    "Human Accuracy": 0.9,
}


def test_a_row():
    sample = kmmlu.to_sample(ROW)
    assert (sample.target, sample.answer) == (("B",), (1,))
    assert sample == kmmlu.to_sample({**ROW, "answer": "2"})
    assert sample.fields["category"] == "humanities and social science"
    assert kmmlu.to_sample({**ROW, "subset": "korean_history"}).fields["category"] == (
        "humanities and social science"
    )


@pytest.mark.parametrize("answer", [0, 5, "B", "", None, 2.5])
def test_an_answer_out_of_range_is_refused(answer):
    with pytest.raises(DataError, match="none of 1 to 4"):
        kmmlu.to_sample({**ROW, "answer": answer})


def test_an_unknown_subject_and_an_empty_question_are_refused():
    with pytest.raises(DataError, match="none of KMMLU's 45 subjects"):
        kmmlu.to_sample({**ROW, "subset": "Astronomy"})
    with pytest.raises(DataError, match="question is empty"):
        kmmlu.to_sample({**ROW, "question": " "})


def test_45_subjects_in_four_categories():
    assert len(kmmlu.SUBJECTS) == len(set(kmmlu.SUBJECTS)) == 45
    assert [len(names) for names in kmmlu.CATEGORIES.values()] == [12, 11, 11, 11]
    hard = kmmlu.kmmlu(data="hard")
    assert hard.subsets[0] == "accounting"
    assert hard.rows.hub == "HAERAE-HUB/KMMLU-HARD"
    with pytest.raises(ConfigError, match=r"data=full\|hard"):
        kmmlu.kmmlu(data="easy")


def test_the_prompt_has_a_wide_colon():
    task, sample = kmmlu.kmmlu(), kmmlu.to_sample(ROW)
    form = task.forms["letter"]
    request = make_request("letter", form, sample, (sample,), Decoding())
    shown = "훈민정음을 만든 왕은?\nA. 태종\nB. 세종\nC. 문종\nD. 단종\n정답："
    assert request.prompt.text == f"{shown} B\n\n{shown}"
    assert (form.shots, request.choices) == (5, ("A", "B", "C", "D"))
    assert task.forms["generate"].decoding.stop == ("Q:", "\n\n", "</s>", ".")


@pytest.mark.parametrize(
    ("text", "acc", "strict"),
    [
        ("세종이다. 따라서, 정답은 (B) 입니다.", 1.0, 1.0),
        ("따라서, 정답은 B번입니다.", 1.0, 1.0),
        ("정답: B", 1.0, 0.0),
        ("따라서, 정답은 (A) 입니다.", 0.0, 0.0),
        ("알 수 없습니다.", 0.0, 0.0),
    ],
)
def test_chain_of_thought_by_two_readings(text, acc, strict):
    scorer = kmmlu.kmmlu(prompt="cot").forms["generate"].scorer
    values = scorer(kmmlu.to_sample(ROW), Response(text)).values
    assert values == {"acc": acc, "exact_match": strict}


def test_a_table_of_answers_is_matched_by_question_and_options():
    sample = kmmlu.to_sample(ROW)
    assert kmmlu.responses([{**ROW, "pred": "B"}], [sample]) == [{"id": sample.id, "response": "B"}]
    with pytest.raises(DataError, match="no question, A to D and pred"):
        kmmlu.responses([{"pred": "B"}], [sample])


@pytest.mark.mirror
def test_the_real_file_with_its_shots(mirror):
    config = RunConfig(tasks=("kmmlu/Criminal-Law",), model="mock/echo", data=str(mirror))
    plan = make_plan(config, frozenset({"letter"}), {"name": "mock/echo"})
    (leaf,) = plan.leaves.values()
    assert len(leaf.samples) == 200
    text = leaf.request(leaf.samples[0], 0).prompt.text
    assert text.count("정답：") == 6
    assert text.endswith("정답：")


@pytest.mark.mirror
def test_a_recorded_baseline(mirror, tmp_path, capsys):
    file = mirror / "kmmlu/outputs/baseline_random_eval.csv.gz"
    asked = ("score", "kmmlu/Criminal-Law", "--responses", str(file), "--json")
    with pytest.raises(SystemExit) as stop:
        main([*asked, "--data", str(mirror), "--store", str(tmp_path / "julja.db")])
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert stop.value.code == 0
    assert result["metrics"]["exact_match"]["value"] == 53 / 200
