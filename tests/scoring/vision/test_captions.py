"""Captions: CIDEr-D, BLEU and ROUGE-L by hand and by naive twins; tokens as Stanford's program."""

import math
from itertools import combinations

import numpy as np
import pytest

from julja.errors import ScoringError
from julja.scoring.vision.caption_text import tokenize
from julja.scoring.vision.captions import CaptionPool, captions, cider_d, rouge_l
from julja.types import Response, Sample


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A dog's ball isn't red-ish, is it?", "a dog 's ball is n't red-ish is it"),
        ("Two (2) cups -- at 10:30 p.m.!", "two -lrb- 2 -rrb- cups at 10:30 p.m."),
        ('cannot; "don\'t"', "can not do n't"),
        ("1,000 people & a t-shirt", "1,000 people & a t-shirt"),
        ("what?? on st. john", "what ?? on st. john"),
        ("고양이 두 마리.", "고양이 두 마리"),
        ("...", ""),
    ],
)
def test_tokens_are_those_of_the_treebank(text, tokens):
    assert " ".join(tokenize(text)) == tokens


def test_cider_depends_on_the_references_of_the_whole_set():
    pairs = [
        (["a", "red", "bus", "stops"], [["a", "red", "bus", "stops"]]),
        (["a", "cat", "sits", "here"], [["a", "dog", "runs", "off"]]),
    ]
    alike, other = cider_d(pairs)
    # An n-gram in every picture ("a") has no weight; the same caption has cosine 1 in each order.
    assert (alike, other) == (pytest.approx(10.0), pytest.approx(0.0))
    assert cider_d(pairs[:1]) == [0.0]


def test_the_length_penalty_counts_bigrams():
    pairs = [
        (["red", "bus"], [["red", "bus", "big", "bus"]]),
        (["x"], [["a", "b"]]),
        (["y"], [["c", "d"]]),
    ]
    idf = math.log(3)
    ones = (idf * idf + idf * 2 * idf) / (math.sqrt(2) * idf * math.sqrt(6) * idf)
    # The second count of "bus" is clipped: min(1, 2) * 2; "red" gives 1 * 1.
    pair = idf * idf / (idf * math.sqrt(3) * idf)
    expected = 10 * (ones + pair) / 4 * math.exp(-(2**2) / (2 * 36))
    assert cider_d(pairs)[0] == pytest.approx(expected)


def test_rouge_l_is_the_longest_common_subsequence():
    one, other = list("abcde"), list("bxdea")
    longest = max(
        size
        for size in range(6)
        for picked in combinations(range(5), size)
        if _within([one[n] for n in picked], other)
    )
    share = longest / 5
    assert rouge_l(one, [other]) == pytest.approx(share)
    assert rouge_l([], [other]) == 0.0


def _within(words, text):
    rest = iter(text)
    return all(word in rest for word in words)


def test_bleu_of_a_set_is_of_summed_counts():
    tables = [
        {"tokens": ["a", "b", "c", "d"], "references": [["a", "b", "c", "e"]]},
        {"tokens": ["x", "y"], "references": [["x", "y", "z"], ["x"]]},
    ]
    found = CaptionPool(tables)(np.ones(2))
    # 5 of 6 words; 3 of 4 pairs; of equally near references the shorter one counts.
    assert found["bleu_1"] == pytest.approx(5 / 6)
    assert found["bleu_2"] == pytest.approx(math.sqrt(5 / 6 * 3 / 4))
    alone = CaptionPool(tables)(np.array([0.0, 1.0]))
    assert alone["bleu_1"] == pytest.approx(1.0)
    assert math.isnan(CaptionPool(tables)(np.zeros(2))["cider_d"])


def test_an_empty_caption_is_unparsed_and_still_counts():
    score = captions()(Sample("1", "x", target=("a cat",)), Response(" . "))
    assert (score.state, score.values) == ("unparsed", {"rouge_l": 0.0})
    assert score.details["table"]["tokens"] == []
    with pytest.raises(ScoringError, match="no reference captions"):
        captions()(Sample("1", "x"), Response("a cat"))
