"""Whatever a model writes, a kind gives a verdict and never raises."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from julja.scoring.instructions import KINDS, check, loose_variants
from julja.scoring.instructions.sentences import split_sentences, split_words
from julja.types import Json

ARGUMENTS: dict[str, Json] = {
    "keywords": ["sea", "(", "a.b"],
    "forbidden_words": ["sea", "*"],
    "keyword": "sea",
    "frequency": 2,
    "relation": "at least",
    "letter": "#",
    "let_frequency": 2,
    "let_relation": "less than",
    "language": "de",
    "num_sentences": 2,
    "num_words": 5,
    "num_paragraphs": 2,
    "nth_paragraph": 2,
    "first_word": "the",
    "num_placeholders": 1,
    "postscript_marker": "P.S.",
    "num_bullets": 2,
    "num_highlights": 1,
    "section_spliter": "Section",
    "num_sections": 1,
    "prompt_to_repeat": "Say hi.",
    "end_phrase": "The end.",
    "capital_frequency": 1,
    "capital_relation": "at least",
}
MARKS = st.sampled_from([*list("\n *-.!?\"'()[]{}<>#,:;`"), "***", "******", "\n\n", "P.S.", "..."])
WORDS = st.sampled_from(["Dr.", "The", "sea", "A.", "1.", "NASA's", "DON'T", "e.g.", "Section 1"])
TEXTS = st.one_of(st.text(), st.lists(st.one_of(MARKS, WORDS, st.text(max_size=3))).map("".join))


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=40, deadline=None)
@given(text=TEXTS)
def test_a_kind_gives_a_verdict_on_any_text(kind: str, text: str) -> None:
    first = check(kind, ARGUMENTS, text)
    assert first.followed in (True, False)
    assert check(kind, ARGUMENTS, text) == first


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_sentences_hold_every_character_that_is_no_blank(text: str) -> None:
    sentences = split_sentences(text)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentences)


@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_splitting_into_words_invents_no_characters(text: str) -> None:
    assert set("".join(split_words(text))) <= set(text)


@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_loose_readings_begin_with_the_response_and_are_never_blank(text: str) -> None:
    readings = loose_variants(text)
    assert len(readings) <= 8
    assert all(reading.strip() for reading in readings)
    assert readings[:1] == ((text,) if text.strip() else ())
