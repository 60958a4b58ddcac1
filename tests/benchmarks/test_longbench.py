"""LongBench, LongBench v2, LV-Eval: the published values of each answer, odd texts, the gate."""

import json

import pytest

pytest.importorskip("jieba", reason="Chinese answers are cut by jieba: pip install jieba")

from julja.benchmarks.long_context import longbench_rules as rules
from julja.benchmarks.long_context import lv_eval
from julja.benchmarks.long_context.longbench import (
    CHECKS,
    CHECKS_V2,
    DATASETS,
    longbench,
    longbench_v2,
    to_choice,
    to_sample,
)
from julja.config import RunConfig
from julja.data.files import read_rows
from julja.errors import ConfigError, DataError
from julja.run.responses import score_responses
from julja.scoring.pyrouge import rouge_l_f
from julja.store.sqlite import Store
from julja.types import Response

HOLDS = ("longbench",)


@pytest.mark.parametrize(
    ("rule", "text", "target", "classes", "value"),
    [
        (rules.count, "3 or 4", "3", (), 0.5),
        (rules.count, "three", "3", (), 0.0),
        (rules.retrieval, "Paragraph 12", "Paragraph 12", (), 1.0),
        (rules.retrieval, "段落7", "段落7", (), 1.0),
        (rules.classification, "Date or Person", "Date", ("Date", "Person"), 0.5),
        (rules.classification, "Order, rank", "Order, rank", ("Order", "Order, rank"), 1.0),
        (rules.code, "```python\n# a\nx = 1", "x = 1", (), 1.0),
        (rules.code, "", "x = 1", (), 0.0),
        (rules.qa_f1_zh, "北京大学。", "北京大学", (), 1.0),
        (rules.rouge, "", "a b", (), 0.0),
    ],
)
def test_rules_on_odd_answers(rule, text, target, classes, value):
    assert rule(text, target, classes) == pytest.approx(value)


def test_rouge_counts_each_word_once_over_sentences():
    # Union of common words {a, b, c} of 3 given and 4 wanted ones.
    expected = 2 * (3 / 3) * (3 / 4) / (3 / 3 + 3 / 4 + 1e-8)
    assert rouge_l_f("a b. c", "a b c d") == pytest.approx(expected, abs=1e-12)


@pytest.mark.mirror
@pytest.mark.parity
@pytest.mark.parametrize("name", DATASETS)
def test_every_recorded_answer_has_its_published_value(name, mirror, tmp_path):
    folder = mirror / "longbench" / "minilongbench"
    expected = read_rows(folder / "expected_scores_example.json")[f"MiniLongBench_{name}"]
    file = folder / "pred_data" / "example" / f"MiniLongBench_{name}.json.gz"
    config = RunConfig(tasks=(f"longbench/{name}:mini=true",), model="x", data=str(mirror))
    store = Store(tmp_path / "julja.db")
    done = score_responses(config, file, store)
    rows = store.score_rows(done.run, 0)
    store.close()
    assert done.result["results"][0]["counts"]["scored"] == expected["n"]
    values = {int(row.sample): row.values["score"] for row in rows}
    assert [values[n] for n in range(expected["n"])] == pytest.approx(
        expected["per_item"], abs=1e-9
    )


def test_only_the_first_line_counts_where_the_protocol_says_so():
    target = ("Person",)
    assert rules.score_of("trec", "\nPerson\nDate", target, ("Date", "Person")) == 1.0


@pytest.mark.parametrize(
    ("make", "row", "change", "says"),
    [
        (to_sample, CHECKS[0].row, {"answers": []}, "has the answers"),
        (to_sample, CHECKS[1].row, {"all_classes": None}, "has no classes"),
        (to_choice, CHECKS_V2[0].row, {"answer": "E"}, "none of the 4 options"),
        (to_choice, CHECKS_V2[0].row, {"choice_B": ""}, "nothing as option B"),
        (lv_eval.to_sample, lv_eval.CHECKS[0].row, {"answers": []}, "has the answers"),
    ],
)
def test_a_damaged_row_is_refused(make, row, change, says):
    with pytest.raises(DataError, match=says):
        make({**row, **change})


def test_the_compensated_accuracy_credits_what_cannot_be_read():
    sample = to_choice(CHECKS_V2[0].row)
    scorer = longbench_v2(unparsed="random").forms["generate"].scorer
    assert scorer(sample, Response("I don't know")).values["acc"] == 0.25


def value(dataset, answers, keywords, text):
    row = {**lv_eval.CHECKS[0].row, "subset": dataset, "answers": answers}
    sample = lv_eval.to_sample({**row, "answer_keywords": keywords})
    return lv_eval.gated()(sample, Response(text)).values["score"]


def test_too_few_key_words_score_nothing():
    # One of six key words (0.17) is below the gate of 0.2, one of five (0.2) is not.
    answer = ["one two three four five six"]
    assert value("loogle_SD_mixup", answer, "one two three four five six", "one") == 0.0
    assert value("loogle_SD_mixup", answer, "one two three four five", "one") > 0.0
    # A word that says nothing is no key word.
    assert value("loogle_SD_mixup", ["of it"], "of it", "of it") == 0.0
    assert value("factrecall_en", ["of it"], "of it", "of it") == 1.0


def test_chinese_without_key_words_takes_the_answer_itself():
    assert value("cmrc_mixup", ["北京大学"], "", "北京大学") == 1.0
    assert value("cmrc_mixup", ["北京大学"], "", "上海") == 0.0
    assert value("dureader_mixup", ["北京大学"], "", "北京大学") == pytest.approx(1.0, abs=1e-6)


def test_five_lengths_and_no_other():
    assert lv_eval.lv_eval(length="256k").rows.config == "{subset}_256k"
    with pytest.raises(ConfigError, match="no length '8k'"):
        lv_eval.lv_eval(length="8k")


def test_the_prompts_of_eleven_data_sets(tmp_path):
    assert len(lv_eval.DATASETS) == 11
    assert lv_eval.CHINESE == (
        "multifieldqa_zh_mixup",
        "factrecall_zh",
        "cmrc_mixup",
        "lic_mixup",
        "dureader_mixup",
    )
    assert json.dumps(lv_eval.PROMPTS).count("{context}") == 11


def test_a_smoke_test_leaves_out_the_middle_of_long_prompts():
    task = longbench(mini=True, characters=20)
    row = {"subset": "hotpotqa", "_id": "x", "answers": ["Ada"], "prompt": "0123456789" * 10}
    form = task.forms["generate"]
    assert form.prompt(to_sample(row)) == "01234567890123456789"
    short = to_sample({**row, "prompt": "Who wrote it?"})
    assert form.prompt(short) == "Who wrote it?"
    assert longbench().forms["generate"].prompt(to_sample(row)) == "0123456789" * 10
    with pytest.raises(ConfigError, match="characters=-1"):
        longbench(characters=-1)
