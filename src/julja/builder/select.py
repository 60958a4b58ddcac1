"""Which prompts become the benchmark: filtered by quality, then sampled evenly over topics."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.builder.prompts import Prompt, Removed, rank_of

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Passed:
    """Prompts that passed a filter (places in the list), those that did not, topics' means."""

    places: Sequence[int]
    removed: Sequence[Removed]
    means: Mapping[int, float]


def cluster_means(labels: Labels, scores: Mapping[int, int]) -> dict[int, float]:
    """The mean score of each topic, over its prompts that have one; `scores` by place."""
    sums: dict[int, list[int]] = {}
    for place, score in scores.items():
        sums.setdefault(int(labels[place]), []).append(score)
    return {topic: sum(values) / len(values) for topic, values in sums.items()}


def filter_quality(
    prompts: Sequence[Prompt],
    labels: Labels,
    scores: Mapping[int, int],
    *,
    stage: str,
    min_prompt: int,
    min_cluster: float,
) -> Passed:
    """Keep prompts of at least `min_prompt` in topics whose mean is at least `min_cluster`.

    The mean is over all scored prompts of the topic, low ones too: a topic of many poor prompts
    and some good ones goes as a whole, as in the paper. `scores` has an entry for each scored
    place; others are not touched here.
    """
    means = cluster_means(labels, scores)
    places: list[int] = []
    removed: list[Removed] = []
    for place, score in scores.items():
        mean = means[int(labels[place])]
        if mean < min_cluster:
            reason, about = "low_cluster_score", {"score": score, "cluster_mean": round(mean, 4)}
        elif score < min_prompt:
            reason, about = "low_prompt_score", {"score": score}
        else:
            places.append(place)
            continue
        removed.append(Removed.of(prompts[place], stage, reason, **about))
    return Passed(places, removed, means)


# From so many scores on, a scorer that gives (nearly) all prompts one score is told of.
_ENOUGH = 20
_NEARLY_ALL = 0.95


def score_remark(scores: Mapping[int, int]) -> str | None:
    """A warning where a scorer tells no prompts apart: its filter then means nothing."""
    if len(scores) < _ENOUGH:
        return None
    score, count = Counter(scores.values()).most_common(1)[0]
    if count < _NEARLY_ALL * len(scores):
        return None
    return (
        f"{count} of {len(scores)} scores are {score}: this scorer tells hardly any prompts apart"
    )


def order_topics(medoid_ids: Sequence[str], seed: int) -> list[int]:
    """Topics in a random order that depends on the seed and each topic's central prompt alone."""
    return sorted(range(len(medoid_ids)), key=lambda t: (rank_of(medoid_ids[t], seed), t))


def order_prompts(prompts: Sequence[Prompt], places: Sequence[int], seed: int) -> list[int]:
    """Prompts in a random order that depends on the seed and their ids alone."""
    return sorted(places, key=lambda place: (rank_of(prompts[place].id, seed), place))


@dataclass(slots=True)
class Sampler:
    """Draws `per_cluster` prompts from each of `clusters` topics; draws again for what is refused.

    `refuse` takes a prompt out after a look at it (an offensive one): its place is taken by the
    next of its topic, or its topic's by the next topic.
    """

    clusters: int
    per_cluster: int
    order: Sequence[int]
    members: Mapping[int, list[int]]

    def draw(self) -> dict[int, list[int]]:
        """The topics and prompts that are in the benchmark as things stand."""
        found: dict[int, list[int]] = {}
        for topic in self.order:
            if len(found) == self.clusters:
                break
            members = self.members.get(topic, [])
            if len(members) >= self.per_cluster:
                found[topic] = members[: self.per_cluster]
        return found

    def refuse(self, place: int) -> None:
        """Take one prompt out for good."""
        for members in self.members.values():
            if place in members:
                members.remove(place)
                return


def sampler(
    prompts: Sequence[Prompt],
    labels: Labels,
    places: Sequence[int],
    medoid_ids: Sequence[str],
    *,
    clusters: int,
    per_cluster: int,
    seed: int,
) -> Sampler:
    """The sampler over the prompts that passed."""
    members: dict[int, list[int]] = {}
    for place in order_prompts(prompts, places, seed):
        if labels[place] >= 0:
            members.setdefault(int(labels[place]), []).append(place)
    return Sampler(clusters, per_cluster, order_topics(medoid_ids, seed), members)
