"""Topics: known groups are found again, small ones dissolved, and everything repeats itself."""

import numpy as np
import pytest

from julja.builder.cluster import find_topics, medoids, smooth
from julja.builder.density import cluster_graph
from julja.builder.features import count_words, unit
from julja.builder.naming import keywords
from julja.builder.neighbours import (
    assign,
    kmeans,
    means,
    nearest,
    nearest_by_words,
    partition,
)


def blobs(groups=6, rows=40, d=64, noise=0.25, seed=0):
    random = np.random.default_rng(seed)
    centres = unit(random.normal(size=(groups, d)).astype(np.float32))
    labels = np.repeat(np.arange(groups), rows)
    points = centres[labels] + noise * random.normal(size=(len(labels), d)) / np.sqrt(d) * 2
    return unit(points.astype(np.float32)), labels


def pair_agreement(a, b):
    """The Rand index of two labellings."""
    same_a, same_b = a[:, None] == a[None], b[:, None] == b[None]
    return float((same_a == same_b).mean())


def topics(vectors, **settings):
    values = {"method": "kmeans", "min_size": 8, "topics": None, "reduce": True, "seed": 0}
    return find_topics(vectors, nearest(vectors, 15), **{**values, **settings})


@pytest.mark.parametrize(("method", "wanted"), [("kmeans", 6), ("hdbscan", None)])
def test_known_groups_are_found_again(method, wanted):
    vectors, labels = blobs()
    found = topics(vectors, method=method, topics=wanted)
    assert len(found.centres) == pytest.approx(6, abs=1)
    assert pair_agreement(found.labels, labels) > 0.95


def test_hdbscan_says_what_belongs_nowhere():
    vectors, _ = blobs(groups=3)
    random = np.random.default_rng(1)
    lost = unit(random.normal(size=(30, 64)).astype(np.float32))
    found = cluster_graph(nearest(np.concatenate([vectors, lost]), 15), 10)
    assert (found[-30:] == -1).mean() > 0.7
    assert len(set(found[:120].tolist()) - {-1}) == 3


@pytest.mark.parametrize("noise", [0.3, 0.5, 0.7])
def test_hdbscan_agrees_with_scikit_learns_on_a_whole_graph(noise):
    hdbscan = pytest.importorskip("sklearn.cluster").HDBSCAN
    vectors, _ = blobs(groups=5, rows=30, noise=noise, seed=3)
    distance = np.clip(1.0 - (vectors @ vectors.T).astype(np.float64), 0, None)
    np.fill_diagonal(distance, 0)
    # Its min_samples counts the point itself.
    theirs = hdbscan(min_cluster_size=8, min_samples=9, metric="precomputed", copy=True)
    ours = cluster_graph(nearest(vectors, len(vectors) - 1), 8)
    expected = theirs.fit_predict(distance)
    # Mutual reachability has many ties, and either order of a tie is a right tree.
    assert ((ours == -1) != (expected == -1)).sum() <= 3
    assert pair_agreement(ours, expected) > 0.97


def test_rows_of_zeros_belong_to_no_topic():
    vectors, _ = blobs(groups=2)
    vectors[[3, 50]] = 0
    found = topics(vectors, topics=2)
    assert found.labels[[3, 50]].tolist() == [-1, -1]
    assert (found.labels >= 0).sum() == len(vectors) - 2


def test_topics_below_the_least_size_are_dissolved():
    vectors, _ = blobs(groups=4, rows=30)
    reduced = topics(vectors, topics=15, min_size=8)
    assert np.bincount(reduced.labels).min() >= 8
    assert (reduced.labels >= 0).all()
    dropped = topics(vectors, method="hdbscan", reduce=False)
    assert dropped.outliers == (dropped.labels == -1).sum()


def test_the_largest_topic_is_the_first():
    vectors, _ = blobs()
    sizes = np.bincount(topics(vectors, topics=8, reduce=False).labels + 1)[1:]
    assert sorted(sizes, reverse=True) == sizes.tolist()


def test_a_seed_repeats_a_clustering():
    vectors, _ = blobs(noise=0.8)
    assert (topics(vectors).labels == topics(vectors).labels).all()


def test_too_few_prompts_make_no_topic():
    assert len(topics(blobs(groups=1, rows=5)[0]).centres) == 0


