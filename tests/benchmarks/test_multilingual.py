"""Exams in Chinese, Indian and many languages: subjects, cascades of patterns, odd rows."""

import json

import pytest

import julja
from julja.benchmarks.chinese import ceval, cmmlu, common
from julja.benchmarks.indic import milu
from julja.benchmarks.multilingual import global_mmlu, mmmlu
from julja.cli.main import main
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.run.planning import make_plan
from julja.scoring.chain import letter_chain
from julja.tasks.render import render_prompt
from julja.types import Response

MOON = cmmlu.CHECKS[0].row


def test_every_subject_has_a_chinese_name_and_one_category():
    for module, count in ((cmmlu, 67), (ceval, 52)):
        listed = [name for group in module.CATEGORIES.values() for name in group]
        assert len(listed) == len(set(listed)) == count
        assert set(common.names(module.__name__.rpartition(".")[2])) == set(listed)
    assert set(cmmlu.CHINA_SPECIFIC) < set(cmmlu.SUBJECTS)
    assert set(ceval.HARD) < set(ceval.CATEGORIES["STEM"])


def test_the_prompt_is_the_official_one_and_the_letter_follows_without_a_space():
    form = cmmlu.cmmlu().forms["letter"]
    sample = cmmlu.to_sample(MOON)
    text = render_prompt(form, sample, [sample]).text
    question = "题目：月球绕什么运行？\nA. 太阳\nB. 地球\nC. 火星\nD. 金星\n答案是："
    assert text == (
        f"以下是关于天文学的单项选择题，请直接给出正确答案的选项。\n\n{question}B\n\n{question}"
    )


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("答案是：C", "C"),
        ("答案为选项 D", "D"),
        ("因此，故选B。", "B"),
        ("A选项正确", "A"),
        ("答案应该为D，而不是 A", "D"),
        ("我认为 C 最好", "C"),
        ("A 或者 B", "A"),
        ("B。因为答案为C的说法不对", "B"),
        ("我想是 A 或 C 当选", "C"),
        ("或者 A，或者 B", None),
        ("", None),
    ],
)
def test_the_cascade_reads_what_the_official_script_does(text, letter):
    found = letter_chain(cmmlu.PATTERNS)(cmmlu.to_sample(MOON), Response(text))
    assert found.extracted == letter
    assert found.state == ("scored" if letter else "unparsed")


def test_random_credit_is_the_chance_of_a_guess_and_stays_unparsed():
    scorer = letter_chain(cmmlu.PATTERNS, "random")
    found = scorer(cmmlu.to_sample(MOON), Response("不知道"))
    assert (found.values["acc"], found.state) == (0.25, "unparsed")
    with pytest.raises(ConfigError, match="unparsed=maybe"):
        letter_chain(cmmlu.PATTERNS, "maybe")


@pytest.mark.parametrize(
    ("make", "row", "change", "says"),
    [
        (cmmlu.to_sample, MOON, {"Answer": "E"}, "the answer 'E' is none of the 4"),
        (cmmlu.to_sample, MOON, {"Answer": None}, "the answer '\\?' is none"),
        (cmmlu.to_sample, MOON, {"subset": "alchemy"}, "none of CMMLU's 67"),
        (cmmlu.to_sample, MOON, {"C": ""}, "nothing as option C"),
        (ceval.to_sample, ceval.CHECKS[0].row, {"answer": ""}, "the row has no answer"),
        (milu.to_sample, milu.CHECKS[0].row, {"target": "option5"}, "not option1 to option4"),
        (
            global_mmlu.to_sample,
            global_mmlu.CHECKS[0].row,
            {"cultural_sensitivity_label": "XX"},
            "not CS, CA or -",
        ),
        (mmmlu.to_sample, mmmlu.CHECKS[0].row, {"Answer": "2"}, None),
        (mmmlu.to_sample, mmmlu.CHECKS[0].row, {"Subject": "alchemy"}, "none of MMLU's 57"),
    ],
)
def test_a_damaged_row_is_refused(make, row, change, says):
    if says is None:
        assert make({**row, **change}).answer == (2,)
        return
    with pytest.raises(DataError, match=says):
        make({**row, **change})


def test_c_evals_test_set_is_asked_and_written_for_its_site(tmp_path, capsys):
    folder = tmp_path / "data" / "ceval" / "test"
    folder.mkdir(parents=True)
    for subject in ("logic", "law"):
        (folder / f"{subject}_test.csv").write_text("id,question,A,B,C,D\n0,甲？,一,二,三,四\n")
    done = julja.evaluate(
        "ceval:split=test",
        "mock/constant:text=B",
        mirror=tmp_path / "data",
        store=tmp_path / "julja.db",
        form="generate",
    )
    assert done["results"][0]["metrics"]["acc"]["value"] is None
    words = ["export", done["run"], "--to", "submission", "-o", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as stopped:
        main([*words, "--store", str(tmp_path / "julja.db")])
    assert stopped.value.code == 0
    written = json.loads((tmp_path / "out" / "submission.json").read_text())
    assert written == {"law": {"0": "B"}, "logic": {"0": "B"}}


def test_c_evals_published_test_labels_are_scored(tmp_path):
    folder = tmp_path / "data" / "ceval" / "test"
    folder.mkdir(parents=True)
    (folder / "law_test.csv").write_text("id,question,A,B,C,D,answer\n0,甲？,一,二,三,四,B\n")
    done = julja.evaluate(
        "ceval/law:split=test",
        "mock/constant:text=B",
        mirror=tmp_path / "data",
        store=tmp_path / "julja.db",
        form="generate",
    )
    assert done["results"][0]["metrics"]["acc"]["value"] == 1.0


@pytest.mark.parametrize("name", ["mmlu_KO-KR.csv", "test/mmlu_KO-KR.csv", "mmlu_KO_KR.csv"])
def test_mmmlus_files_are_found_as_upstream_names_them(name, tmp_path):
    path = tmp_path / "mmmlu" / name
    path.parent.mkdir(parents=True)
    path.write_text(",Question,A,B,C,D,Answer,Subject\n0,하나?,1,2,3,4,A,anatomy\n")
    config = RunConfig(tasks=("mmmlu/KO_KR",), model="x", data=str(tmp_path))
    assert make_plan(config, frozenset({"generate"}), {"name": "x"}).total == 1


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("উত্তর: ব", "B"),
        ("الإجابة: د", "D"),
        ("答案：Ｃ", "C"),
        ("Réponse : $\\boxed{A}$", "A"),
        ("Idahun: B", "B"),
        ("Odpowiedź: A", None),
    ],
)
def test_words_for_answer_and_letters_in_many_scripts(text, letter):
    sample = mmmlu.to_sample(mmmlu.CHECKS[0].row)
    assert mmmlu.said()(sample, Response(text)).extracted == letter


@pytest.mark.mirror
def test_all_of_cmmlu_is_read(mirror):
    config = RunConfig(tasks=("cmmlu",), model="x", data=str(mirror))
    plan = make_plan(config, frozenset({"letter"}), {"name": "x"})
    assert plan.total == 11582
    assert len(plan.leaves) == 67
    assert all(len(leaf.pool) == 5 for leaf in plan.leaves.values())
