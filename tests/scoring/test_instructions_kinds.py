"""Each of the 25 instruction kinds: what keeps it and what does not."""

import pytest

from julja.errors import ScoringError
from julja.scoring.instructions import KINDS, check

DIVIDED = "one\n***\ntwo\n***\nthree"
PARAGRAPHS = "First things.\n\n'Harbour', said he.\n\nLast."
NOT_LESS = {"relation": "at least"}

CASES = [
    ("keywords:existence", {"keywords": ["tide", "sea"]}, "The Seaside at low TIDE", True),
    ("keywords:existence", {"keywords": ["tide", "sea"]}, "The seaside", False),
    ("keywords:existence", {"keywords": ["c++("]}, "I write C++( here", True),
    ("keywords:frequency", {"keyword": " sea ", "frequency": 2, **NOT_LESS}, "Sea, seas", True),
    ("keywords:frequency", {"keyword": "sea", "frequency": 3, **NOT_LESS}, "Sea, seas", False),
    (
        "keywords:frequency",
        {"keyword": "sea", "frequency": 2, "relation": "less than"},
        "sea",
        True,
    ),
    ("keywords:forbidden_words", {"forbidden_words": ["sea"]}, "seaside", True),
    ("keywords:forbidden_words", {"forbidden_words": ["sea"]}, "The SEA.", False),
    (
        "keywords:letter_frequency",
        {"letter": "E", "let_frequency": 3, "let_relation": "at least"},
        "Eee",
        True,
    ),
    (
        "keywords:letter_frequency",
        {"letter": "e", "let_frequency": 3, "let_relation": "less than"},
        "eEe",
        False,
    ),
    (
        "keywords:letter_frequency",
        {"letter": "#", "let_frequency": 4, "let_relation": "at least"},
        "# a\n### b",
        True,
    ),
    (
        "keywords:letter_frequency",
        {"letter": "!", "let_frequency": 2, "let_relation": "at least"},
        "Oh!",
        False,
    ),
    (
        "language:response_language",
        {"language": "de"},
        "Der Hund schläft heute lange in der warmen Sonne vor dem Haus.",
        True,
    ),
    (
        "language:response_language",
        {"language": "fr"},
        "The dog sleeps in the sun in front of the old house today.",
        False,
    ),
    ("language:response_language", {"language": "fr"}, "123 456", True),
    ("length_constraints:number_sentences", {"num_sentences": 2, **NOT_LESS}, "Yes. No.", True),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, **NOT_LESS},
        "Yes, Dr. No.",
        False,
    ),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "less than"},
        "A heading\n\nand more text",
        True,
    ),
    ("length_constraints:number_words", {"num_words": 3, **NOT_LESS}, "it's me", True),
    ("length_constraints:number_words", {"num_words": 3, "relation": "less than"}, "one-two", True),
    ("length_constraints:number_words", {"num_words": 3, "relation": "less than"}, "a b c", False),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 3}, DIVIDED, True),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 3}, f"***\n{DIVIDED}\n***", True),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 3}, "one\n***\n***\nthree", False),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 1}, "one\n\ntwo", True),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 3, "nth_paragraph": 2, "first_word": "Harbour"},
        PARAGRAPHS,
        True,
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 3, "nth_paragraph": 3, "first_word": "harbour"},
        PARAGRAPHS,
        False,
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "harbour"},
        PARAGRAPHS,
        False,
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 3, "nth_paragraph": 4, "first_word": "harbour"},
        PARAGRAPHS,
        False,
    ),
    (
        "detectable_content:number_placeholders",
        {"num_placeholders": 2},
        "[name] at [the door]",
        True,
    ),
    (
        "detectable_content:number_placeholders",
        {"num_placeholders": 2},
        "[name\n] at [door]",
        False,
    ),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye. p. s. Write!", True),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye. PS: write", False),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "P.P.S. Write!", True),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "P.S. Write!", False),
    ("detectable_content:postscript", {"postscript_marker": "Last:"}, "last: write", True),
    ("detectable_format:number_bullet_lists", {"num_bullets": 3}, "* a\n  - b\n*c\n**d**", True),
    ("detectable_format:number_bullet_lists", {"num_bullets": 1}, "* a\n* b", False),
    ("detectable_format:constrained_response", {}, "Well. My answer is maybe. Perhaps.", True),
    ("detectable_format:constrained_response", {}, "My answer is perhaps.", False),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*a* and *b*", True),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "**a b**", True),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "*a\nb* ** **", False),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Section", "num_sections": 2},
        "Section 1\na\nSection 2\nb",
        True,
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Section", "num_sections": 2},
        "SECTION 1\na\nSection 2\nb",
        False,
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": [1, 2]}\n```', True),
    ("detectable_format:json_format", {}, '{"a": 1}', True),
    ("detectable_format:json_format", {}, 'Here: {"a": 1}', False),
    ("detectable_format:json_format", {}, "[" * 100_000, False),
    ("detectable_format:title", {}, "<<poem of joy>>\nSo it goes", True),
    ("detectable_format:title", {}, "<< >> and <poem>", False),
    ("combination:two_responses", {}, "******\nyes\n******\nno", True),
    ("combination:two_responses", {}, "yes\n******\nyes", False),
    ("combination:two_responses", {}, "yes\n******\n\n******\nno", False),
    ("combination:two_responses", {}, "yes, and no", False),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say Hi. "}, "\nsay hi. Hi!", True),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say Hi."}, "Sure: Say Hi. Hi!", False),
    ("startend:end_checker", {"end_phrase": "The End. "}, '"So it goes. the end."\n', True),
    ("startend:end_checker", {"end_phrase": "The end."}, "The end. Bye", False),
    ("startend:quotation", {}, ' "Yes" or "no"\n', True),
    ("startend:quotation", {}, '"', False),
    ("startend:quotation", {}, "“Yes”", False),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 3, "capital_relation": "at least"},
        "NASA's CO-OP: I came",
        True,
    ),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "less than"},
        "DON'T go",
        False,
    ),
    ("change_case:english_capital", {}, "THE DOG SLEEPS IN THE SUN BY THE OLD HOUSE.", True),
    ("change_case:english_capital", {}, "THE DOG SLEEPS IN THE SUN BY THE OLD HOUSe.", False),
    ("change_case:english_capital", {}, "DER HUND SCHLÄFT HEUTE LANGE IN DER SONNE.", False),
    ("change_case:english_lowercase", {}, "the dog sleeps in the sun by the old house.", True),
    ("change_case:english_lowercase", {}, "The dog sleeps in the sun by the old house.", False),
    (
        "change_case:english_lowercase",
        {},
        "der hund schläft heute lange in der warmen sonne.",
        False,
    ),
    ("punctuation:no_comma", {}, "Yes; no", True),
    ("punctuation:no_comma", {}, "Yes, no", False),
]


