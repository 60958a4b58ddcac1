"""Texts are cleaned, and prompts that say nothing or too much are told apart."""

import pytest

from julja.builder.clean import check_length, clean
from julja.builder.prompts import Prompt


def prompt(text):
    return Prompt("a", text, "f.jsonl", 0)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  two\r\nlines \t\r\n", "two\nlines"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("nul\x00 byte", "nul byte"),
        ("cafe\u0301", "café"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
        ("lone \ud800 surrogate", "lone  surrogate"),
    ],
)
def test_what_cannot_be_seen_goes(raw, expected):
    assert clean(raw) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("?!…" * 20, "no_words"),
        ("x" * 32, "too_short"),
        ("x" * 33, None),
        ("x" * 10_000, None),
        ("x" * 10_001, "too_long"),
    ],
)
def test_the_limits_are_those_of_the_paper(text, reason):
    found = check_length(prompt(text), 32, 10_000)
    assert (found.reason if found else None) == reason