def test_neighbours_through_cells_miss_little():
    vectors, _ = blobs(groups=30, rows=100, d=32, noise=0.6)
    exact = nearest(vectors, 10)
    cells = nearest(vectors, 10, exact=100)
    hits = [len(np.intersect1d(a, b)) for a, b in zip(exact.index, cells.index, strict=True)]
    assert exact.recall == 1.0
    assert np.mean(hits) / 10 == pytest.approx(cells.recall, abs=0.05)
    assert cells.recall > 0.7


def test_neighbours_by_words_are_those_of_all_words_but_the_commonest(monkeypatch):
    random = np.random.default_rng(2)
    words = [f"w{number}" for number in range(300)]
    shares = 1 / np.arange(1, 301)
    texts = [" ".join(random.choice(words, 20, p=shares / shares.sum())) for _ in range(400)]
    counts = count_words(texts)
    dense = unit(counts.matrix.toarray().astype(np.float32))
    exact, found = nearest(dense, 5), nearest_by_words(counts.matrix, 5)
    assert found.recall == 1.0
    assert found.similarity == pytest.approx(exact.similarity, abs=1e-5)
    monkeypatch.setattr("julja.builder.neighbours.PRODUCTS", 300)
    pruned = nearest_by_words(counts.matrix, 5)
    hits = [len(np.intersect1d(a, b)) for a, b in zip(exact.index, pruned.index, strict=True)]
    assert 0 < pruned.recall < 1
    assert np.mean(hits) / 5 == pytest.approx(pruned.recall, abs=0.02)


def test_a_text_without_words_has_no_neighbours():
    counts = count_words(["a cat sat", "", "a cat ran"])
    found = nearest_by_words(counts.matrix, 2)
    assert found.index[1].tolist() == [-1, -1]
    assert found.index[0].tolist() == [2, -1]


def test_smoothing_draws_a_vector_towards_its_neighbours():
    vectors, _ = blobs(groups=2, rows=20, noise=0.8)
    near = nearest(vectors, 5)
    graph = np.zeros((40, 40), np.float32)
    for row, (index, similarity) in enumerate(zip(near.index, near.similarity, strict=True)):
        graph[row, index] = np.maximum(similarity, 0)
    graph = np.maximum(graph, graph.T)
    graph /= graph.sum(axis=1, keepdims=True)
    expected = unit(0.3 * vectors + 0.7 * graph @ vectors)
    assert smooth(vectors, near, rounds=1) == pytest.approx(expected, abs=1e-5)


def test_many_clusters_are_made_in_two_steps():
    vectors, labels = blobs(groups=30, rows=20, d=32)
    random = np.random.default_rng(0)
    found = partition(vectors, 30, random, flat=5)
    assert len(np.unique(found)) == pytest.approx(30, abs=3)
    assert pair_agreement(found, labels) > 0.95


def test_no_row_is_its_own_neighbour():
    vectors, _ = blobs(groups=2, rows=20)
    near = nearest(vectors, 5)
    assert not (near.index == np.arange(40)[:, None]).any()
    assert (np.diff(near.similarity, axis=1) <= 1e-6).all()
    assert nearest(vectors[:1], 5).index.shape == (1, 0)


def test_kmeans_centres_are_unit_vectors_and_medoids_the_nearest_rows():
    vectors, labels = blobs(groups=3)
    centres = kmeans(vectors, 3, np.random.default_rng(0))
    assert np.linalg.norm(centres, axis=1) == pytest.approx(1, abs=1e-5)
    home = assign(vectors, centres)
    found = medoids(vectors, home, means(vectors, home, 3))
    for topic in range(3):
        rows = np.flatnonzero(home == topic)
        own = means(vectors, home, 3)[topic]
        assert found[topic] == rows[(vectors[rows] @ own).argmax()]
    assert pair_agreement(home, labels) > 0.9


def test_keywords_tell_topics_apart():
    texts = ["sort the python list", "python list reversed", "bake the cake", "cake with cream"]
    found = keywords(count_words(texts), np.array([0, 0, 1, 1]), 2)
    assert set(found[0][:2]) == {"python", "list"}
    assert found[1][0] == "cake"
    assert "the" not in found[0] + found[1]
