"""Filters and the sample: thresholds as in the paper, the same prompts whatever the order."""

import random

import numpy as np

from julja.builder.prompts import Prompt
from julja.builder.select import cluster_means, filter_quality, order_topics, sampler

PROMPTS = [Prompt(f"p{place}", f"text {place}", "f", place) for place in range(12)]
LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
SCORES = dict(enumerate([7, 6, 6, 5, 7, 7, 2, 1, 6, 6, 6, 6]))


def passed(**limits):
    values = {"stage": "quality", "min_prompt": 6, "min_cluster": 6.0, **limits}
    return filter_quality(PROMPTS, LABELS, SCORES, **values)


def test_prompts_and_topics_must_both_be_good():
    found = passed()
    assert found.places == [0, 1, 2, 8, 9, 10, 11]
    assert {item.id: item.reason for item in found.removed} == {
        "p3": "low_prompt_score",
        **{f"p{place}": "low_cluster_score" for place in (4, 5, 6, 7)},
    }
    assert found.means == {0: 6.0, 1: 4.25, 2: 6.0}


def test_what_has_no_score_is_in_no_mean():
    assert cluster_means(LABELS, {0: 7, 4: 2, 5: 4}) == {0: 7.0, 1: 3.0}


def drawn(prompts, labels, places, **settings):
    values = {"clusters": 2, "per_cluster": 2, "seed": 0, **settings}
    medoid = [f"medoid {topic}" for topic in range(3)]
    return sampler(prompts, labels, places, medoid, **values)


def ids(prompts, found):
    return {topic: [prompts[place].id for place in rows] for topic, rows in found.items()}


def test_the_order_of_prompts_changes_no_sample():
    expected = ids(PROMPTS, drawn(PROMPTS, LABELS, range(12)).draw())
    assert [len(rows) for rows in expected.values()] == [2, 2]
    order = list(range(12))
    for seed in range(5):
        random.Random(seed).shuffle(order)
        prompts, labels = [PROMPTS[place] for place in order], LABELS[order]
        assert ids(prompts, drawn(prompts, labels, range(12)).draw()) == expected


def test_another_seed_draws_others():
    samples = {str(drawn(PROMPTS, LABELS, range(12), seed=seed).draw()) for seed in range(20)}
    assert len(samples) > 10


def test_topics_are_drawn_evenly_whatever_their_size():
    medoid = [f"m{topic}" for topic in range(10)]
    first = [order_topics(medoid, seed)[0] for seed in range(2000)]
    assert min(np.bincount(first, minlength=10)) > 130


def test_a_topic_with_too_few_is_passed_over():
    found = drawn(PROMPTS, LABELS, [0, 4, 5, 8, 9], clusters=3).draw()
    assert set(found) == {1, 2}


def test_what_is_refused_is_replaced_from_its_topic_then_by_another():
    sample = drawn(PROMPTS, LABELS, range(12), clusters=1)
    (topic,) = sample.draw()
    first = sample.draw()[topic]
    sample.refuse(first[0])
    assert sample.draw()[topic][0] == first[1]
    for place in list(sample.members[topic])[:2]:
        sample.refuse(place)
    assert topic not in sample.draw()
    assert len(sample.draw()) == 1
