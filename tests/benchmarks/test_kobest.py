"""KoBEST: upstream's files and the hub's, labels that differ, answers in words, the real files."""

from collections import Counter

import pytest

from julja.benchmarks.korean import (
    kobest_boolq,
    kobest_common,
    kobest_copa,
    kobest_hellaswag,
    kobest_sentineg,
    kobest_wic,
)
from julja.benchmarks.suites.korean import KOBEST
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.run.catalog import resolve
from julja.run.rows import load_rows
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding, Response


def shown(task, sample, form="rank"):
    return make_request(form, task.forms[form], sample, (), Decoding())


def test_boolq_in_both_layouts():
    upstream = {"ID": "1", "Text": "글", "Question": "물음?", "Answer": "TRUE"}
    sample = kobest_boolq.to_sample(upstream)
    assert sample == kobest_boolq.to_sample({"paragraph": "글", "question": "물음?", "label": 1})
    request = shown(kobest_boolq.kobest_boolq(), sample)
    assert request.prompt.text == "글 질문: 물음? 답변: "
    assert (request.choices, sample.target) == ((" 아니오", " 예"), ("예",))


def test_wic_in_both_layouts():
    upstream = {"Target": "배", "SENTENCE1": "가", "SENTENCE2": "나", "ANSWER": "False"}
    sample = kobest_wic.to_sample(upstream)
    hub = {"word": "배", "context_1": "가", "context_2": "나", "label": 0}
    assert sample == kobest_wic.to_sample(hub)
    request = shown(kobest_wic.kobest_wic(), sample)
    assert request.prompt.text == "문장1: 가 문장2: 나 두 문장에서 배가 같은 뜻으로 쓰였나?"
    assert sample.target == ("아니오",)


def test_copa_counts_from_one_upstream_and_from_zero_on_the_hub():
    upstream = {"sentence": "가.", "question": "원인 ", "1": "나.", "2": "다.", "Answer": "2"}
    sample = kobest_copa.to_sample(upstream)
    hub = {"premise": "가.", "question": "원인", "alternative_1": "나.", "alternative_2": "다."}
    assert sample == kobest_copa.to_sample({**hub, "label": 1})
    request = shown(kobest_copa.kobest_copa(), sample)
    assert (request.prompt.text, request.choices) == ("가.  왜냐하면", (" 나.", " 다."))
    assert sample.target == ("다.",)
    effect = kobest_copa.to_sample({**upstream, "question": "결과", "Answer": 1})
    assert shown(kobest_copa.kobest_copa(), effect).prompt.text == "가.  그래서"


def test_hellaswag_and_sentineg_in_both_layouts():
    choices = {f"choice{n}": str(n) for n in range(1, 5)}
    endings = {f"ending_{n}": str(n) for n in range(1, 5)}
    sample = kobest_hellaswag.to_sample({"context": "가", **choices, "label": "3"})
    assert sample == kobest_hellaswag.to_sample({"context": "가", **endings, "label": 3})
    assert shown(kobest_hellaswag.kobest_hellaswag(), sample).prompt.text == "문장: 가"
    review = kobest_sentineg.to_sample({"Text": "좋아요", "Label": "1"})
    assert review == kobest_sentineg.to_sample({"sentence": "좋아요", "label": 1})
    asked = shown(kobest_sentineg.kobest_sentineg(), review)
    assert (asked.prompt.text, asked.choices[1]) == ("문장: 좋아요 긍부정:", " 긍정")


@pytest.mark.parametrize(
    ("to_sample", "row", "message"),
    [
        (kobest_boolq.to_sample, {"Text": "글", "Question": "?", "Answer": "2"}, "neither True"),
        (kobest_boolq.to_sample, {"Text": "글", "Question": "?"}, "neither True"),
        (kobest_boolq.to_sample, {"Text": " ", "Question": "?", "Answer": "True"}, "is empty"),
        (kobest_boolq.to_sample, {"Question": "?", "Answer": "True"}, "none of the columns Text"),
        (
            kobest_copa.to_sample,
            {"sentence": "가", "question": "원인", "1": "나", "2": "다", "Answer": "0"},
            "none of 1 to 2",
        ),
        (
            kobest_copa.to_sample,
            {"sentence": "가", "question": "이유", "1": "나", "2": "다", "Answer": "1"},
            "neither 원인 nor 결과",
        ),
        (kobest_sentineg.to_sample, {"Text": "가", "Label": "2"}, "none of 0 to 1"),
    ],
)
def test_odd_rows_are_refused(to_sample, row, message):
    with pytest.raises(DataError, match=message):
        to_sample(row)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("답: 예", "예"),
        ("아니요.", "아니오"),
        ("글에 따르면 그렇지 않다.\n**답: 아니오**", "아니오"),
        ("예를 들면 이렇다.\n답: 아니오", "아니오"),
        ("정답은 '예'입니다", "예"),
        ("그렇습니다", "예"),
        ("글쎄요", None),
        ("", None),
    ],
)
def test_answers_in_words(text, chosen):
    scorer = kobest_common.said((("아니오", "아니요"), ("예", "그렇")))
    sample = kobest_boolq.to_sample({"Text": "글", "Question": "?", "Answer": "True"})
    found = scorer(sample, Response(text))
    assert (found.extracted, found.state) == (chosen, "scored" if chosen else "unparsed")
    assert found.values["acc"] == float(chosen == "예")


def test_splits():
    assert kobest_copa.kobest_copa(split="validation").rows.files[0] == "COPA/dev.tsv"
    with pytest.raises(ConfigError, match="no split 'dev'"):
        kobest_copa.kobest_copa(split="dev")


def test_macro_f1_comes_first():
    for column in KOBEST.columns:
        (found,) = resolve(column.task)
        for form in found.task.forms.values():
            assert [m.name for m in form.scorer.metrics][:2] == ["f1_macro", "acc"]
    last = resolve("kobest_hellaswag")[0].task.forms["rank"].scorer.metrics[-1]
    assert last.name == "acc_norm"


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("kobest_boolq", {0: 699, 1: 705}),
        ("kobest_copa", {0: 517, 1: 483}),
        ("kobest_wic", {0: 645, 1: 615}),
        ("kobest_hellaswag", {0: 124, 1: 137, 2: 121, 3: 118}),
        ("kobest_sentineg", {0: 197, 1: 200}),
    ],
)
def test_the_real_files(name, counts, mirror):
    (found,) = resolve(name)
    config = RunConfig(tasks=(name,), model="test", data=str(mirror))
    rows = load_rows(found.task, found.task.rows, None, config).rows
    samples = build_samples(found.task, rows, split="test", origin=name)
    assert Counter(sample.answer[0] for sample in samples) == counts
    assert len(samples) == found.task.card.rows
