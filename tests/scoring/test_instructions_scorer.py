"""The four numbers of one response, the loose readings, and what a score says about itself."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from julja.errors import ScoringError
from julja.scoring.instructions import METRICS, loose_variants, verifiable_instructions
from julja.scoring.instructions.language import detect
from julja.types import Json, Response, Sample

TWO_WORDS = {"relation": "at least", "num_words": 2}


def make(*instructions: tuple[str, dict[str, Json]]) -> Sample:
    return Sample(
        "1",
        "prompt",
        fields={
            "instruction_id_list": [name for name, _ in instructions],
            "kwargs": [arguments for _, arguments in instructions],
        },
    )


COMMA_AND_WORDS = make(("punctuation:no_comma", {}), ("length_constraints:number_words", TWO_WORDS))


def test_the_metrics_stand_in_the_order_of_the_protocol() -> None:
    assert [metric.name for metric in METRICS] == [
        "prompt_level_strict_acc",
        "inst_level_strict_acc",
        "prompt_level_loose_acc",
        "inst_level_loose_acc",
    ]


def test_instruction_level_weighs_a_sample_by_its_instructions() -> None:
    assert [metric.weight and metric.weight(COMMA_AND_WORDS) for metric in METRICS] == [
        None,
        2.0,
        None,
        2.0,
    ]


def test_all_kept() -> None:
    score = verifiable_instructions()(COMMA_AND_WORDS, Response("two words"))
    assert dict(score.values) == {
        "prompt_level_strict_acc": 1.0,
        "inst_level_strict_acc": 1.0,
        "prompt_level_loose_acc": 1.0,
        "inst_level_loose_acc": 1.0,
    }
    assert score.explanation == "all 2 instructions kept"


def test_one_of_two_broken_says_which_and_why() -> None:
    score = verifiable_instructions()(COMMA_AND_WORDS, Response("no, never"))
    assert dict(score.values) == {
        "prompt_level_strict_acc": 0.0,
        "inst_level_strict_acc": 0.5,
        "prompt_level_loose_acc": 0.0,
        "inst_level_loose_acc": 0.5,
    }
    assert score.explanation == "not kept 1 of 2: punctuation:no_comma: 1 commas"
    assert score.details["instructions"] == [
        {
            "instruction": "punctuation:no_comma",
            "strict": False,
            "loose": False,
            "seen": "1 commas",
        },
        {
            "instruction": "length_constraints:number_words",
            "strict": True,
            "loose": True,
            "seen": "2 words, asked at least 2",
        },
    ]


def test_an_opening_line_is_forgiven_loosely() -> None:
    sample = make(("punctuation:no_comma", {}))
    score = verifiable_instructions()(sample, Response("Sure, here it is:\nNo comma"))
    assert score.values["prompt_level_strict_acc"] == 0.0
    assert score.values["prompt_level_loose_acc"] == 1.0
    assert "(kept loosely)" in (score.explanation or "")


def test_an_empty_response_is_scored_and_wrong() -> None:
    score = verifiable_instructions()(COMMA_AND_WORDS, Response(""))
    assert score.state == "scored"
    assert set(score.values.values()) == {0.0}


def test_loose_variants_are_eight() -> None:
    assert loose_variants("*a*\nb*\nc *") == (
        "*a*\nb*\nc *",
        "b*\nc *",
        "*a*\nb*",
        "b*",
        "a\nb\nc ",
        "b\nc ",
        "a\nb",
        "b",
    )


def test_loose_variants_of_one_line_are_the_line_with_and_without_stars() -> None:
    assert loose_variants("*a*") == ("*a*", "a")


@pytest.mark.parametrize("kwargs", [[], [{}, {}]])
def test_instructions_without_their_arguments_are_an_error(kwargs: list[Json]) -> None:
    sample = Sample(
        "7", "p", fields={"instruction_id_list": ["punctuation:no_comma"], "kwargs": kwargs}
    )
    with pytest.raises(ScoringError, match="sample '7' has 1 instructions"):
        verifiable_instructions()(sample, Response("text"))


def test_a_sample_without_instructions_is_an_error() -> None:
    with pytest.raises(ScoringError, match="has 0 instructions"):
        verifiable_instructions()(Sample("7", "p"), Response("text"))


def test_a_language_verdict_depends_on_nothing_but_the_text() -> None:
    texts = ["Kaho to koi jivan kareesh", "ein Haus am See", "la casa es roja", "the red house"]
    alone = [detect(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detect, texts * 10)) == alone * 10
