"""FLARE's tasks on sequences: tags written one word a line, entities written one a line.

The-FinAI/PIXIU: src/tasks/flare.py (SequentialLabeling, NER) and utils.py (process_text); entity F1
is seqeval's default: an I that continues nothing begins an entity.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.scoring.tagging import OUTSIDE, ClassF1, class_counts, packed
from julja.types import Metric, Response, Sample, Score

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_OWN, _ENTITIES, _NONE = "entity_share", "entities", "none"
ENTITY_F1 = ClassF1((_ENTITIES,), micro=True).metric("entity_f1", _OWN)


def chunks(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """Entities as seqeval finds them by default.

    >>> sorted(chunks(["B-PER", "I-PER", "O", "I-LOC", "B-LOC"]))
    [('LOC', 3, 4), ('LOC', 4, 5), ('PER', 0, 2)]
    """
    found: set[tuple[str, int, int]] = set()
    kind, start = "", 0
    for place, tag in enumerate([*tags, OUTSIDE]):
        prefix, _, name = tag.partition("-")
        name = name or "_"  # seqeval's name of no name
        if kind and prefix == "I" and name == kind:
            continue
        if kind:
            found.add((kind, start, place))
        kind, start = ("", place) if prefix == OUTSIDE else (name, place)
    return found


def _counted(gold: Sequence[str], given: Sequence[str]) -> Mapping[str, float]:
    right, made = chunks(gold), chunks(given)
    hits, both = len(right & made), len(right) + len(made)
    return {
        _OWN: 2 * hits / both if both else 1.0,
        _ENTITIES: packed(len(right), len(made), hits),
    }


@dataclass(frozen=True, slots=True)
class _WeightedF1:
    """F1 of each tag, weighted by how often it is right, from columns of packed counts."""

    columns: tuple[str, ...]

    def __call__(self, columns: Mapping[str, "NDArray[np.float64]"]) -> float:
        shares, weights = [], []
        for name in self.columns:
            shares.append(ClassF1((name,), micro=True)({name: columns[name]}))
            weights.append(float((columns[name].astype("int64") % 65536).sum()))
        total = sum(weights)
        pairs = zip(shares, weights, strict=True)
        return sum(share * weight for share, weight in pairs) / total if total else 0.0


def written_tags(tags: Collection[str]) -> "_TagScorer":
    """Lines "word:tag" in the order of the words, with one of `tags`; where it is empty any B-…."""
    columns = tuple(f"tag_{tag}" for tag in tags)
    metrics = [ENTITY_F1]
    if tags:
        weighted = _WeightedF1(columns)
        metrics.append(Metric("f1", source=_OWN, aggregate=weighted, columns=columns))
    return _TagScorer(tuple(tags), tuple(metrics))


@dataclass(frozen=True, slots=True)
class _TagScorer:
    """`entity_f1`, and with a list of tags `f1`: tags weighted by support, a word without a line
    being of no tag."""

    tags: tuple[str, ...]
    metrics: tuple[Metric, ...]
    name: str = "written_tags"
    blocking: bool = False

    @property
    def args(self) -> Mapping[str, list[str]]:
        """The tags."""
        return {"tags": list(self.tags)}

    def __call__(self, sample: Sample, response: Response) -> Score:
        """Score one response."""
        words, gold = sample.fields["words"], sample.fields["tags"]
        read = read_lines(response.text, words, self.tags)
        plain = [tag or OUTSIDE for tag in read]
        values = dict(_counted(gold, plain))
        if self.tags:
            values |= class_counts("tag", self.tags, gold, [tag or _NONE for tag in read])
        if not any(read):
            why = 'No line of the response is "word:tag" in the order of the words.'
            return Score({**values, _OWN: 0.0}, state="unparsed", explanation=why)
        return Score(values, extracted=" ".join(plain))


def read_lines(text: str, words: Sequence[str], tags: Collection[str]) -> list[str]:
    """The tag of each word, "" where its line is none of the form."""
    found = [""] * len(words)
    for place, line in enumerate(text.split("\n")[: len(words)]):
        word, mark, tag = line.partition(":")
        known = tag in tags if tags else tag == OUTSIDE or tag.startswith("B-")
        if mark and ":" not in tag and word == words[place] and known:
            found[place] = tag
    return found


@scorer(metrics=ENTITY_F1)
def written_entities() -> ScoreFunction:
    """Lines "entity, TYPE"; every place where an entity stands in the text counts as found."""

    def score(sample: Sample, response: Response) -> Score:
        text, gold = sample.fields["text"], sample.fields["tags"]
        if not response.text.strip():
            empty = unparsed([Metric(_OWN)], "The response is empty.")
            values = {**_counted(gold, [OUTSIDE] * len(gold)), **empty.values}
            return Score(values, "unparsed", explanation=empty.explanation)
        values = dict(_counted(gold, placed(response.text, text)))
        return Score(values, extracted=response.text.strip())

    return score


def placed(lines: str, text: str) -> list[str]:
    """The tags of the text's words, from lines "entity, TYPE", as process_text makes them.

    Its ways are kept: an entity that begins within a word tags the next one, and one at the very
    end of the text is not tagged.
    """
    words = text.split()
    tags = [OUTSIDE] * len(words)
    starts = [0]
    for word in words[:-1]:
        starts.append(starts[-1] + len(word) + 1)
    for line in lines.split("\n"):
        entity, _, kind = line.rpartition(", ")
        start = text.find(entity) if entity else -1
        while start >= 0:
            end = start + len(entity) - 1
            first = next((n for n, place in enumerate(starts) if place >= start), None)
            last = next((n for n, place in enumerate(starts) if place > end), None)
            if first is not None and last is not None:
                tags[first] = f"B-{kind}"
                tags[first + 1 : last] = [f"I-{kind}"] * max(last - first - 1, 0)
            start = text.find(entity, end + 1)
    return tags