@pytest.mark.parametrize(("kind", "arguments", "text", "followed"), CASES)
def test_kind(kind: str, arguments: dict[str, object], text: str, followed: bool) -> None:
    assert check(kind, arguments, text).followed is followed


def test_all_25_kinds_are_kept_and_broken_above() -> None:
    assert len(KINDS) == 25
    assert {(kind, kept) for kind, _, _, kept in CASES} == {
        (kind, kept) for kind in KINDS for kept in (True, False)
    }


@pytest.mark.parametrize("kind", ["punctuation:no_comma", "detectable_format:title"])
@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_response_keeps_nothing(kind: str, text: str) -> None:
    assert check(kind, {}, text) == (False, "an empty response")


def test_a_finding_says_what_was_seen() -> None:
    finding = check("length_constraints:number_words", {"num_words": 5, **NOT_LESS}, "two words")
    assert finding.seen == "2 words, asked at least 5"


def test_nulls_of_the_hub_layout_are_no_arguments() -> None:
    padded = {"num_words": 2, "relation": "at least", "keyword": None, "letter": None}
    assert check("length_constraints:number_words", padded, "two words").followed


def test_numbers_that_an_export_made_floats_are_whole() -> None:
    assert check("detectable_format:number_bullet_lists", {"num_bullets": 1.0}, "* a").followed


def test_an_unknown_kind_is_named_with_what_is_near() -> None:
    with pytest.raises(ScoringError, match=r"'punctuation:no_commas'.*punctuation:no_comma\?"):
        check("punctuation:no_commas", {}, "text")


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("length_constraints:number_words", {"num_words": 5}, "no argument 'relation'"),
        ("length_constraints:number_words", {"num_words": None, **NOT_LESS}, "'num_words'"),
        ("length_constraints:number_words", {"num_words": 5, "relation": "about"}, "'about'"),
        ("length_constraints:number_words", {"num_words": "5", **NOT_LESS}, "a whole number"),
        ("detectable_format:number_bullet_lists", {"num_bullets": -1}, "0 or more"),
        ("keywords:existence", {"keywords": "tide"}, "a list of texts"),
        ("keywords:existence", {"keywords": []}, "a list of texts"),
        ("startend:end_checker", {"end_phrase": " "}, "a text"),
    ],
)
def test_wrong_arguments_are_errors_not_wrong_answers(
    kind: str, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ScoringError, match=message):
        check(kind, arguments, "some text")
