"""BLEU, chrF2 and TER of a set from its sentences' counts: sacreBLEU's, to the last digit."""

import math
import random

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from julja.errors import ConfigError
from julja.scoring.translation import bleu, chrf, statistics, ter, translated
from julja.types import Response, Sample

WORDS = [
    "the",
    "a",
    "tape",
    "measure",
    "is",
    "long",
    "short,",
    "and",
    "the",
    "tailor's",
    "sleeve",
    "door!",
    "3.5",
    "m",
    "dog",
]


def sentences(n, seed, words=WORDS):
    draw = random.Random(seed)
    return [" ".join(draw.choices(words, k=draw.randint(0, 14))) for _ in range(n)]


def noisy(texts, seed):
    draw = random.Random(seed)
    return [" ".join(w for w in text.split() if draw.random() < 0.8) for text in texts]


def columns(hypotheses, references, tokenize="13a"):
    rows = [
        statistics(text, [reference[n] for reference in references], tokenize)
        for n, text in enumerate(hypotheses)
    ]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_corpus_scores_are_sacrebleus_with_any_number_of_references(count):
    first = sentences(60, 1)
    references = [first, *(noisy(first, seed) for seed in range(count - 1))]
    hypotheses = noisy(first, 9)
    found = columns(hypotheses, references)
    assert bleu(found) == pytest.approx(
        BLEU().corpus_score(hypotheses, references).score, abs=1e-10
    )
    assert chrf(found) == pytest.approx(
        CHRF().corpus_score(hypotheses, references).score, abs=1e-10
    )
    assert ter(found) == pytest.approx(TER().corpus_score(hypotheses, references).score, abs=1e-10)


def test_chinese_is_cut_into_characters():
    references = [["今天天气很好。", "我有三本书"]]
    hypotheses = ["今天的天气好。", "我有三本书"]
    found = columns(hypotheses, references, "zh")
    expected = BLEU(tokenize="zh").corpus_score(hypotheses, references).score
    assert bleu(found) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(
    ("hypotheses", "references"),
    [
        (["", ""], [["a b", "c d"]]),
        (["x y z"], [["a b c d e"]]),
        (["a b c d e f"], [["a b"]]),
        (["a"], [["a b c d e"]]),
        (["a b x d e"], [["a b c d e"]]),
    ],
)
def test_the_odd_ends_are_sacrebleus_too(hypotheses, references):
    found = columns(hypotheses, references)
    assert bleu(found) == pytest.approx(
        BLEU().corpus_score(hypotheses, references).score, abs=1e-10
    )
    assert chrf(found) == pytest.approx(
        CHRF().corpus_score(hypotheses, references).score, abs=1e-10
    )
    assert ter(found) == pytest.approx(TER().corpus_score(hypotheses, references).score, abs=1e-10)


def test_an_answer_on_several_lines_is_one_sentence():
    sample = Sample("a", "?", target=("one two three four",))
    found = translated()(sample, Response("one two\nthree four\n"))
    assert found.values["sentence_bleu"] == 1.0
    assert found.extracted == "one two three four"


def test_the_signature_is_part_of_the_scorers_arguments():
    text = translated("zh").args["signature"]
    assert "tok:zh" in text and "version:2." in text
    assert "TER" in text and "TER" not in translated(edits=False).args["signature"]
    assert translated("zh").metrics[2].high == math.inf
    assert [m.name for m in translated("zh", edits=False).metrics] == ["bleu", "chrf"]


def test_an_unknown_tokeniser_and_a_missing_comet_are_told():
    with pytest.raises(ConfigError, match="no tokeniser 'klingon'"):
        translated("klingon").ready()
    with pytest.raises(ConfigError, match="unbabel-comet"):
        translated(comet="wmt20-comet-da")(Sample("a", "?", target=("x",)), Response("x"))
    # A run looks before it asks the model.
    with pytest.raises(ConfigError, match="unbabel-comet"):
        translated(comet="wmt20-comet-da").ready()
