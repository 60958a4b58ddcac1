"""What the log adds up to for matchmaking: who beat whom, what is shown now, who has seen what."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from julja.arena.pool import Pool, fingerprint
from julja.arena.votes import WORTH, Event

# A battle that was shown this long ago and has no vote is not waited for any more.
PENDING_S = 3600.0


@dataclass(slots=True)
class _Open:
    """A battle that has neither vote nor skip."""

    event: Event
    pair: tuple[int, int]


@dataclass(slots=True)
class _Side:
    """A battle whose other way round nobody has seen yet: its voter, and the model shown first."""

    voter: str
    first: int


@dataclass(slots=True)
class Seen:
    """What one voter has been shown: answers (n, m), and the battle that waits for a vote."""

    answers: NDArray[np.bool_]
    waiting: Event | None = None


@dataclass
class Standing:
    """Counts over a pool of n prompts and m models, brought up to date row by row.

    `wins` (m, m) is what row i scored against column j, a tie as half; `shown` (n) how often each
    prompt was shown. Votes on models of the pool count whatever prompt they were given on; battles
    of other models are of another arena.
    """

    pool: Pool
    seq: int = 0
    battles: int = 0
    wins: NDArray[np.float64] = field(init=False)
    shown: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.pool.models)
        self.wins = np.zeros((size, size))
        self.shown = np.zeros(len(self.pool.questions), np.int64)
        self._model = {name: index for index, name in enumerate(self.pool.models)}
        self._prompt = {item.id: index for index, item in enumerate(self.pool.questions)}
        self._seen: dict[str, Seen] = {}
        self._open: dict[str, _Open] = {}
        self._scored: dict[str, tuple[int, int, float]] = {}
        self._sides: defaultdict[tuple[int, int], list[_Side]] = defaultdict(list)

    def update(self, events: Iterable[Event]) -> None:
        """Take in rows of the log, in their order."""
        for event in events:
            self.seq = event.seq
            if event.kind == "battle":
                self._take_battle(event)
            elif event.kind == "vote" and not event.after_reveal:
                self._take_vote(event)
            if event.kind in ("vote", "skip"):
                self._close(event)

    def seen(self, voter: str) -> Seen:
        """What a voter has been shown so far."""
        if voter not in self._seen:
            self._seen[voter] = Seen(np.zeros(self.pool.kind.shape, bool))
        return self._seen[voter]

    def pending(self, now: float) -> NDArray[np.float64]:
        """How many battles of each pair are shown now and have no vote yet; (m, m), symmetric."""
        found = np.zeros_like(self.wins)
        for item in self._open.values():
            if now - item.event.time < PENDING_S:
                found[item.pair] += 1
        both: NDArray[np.float64] = found + found.T
        return both

    def other_way_round(self, i: int, j: int, voter: str) -> int | None:
        """The model to show first where somebody else has seen this pair the other way round.

        None where a coin decides. A coin is never shared by two battles of one voter: so each of
        a voter's sides is a fair coin to that voter, which the test for one-sided voters needs.
        """
        pair = (min(i, j), max(i, j))
        for side in self._sides[pair]:
            if side.voter != voter:
                return j if side.first == i else i
        return None

    def _take_battle(self, event: Event) -> None:
        self.battles += 1
        i, j = self._model.get(event.model_a), self._model.get(event.model_b)
        if i is None or j is None:
            return
        self._open[event.battle] = _Open(event, (i, j))
        pair = (min(i, j), max(i, j))
        sides = self._sides[pair]
        match = next((s for s in sides if s.voter != event.voter and s.first == j), None)
        if match is None:
            sides.append(_Side(event.voter, i))
        else:
            sides.remove(match)
        prompt = self._prompt.get(event.prompt)
        if prompt is None:
            return
        self.shown[prompt] += 1
        seen = self.seen(event.voter)
        for model, key in ((i, "answer_a"), (j, "answer_b")):
            text = self.pool.texts[prompt][model]
            # Another text under the same name is another answer: it has not been seen.
            if text is not None and fingerprint(text) == event.body.get(key):
                # So is the same text of another model.
                same = self.pool.kind[prompt] == self.pool.kind[prompt, model]
                seen.answers[prompt] |= same
        seen.waiting = event if self.place(event) else None

    def place(self, event: Event) -> tuple[int, int, int] | None:
        """Prompt, A and B of a battle in the pool, if their texts are those that were shown."""
        prompt = self._prompt.get(event.prompt)
        i, j = self._model.get(event.model_a), self._model.get(event.model_b)
        if prompt is None or i is None or j is None:
            return None
        row = self.pool.texts[prompt]
        for model, key in ((i, "answer_a"), (j, "answer_b")):
            text = row[model]
            if text is None or fingerprint(text) != event.body.get(key):
                return None
        return prompt, i, j

    def _take_vote(self, event: Event) -> None:
        i, j = self._model.get(event.model_a), self._model.get(event.model_b)
        if i is None or j is None or event.verdict is None:
            return
        if event.battle in self._scored:
            self._score(*self._scored[event.battle], sign=-1)
        scored = (i, j, WORTH[event.verdict])
        self._score(*scored)
        self._scored[event.battle] = scored

    def _score(self, i: int, j: int, outcome: float, sign: int = 1) -> None:
        self.wins[i, j] += sign * outcome
        self.wins[j, i] += sign * (1 - outcome)

    def _close(self, event: Event) -> None:
        self._open.pop(event.battle, None)
        seen = self._seen.get(event.voter)
        if seen is not None and seen.waiting is not None and seen.waiting.battle == event.battle:
            seen.waiting = None
