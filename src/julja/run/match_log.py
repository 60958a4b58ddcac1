"""Finds the sample of a benchmark that each record of an imported run is about.

Ids alone are not trusted where they are row numbers: one tool counts from 0, the next from 1. A
record is matched, in this order, by

1. its question, when it is word for word the question of one sample;
2. the question that its prompt holds last, where few-shot exemplars stand before it;
3. its id, when that is no row number and one sample has it.

Of samples that share a question (one text, several questions of choices), the one is taken whose
choices or target the record has.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from julja.run.plan import Leaf
from julja.types import Record, Sample

_WORD = re.compile(r"\w+")
# So many words at the end of a question are looked for first; all of it must stand there.
_TAIL = 8
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Place: TypeAlias = tuple[Leaf, Sample]
Words: TypeAlias = tuple[str, ...]


@dataclass(slots=True)
class Match:
    """Which records fit which sample, how they were found, and why the others fit none."""

    found: dict[tuple[str, str], list[Record]] = field(default_factory=lambda: defaultdict(list))
    how: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    other_targets: int = 0


class Questions:
    """The questions of a benchmark, looked up by their words."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self.by_words: dict[Words, list[Place]] = defaultdict(list)
        self.by_tail: dict[Words, list[Words]] = defaultdict(list)
        self.by_id: dict[str, list[Place]] = defaultdict(list)
        for leaf in leaves:
            for sample in leaf.samples:
                self._enter(leaf, sample)
        self.sizes = sorted({len(tail) for tail in self.by_tail}, reverse=True)

    def _enter(self, leaf: Leaf, sample: Sample) -> None:
        words = words_of(sample.input)
        self.by_id[sample.id].append((leaf, sample))
        if words:
            if words not in self.by_words:
                self.by_tail[words[-_TAIL:]].append(words)
            self.by_words[words].append((leaf, sample))

    def asked_in(self, text: Words) -> list[Place]:
        """The samples whose question stands last in a text."""
        for end in range(len(text), 0, -1):
            for size in self.sizes:
                tail = text[max(0, end - size) : end]
                fitting = [
                    words
                    for words in self.by_tail.get(tail, ())
                    if text[max(0, end - len(words)) : end] == words
                ]
                if fitting:
                    return self.by_words[max(fitting, key=len)]
        return []


def words_of(text: str) -> Words:
    """A text's words, without what tools change between them: spaces, marks, capitals."""
    return tuple(_WORD.findall(text.casefold()))


def match_records(records: Iterable[tuple[Record, Sample | None]], leaves: Sequence[Leaf]) -> Match:
    """Match the records of a run to the samples of some leaves."""
    questions = Questions(leaves)
    made = Match()
    for record, sample in records:
        if record.response is None:
            _lose(made, "have no answer", record)
            continue
        place, how = _find(record, sample, questions)
        if place is None:
            _lose(made, how, record)
            continue
        leaf, ours = place
        if not _same_order(ours, record, sample):
            _lose(made, "have their choices in another order", record)
            continue
        made.how[how] += 1
        made.other_targets += _other_target(ours, record)
        made.found[leaf.name, ours.id].append(record)
    return made


def _lose(made: Match, why: str, record: Record) -> None:
    made.lost[why] += 1
    made.examples.setdefault(why, f"{record.task}/{record.sample}")


def _find(record: Record, sample: Sample | None, questions: Questions) -> tuple[Place | None, str]:
    """(place, how it was found), or (None, why not)."""
    asked = words_of(sample.input) if sample else ()
    shown = words_of(record.prompt.text if record.prompt else "")
    for candidates, how in (
        (questions.by_words.get(asked, []), "question"),
        (questions.asked_in(asked), "question"),
        (questions.asked_in(shown), "prompt"),
    ):
        if len(candidates) == 1:
            return candidates[0], how
        if candidates:
            chosen = [place for place in candidates if _fits(place[1], record, sample, shown)]
            if len(chosen) == 1:
                return chosen[0], how
            return None, "have a question that several samples share"
    named = questions.by_id.get(record.sample, []) if not is_row_number(record.sample) else []
    return (named[0], "id") if len(named) == 1 else (None, "fit no sample")


def is_row_number(name: str) -> bool:
    """True for an id that only says which row of a file it was: 12, test-12."""
    return name.rpartition("-")[2].isdigit()


def _fits(ours: Sample, record: Record, theirs: Sample | None, shown: Words) -> bool:
    """True when a record has a sample's choices, or where it has none, its target."""
    if ours.choices:
        if theirs is not None and theirs.choices:
            return _texts(theirs.choices) == _texts(ours.choices)
        whole = f" {' '.join(shown)} "
        return all(f" {' '.join(words_of(choice))} " in whole for choice in ours.choices)
    return bool(set(_texts(ours.target)) & set(_texts(record.target)))


def _texts(texts: Sequence[str]) -> list[Words]:
    return [words_of(text) or (text.strip(),) for text in texts]


def _same_order(ours: Sample, record: Record, theirs: Sample | None) -> bool:
    """False when an answer's letter would mean another choice here than it did there."""
    if len(ours.choices) < 2 or (record.response is not None and record.response.choices):
        return True
    if theirs is not None and len(theirs.choices) == len(ours.choices):
        one, two = _texts(theirs.choices), _texts(ours.choices)
        return one == two or sorted(one) != sorted(two)
    shown = f" {' '.join(words_of(record.prompt.text if record.prompt else ''))} "
    places = [shown.rfind(f" {' '.join(words_of(choice))} ") for choice in ours.choices]
    return -1 in places or places == sorted(places) or len(set(places)) < len(places)


def _other_target(ours: Sample, record: Record) -> bool:
    """True when the log says another right answer than the benchmark."""
    told = {target for target in record.target if target.strip()}
    if not told or not (ours.target or ours.answer):
        return False
    right = set(ours.target) | {_LETTERS[place] for place in ours.answer if place < len(_LETTERS)}
    right |= {ours.choices[place] for place in ours.answer if place < len(ours.choices)}
    right |= {str(place) for place in ours.answer}
    return not {words_of(text) or text for text in told} & {words_of(t) or t for t in right}


def likelihood_rows(
    ours: Sample, record: Record
) -> Iterator[Mapping[str, str | float | int | bool | None]] | None:
    """A record's likelihoods in the order of a sample's choices; None where they aren't its."""
    given = record.response.choices if record.response else ()
    by_text = {words_of(choice.text) or (choice.text.strip(),): choice for choice in given}
    wanted = _texts(ours.choices)
    letters = [(letter.casefold(),) for letter in _LETTERS[: len(wanted)]]
    order = wanted if set(wanted) <= set(by_text) else letters
    if len(by_text) != len(given) or set(order) - set(by_text):
        return None
    return (
        {
            "text": by_text[text].text,
            "loglikelihood": by_text[text].loglikelihood,
            "tokens": by_text[text].tokens,
            "greedy": by_text[text].greedy,
            "unconditional": by_text[text].unconditional,
        }
        for text in order
    )
