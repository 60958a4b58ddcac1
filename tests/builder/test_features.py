"""Hashed features keep the cosine similarity of TF-IDF vectors, whatever order texts come in."""

import numpy as np
import pytest

from julja.builder.features import count_words, project, weigh, words_of

TEXTS = [
    "sort a list of numbers in python",
    "python list sorting by number",
    "bake a chocolate cake with cream",
    "recipe for a cake with chocolate",
    "",
    "!!! ???",
]


def vectors(texts, dimensions=1024):
    counts = count_words(texts)
    return project(weigh(counts), counts.words, dimensions)


def test_texts_on_one_subject_are_nearer():
    found = vectors(TEXTS)
    near = found @ found.T
    assert near[0, 1] > near[0, 2] + 0.1
    assert near[2, 3] > near[2, 1] + 0.1


def test_rows_are_unit_vectors_or_zero():
    lengths = np.linalg.norm(vectors(TEXTS), axis=1)
    assert lengths == pytest.approx([1, 1, 1, 1, 0, 0], abs=1e-5)


def test_the_order_of_texts_changes_no_vector():
    order = [3, 0, 5, 2, 1, 4]
    turned = vectors([TEXTS[place] for place in order])
    assert turned == pytest.approx(vectors(TEXTS)[order], abs=1e-6)


def test_a_projection_keeps_similarities():
    random = np.random.default_rng(0)
    words = [f"word{number}" for number in range(2000)]
    texts = [" ".join(random.choice(words, 60)) for _ in range(200)]
    weighted = weigh(count_words(texts)).toarray()
    weighted /= np.linalg.norm(weighted, axis=1, keepdims=True)
    found = vectors(texts)
    error = found @ found.T - weighted @ weighted.T
    # Johnson and Lindenstrauss: the error of an inner product has a deviation of 1/sqrt(d).
    assert error[np.triu_indices(200, 1)].std() < 1.2 / np.sqrt(1024)
    assert abs(error[np.triu_indices(200, 1)].mean()) < 0.005


def test_words_of_scripts_without_spaces_are_pairs():
    assert words_of("목록 정렬하기") == ["목록", "정렬", "렬하", "하기"]
    assert words_of("对列表排序") == ["对列", "列表", "表排", "排序"]


def test_nothing_has_no_words():
    counts = count_words(["", ""])
    assert counts.words == ()
    assert not vectors(["", ""]).any()
