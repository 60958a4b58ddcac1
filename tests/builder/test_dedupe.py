"""Duplicates are found exactly, but for case and space, and nearly; nothing else is."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from julja.builder.dedupe import (
    BINS,
    Duplicate,
    find_duplicates,
    jaccard,
    minhash,
    rows_per_band,
    shingles,
)

LONG = "Write a function in Python that reads a file line by line and counts how often each word"


def similarity(a, b):
    return jaccard(np.unique(shingles(a)), np.unique(shingles(b)))


def test_each_kind_is_told_with_the_prompt_that_stays():
    texts = [LONG, "Something else entirely, about cats.", LONG, f"  {LONG.upper()}. ", f"{LONG}s"]
    found = find_duplicates(texts, 0.7)
    assert [(item.index, item.of, item.kind) for item in found] == [
        (2, 0, "exact"),
        (3, 0, "case_space"),
        (4, 0, "near"),
    ]
    assert found[2].similarity == pytest.approx(similarity(LONG, f"{LONG}s"), abs=1e-4)


def test_a_copy_of_what_goes_is_told_to_repeat_what_stays():
    near = LONG.replace("word", "term")
    found = find_duplicates([LONG, near, near], 0.7)
    assert [(item.index, item.of, item.kind) for item in found] == [(1, 0, "near"), (2, 0, "near")]


def test_1_switches_near_duplicates_off():
    assert find_duplicates([LONG, f"{LONG}s", LONG], 1.0) == [Duplicate(2, 0, "exact", 1.0)]


def test_prompts_that_share_a_beginning_stay():
    texts = [
        f"{LONG[:40]} and then {ending}"
        for ending in ("sorts ten thousand invoices by their date", "plays chess with its owner")
    ]
    assert find_duplicates(texts, 0.7) == []


def test_signatures_estimate_the_similarity():
    random.seed(4)
    words = [f"w{number}" for number in range(500)]
    errors = []
    for changed in (5, 20, 60):
        first = random.choices(words, k=200)
        second = [w if i >= changed else random.choice(words) for i, w in enumerate(first)]
        a, b = " ".join(first), " ".join(second)
        signature = minhash([a, b])
        errors.append(float((signature[0] == signature[1]).mean()) - similarity(a, b))
    assert max(map(abs, errors)) < 4 * np.sqrt(0.25 / BINS)


@pytest.mark.parametrize("near", [0.5, 0.7, 0.8, 0.95])
def test_bands_find_a_pair_at_the_limit(near):
    rows = rows_per_band(near)
    assert 1 - (1 - near**rows) ** (BINS // rows) >= 0.99


def test_planted_near_duplicates_are_found_among_many():
    random.seed(5)
    words = ["".join(random.choices("abcdefghij", k=6)) for _ in range(3000)]
    texts = [" ".join(random.choices(words, k=40)) for _ in range(3000)]
    planted = []
    for of in range(0, 600, 2):
        parts = texts[of].split()
        parts[random.randrange(40)] = "changed"
        planted.append((len(texts), of))
        texts.append(" ".join(parts))
    found = {(item.index, item.of) for item in find_duplicates(texts, 0.7)}
    assert found <= set(planted)
    assert len(found) >= 0.99 * len(planted)


def test_short_and_odd_texts_have_signatures():
    texts = ["a", "", "\ud800", "안녕하세요 여러분 반갑습니다", "🙂" * 10]
    assert minhash(texts).shape == (5, BINS)
    assert find_duplicates(["aaa", "AAA "], 0.7)[0].kind == "case_space"


@settings(deadline=None)
@given(st.lists(st.text(max_size=60), max_size=20))
def test_what_is_removed_repeats_something_that_stays(texts):
    found = find_duplicates(texts, 0.7)
    removed = {item.index for item in found}
    assert len(removed) == len(found)
    assert all(item.of not in removed and item.of != item.index for item in found)
