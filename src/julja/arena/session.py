"""The arena itself, as the terminal and the HTTP API use it: next battle, vote, names.

    arena = Arena(pool, VoteLog(Path("julja.db")))
    shown = arena.next(voter)             # texts and a random id: nothing that tells who wrote them
    told = arena.vote(voter, shown.battle, "A>B")
    told.model_a                          # … and here is who did

What a voter is shown before the vote is a `Shown`, which has no field for a name.
"""

import threading
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from julja.arena.battles import VERDICTS, Verdict
from julja.arena.matchmaking import Policy, order_pairs, posterior
from julja.arena.pool import Pool, fingerprint
from julja.arena.standing import Seen, Standing
from julja.arena.style import style_fields
from julja.arena.votes import Event, Pick, VoteError, VoteLog
from julja.types import Message

STRONG: tuple[Verdict, ...] = ("A>>B", "B>>A")


@dataclass(frozen=True, slots=True)
class Shown:
    """A battle as its voter sees it: A was put first by chance."""

    battle: str
    messages: tuple[Message, ...]
    text_a: str
    text_b: str


@dataclass(frozen=True, slots=True)
class Told:
    """A battle after its vote: `verdict` is the one that counts, `said` the one just given.

    `counts` is false where `said` came after the names were told. The models are None as long as
    the voter asked not to be told.
    """

    battle: str
    said: Verdict
    verdict: Verdict
    counts: bool
    is_new: bool
    model_a: str | None
    model_b: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a voter is: votes that count, skipped battles, and how many there may still be."""

    voter: str
    votes: int
    skipped: int
    left: int


@dataclass
class Arena:
    """Serves blind battles of a pool and takes votes into the log; safe to share between threads.

    With a `seed` the same log and voter give the same battle and sides (ids stay random).
    """

    pool: Pool
    log: VoteLog
    policy: Policy = "widest"
    strong: bool = False
    seed: int | None = None
    _standing: Standing = field(init=False)
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._standing = Standing(self.pool)
        has = self.pool.has.astype(float)
        self._targets: NDArray[np.bool_] = (has.T @ has > 0) & ~np.eye(has.shape[1], dtype=bool)
        self._ratings: NDArray[np.float64] | None = None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What a voter may say."""
        return tuple(item for item in VERDICTS if self.strong or item not in STRONG)

    def next(self, voter: str) -> Shown | None:
        """The battle that waits for this voter's vote, or a new one; None when there is none left.

        A voter never sees an answer again whose author they were told: that would not be blind.
        """
        with self._lock:
            event = self.log.serve(voter, lambda: self._choose(voter))
            if event is None:
                return None
            self._catch_up()
            return self._shown(event)

    def show(self, voter: str, battle: str) -> Shown:
        """A battle of this voter again, as it was shown."""
        event, _, _ = self.log.battle(voter, battle)
        return self._shown(event)

    def vote(self, voter: str, battle: str, verdict: Verdict, *, reveal: bool = True) -> Told:
        """Take a vote; see `VoteLog.vote`."""
        if verdict not in self.verdicts:
            raise VoteError(
                "verdict",
                f"{verdict!r} is no verdict here.",
                hint=f"There are {', '.join(self.verdicts)}.",
            )
        cast = self.log.vote(voter, battle, verdict, reveal=reveal)
        current = cast.current.verdict
        assert current is not None
        knows = reveal or self.log.battle(voter, battle)[2]
        return Told(
            battle,
            verdict,
            current,
            cast.counts,
            cast.is_new,
            cast.battle.model_a if knows else None,
            cast.battle.model_b if knows else None,
        )

    def told(self, voter: str, battle: str) -> Told | None:
        """What was said of a battle and, where the names were told, who wrote what."""
        event, vote, knows = self.log.battle(voter, battle)
        if vote is None or vote.verdict is None:
            return None
        names = (event.model_a, event.model_b) if knows else (None, None)
        return Told(battle, vote.verdict, vote.verdict, True, False, *names)

    def reveal(self, voter: str, battle: str) -> Told:
        """Tell the names of a battle that has this voter's vote."""
        self.log.reveal(voter, battle)
        told = self.told(voter, battle)
        assert told is not None
        return told

    def skip(self, voter: str, battle: str) -> None:
        """Pass over a battle."""
        self.log.skip(voter, battle)

    def progress(self, voter: str) -> Progress:
        """How far this voter is."""
        rows = self.log.of_voter(voter)
        with self._lock:
            self._catch_up()
            left = _most_left(self.pool.has & ~self._standing.seen(voter).answers, self.pool.kind)
        return Progress(
            voter,
            len({row.battle for row in rows if row.kind == "vote"}),
            sum(row.kind == "skip" for row in rows),
            left,
        )

    # Matchmaking

    def _catch_up(self) -> None:
        self._standing.update(self.log.since(self._standing.seq))

    def _choose(self, voter: str) -> Pick | Event | None:
        self._catch_up()
        standing = self._standing
        seen = standing.seen(voter)
        if seen.waiting is not None:
            return seen.waiting
        open_ = self.pool.has & ~seen.answers
        allowed = (open_.T.astype(float) @ open_.astype(float)) > 0
        np.fill_diagonal(allowed, False)
        rng = self._rng()
        belief = posterior(standing.wins, standing.pending(time.time()), start=self._ratings)
        self._ratings = belief.ratings
        for i, j in order_pairs(belief, allowed, self._targets, rng, self.policy):
            kinds = self.pool.kind
            fits = np.flatnonzero(open_[:, i] & open_[:, j] & (kinds[:, i] != kinds[:, j]))
            if len(fits):
                return self._pick(voter, self._prompt(fits, seen, rng), i, j, rng)
        return None

    def _rng(self) -> np.random.Generator:
        # The number of battles so far stands in for a state that outlives the process.
        return np.random.default_rng(
            None if self.seed is None else [self.seed, self._standing.battles]
        )

    def _prompt(self, fits: NDArray[np.int64], seen: Seen, rng: np.random.Generator) -> int:
        """One new to the voter if there is one, of those the one that was shown least."""
        order = rng.permutation(fits)
        known = seen.answers[order].any(axis=1)
        best = np.lexsort((self._standing.shown[order], known))[0]
        return int(order[best])

    def _pick(self, voter: str, prompt: int, i: int, j: int, rng: np.random.Generator) -> Pick:
        coin = i if rng.random() < 0.5 else j
        balanced = self._standing.other_way_round(i, j, voter)
        first = coin if balanced is None else balanced
        second = j if first == i else i
        question = self.pool.questions[prompt]
        text_a, text_b = (self.pool.texts[prompt][model] or "" for model in (first, second))
        body = {
            "answer_a": fingerprint(text_a),
            "answer_b": fingerprint(text_b),
            **style_fields(text_a, text_b),
            **({"group": question.group} if question.group else {}),
        }
        models = self.pool.models
        return Pick(question.id, models[first], models[second], body)

    def _shown(self, event: Event) -> Shown:
        found = self._standing.place(event)
        if found is None:
            raise VoteError(
                "gone", "the answers of this battle are not here any more.", hint="Ask for another."
            )
        prompt, i, j = found
        row = self.pool.texts[prompt]
        return Shown(event.battle, self.pool.questions[prompt].messages, row[i] or "", row[j] or "")


def _most_left(open_: NDArray[np.bool_], kind: NDArray[np.int32]) -> int:
    """An upper limit of the battles one voter can still see: two unlike unseen answers each."""
    return sum(_matching(kind[row][open_[row]]) for row in range(len(open_)))


def _matching(kinds: NDArray[np.int32]) -> int:
    """How many disjoint pairs of unlike texts there are at most."""
    if not len(kinds):
        return 0
    largest = int(np.bincount(kinds).max())
    return min(len(kinds) // 2, len(kinds) - largest)
