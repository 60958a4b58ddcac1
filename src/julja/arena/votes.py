"""The arena's log: who was shown which battle, and what they said of it.

It is a table of the store (`votes`) that is only ever added to: triggers refuse to change or
delete a row, each row carries the hash of the one before it, and each is on disk before anything
is told to the voter. Several processes may write to it at once.

A voter has one current vote in a battle. It is the last one that was given before the names were
told; what was said afterwards is kept, marked, and counted only on request.
"""

import hashlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import orjson

from julja.arena.battles import VERDICTS, Verdict
from julja.errors import StoreError
from julja.store.sqlite import LOCK_S, Store
from julja.types import Json

Kind: TypeAlias = Literal["voter", "battle", "vote", "skip", "reveal"]
# What a verdict is worth to A: a tie is half a win, and so is "both are bad".
WORTH: Mapping[Verdict, float] = dict(zip(VERDICTS, (1.0, 1.0, 0.5, 0.0, 0.0, 0.5), strict=True))
_FIELDS = "seq, kind, time, voter, battle, prompt, model_a, model_b, verdict, after_reveal, body"


class VoteError(StoreError):
    """A vote that can't be taken: no such battle for this voter, or one that was passed over.

    `code` says which, for programs: `unknown_battle`, `skipped`, `voted`, `not_voted`.
    """

    def __init__(self, code: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the log. A vote repeats its battle's prompt and models; A was shown first.

    `after_reveal` is true of a vote that changes an earlier one after its voter was told the names.
    """

    seq: int
    kind: Kind
    time: float
    voter: str
    battle: str = ""
    prompt: str = ""
    model_a: str = ""
    model_b: str = ""
    verdict: Verdict | None = None
    after_reveal: bool = False
    body: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pick:
    """What to show a voter: two models' answers to a prompt, A first; `body` is kept with it."""

    prompt: str
    model_a: str
    model_b: str
    body: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cast:
    """What became of a vote. `current` is the one that counts from now on.

    `is_new` is false where the verdict says again what was said last; `counts` is false where it
    came after the names were told, so that the earlier vote stays the current one.
    """

    battle: Event
    current: Event
    is_new: bool
    counts: bool


def new_token() -> str:
    """A voter's secret, as the terminal and the API hold it."""
    return secrets.token_urlsafe(32)


def voter_of(token: str) -> str:
    """The public name of the voter who holds a token; the token can't be had from it."""
    return "v-" + hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:20]


class VoteLog:
    """Reads and writes the log of one store; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Opening the store brings the file to the newest schema, and says what is wrong with it.
        Store(path).close()
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=LOCK_S, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA synchronous = FULL")

    def close(self) -> None:
        """Let go of the file; everything written is on disk already."""
        with self._lock:
            self._connection.close()

    # Writing

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """One writer at a time, over all processes; on disk when it ends."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    self._connection.execute("COMMIT")
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
            except (sqlite3.Error, OSError) as error:
                raise StoreError(
                    f"the vote could not be written to {self.path}: {error}.",
                    hint="Free disk space or name another store with --store, and vote again.",
                ) from error

    def _add(self, kind: Kind, voter: str, **values: Any) -> Event:
        last = self._connection.execute(
            "SELECT seq, chain FROM votes ORDER BY seq DESC LIMIT 1"
        ).fetchone() or (0, b"")
        event = Event(last[0] + 1, kind, time.time(), voter, **values)
        row = _row(event)
        self._connection.execute(
            f"INSERT INTO votes ({_FIELDS}, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, _link(last[1], row)),
        )
        return event

    def register(self, token: str) -> str:
        """Make a token's holder known as a voter (again, if need be); returns the voter's name."""
        voter = voter_of(token)
        if not self.knows(voter):
            with self._transaction():
                if not self.knows(voter):
                    self._add("voter", voter)
        return voter

    def serve(self, voter: str, choose: Callable[[], Pick | Event | None]) -> Event | None:
        """Enter a new battle for a voter, under a random id; None where `choose` finds none.

        `choose` runs while nobody else can write: what it reads of the log stays true. It may give
        back a battle that was served before.
        """
        with self._transaction():
            pick = choose()
            if not isinstance(pick, Pick):
                return pick
            return self._add(
                "battle",
                voter,
                battle="b-" + secrets.token_urlsafe(18),
                prompt=pick.prompt,
                model_a=pick.model_a,
                model_b=pick.model_b,
                body=pick.body,
            )

    def vote(self, voter: str, battle: str, verdict: Verdict, *, reveal: bool = True) -> Cast:
        """Take a vote; with `reveal`, enter that its voter is told the names now.

        The same verdict again adds nothing. Another one replaces it as the current vote as long as
        the names are not told; later it is entered as `after_reveal`.
        """
        with self._transaction():
            shown = self._battle(voter, battle)
            if self._has("skip", battle):
                raise VoteError("skipped", "this battle was skipped: it takes no vote any more.")
            last, current = self._last_votes(battle)
            is_new = last is None or last.verdict != verdict
            if is_new:
                late = self._has("reveal", battle)
                vote = self._add_vote(shown, verdict, late)
                current = current if late else vote
            assert current is not None  # the first vote always comes before the names
            if reveal and not self._has("reveal", battle):
                self._add("reveal", voter, battle=battle)
        return Cast(shown, current, is_new, current.verdict == verdict)

    def _add_vote(self, shown: Event, verdict: Verdict, late: bool) -> Event:
        return self._add(
            "vote",
            shown.voter,
            battle=shown.battle,
            prompt=shown.prompt,
            model_a=shown.model_a,
            model_b=shown.model_b,
            verdict=verdict,
            after_reveal=late,
            body={**shown.body, "seconds": round(max(0.0, time.time() - shown.time), 3)},
        )

    def skip(self, voter: str, battle: str) -> None:
        """Pass a battle over: it is not shown to this voter again, and takes no vote."""
        with self._transaction():
            self._battle(voter, battle)
            if self._last_votes(battle)[0] is not None:
                raise VoteError("voted", "this battle has a vote: it can't be skipped any more.")
            if not self._has("skip", battle):
                self._add("skip", voter, battle=battle)

    def reveal(self, voter: str, battle: str) -> Event:
        """The battle with its names, for a voter who has voted in it."""
        with self._transaction():
            shown = self._battle(voter, battle)
            if self._last_votes(battle)[0] is None:
                raise VoteError(
                    "not_voted", "the names are told after the vote.", hint="Vote first."
                )
            if not self._has("reveal", battle):
                self._add("reveal", voter, battle=battle)
        return shown

    # Reading

    def knows(self, voter: str) -> bool:
        """True for a voter who was registered."""
        found = self._all("kind = 'voter' AND voter = ?", (voter,))
        return bool(found)

    def battle(self, voter: str, battle: str) -> tuple[Event, Event | None, bool]:
        """A battle of this voter, their current vote in it, and whether they know the names.

        Raises `VoteError` for an id that is not theirs, whether or not it is somebody else's.
        """
        with self._lock:
            shown = self._battle(voter, battle)
            return shown, self._last_votes(battle)[1], self._has("reveal", battle)

    def of_voter(self, voter: str) -> list[Event]:
        """All rows of one voter, oldest first."""
        return self._all("voter = ?", (voter,))

    def since(self, seq: int) -> list[Event]:
        """All rows after a number, oldest first."""
        return self._all("seq > ?", (seq,))

    def count(self, kind: Kind) -> int:
        """How many rows of a kind there are."""
        with self._lock:
            query = "SELECT COUNT(*) FROM votes WHERE kind = ?"
            (found,) = self._connection.execute(query, (kind,)).fetchone()
        return int(found)

    def verify(self) -> int | None:
        """The number of the first row that was tampered with; None: the chain of hashes holds."""
        before = b""
        with self._lock:
            rows = self._connection.execute(f"SELECT {_FIELDS}, chain FROM votes ORDER BY seq")
            for place, (*row, chain) in enumerate(rows, start=1):
                if row[0] != place or chain != _link(before, tuple(row)):
                    return place
                before = chain
        return None

    def _battle(self, voter: str, battle: str) -> Event:
        found = self._all("kind = 'battle' AND battle = ? AND voter = ?", (battle, voter))
        if not found:
            raise VoteError("unknown_battle", "there is no such battle for this voter.")
        return found[0]

    def _has(self, kind: Kind, battle: str) -> bool:
        return bool(self._all("kind = ? AND battle = ?", (kind, battle)))

    def _last_votes(self, battle: str) -> tuple[Event | None, Event | None]:
        """The last vote of a battle, and its current one: the last before the names were told."""
        votes = self._all("kind = 'vote' AND battle = ?", (battle,))
        current = [vote for vote in votes if not vote.after_reveal]
        return (votes[-1] if votes else None), (current[-1] if current else None)

    def _all(self, where: str, values: tuple[Any, ...]) -> list[Event]:
        with self._lock:
            query = f"SELECT {_FIELDS} FROM votes WHERE {where} ORDER BY seq"
            return [_event(row) for row in self._connection.execute(query, values)]


def _row(event: Event) -> tuple[Any, ...]:
    """An event as the table holds it: what does not apply is NULL."""
    body = orjson.dumps(event.body, option=orjson.OPT_SORT_KEYS).decode()
    texts = (event.battle, event.prompt, event.model_a, event.model_b, event.verdict)
    late = int(event.after_reveal) if event.kind == "vote" else None
    return (
        event.seq,
        event.kind,
        event.time,
        event.voter,
        *(text or None for text in texts),
        late,
        body,
    )


def _event(row: tuple[Any, ...]) -> Event:
    seq, kind, at, voter, battle, prompt, model_a, model_b, verdict, late, body = row
    return Event(
        seq,
        kind,
        at,
        voter,
        battle or "",
        prompt or "",
        model_a or "",
        model_b or "",
        verdict,
        bool(late),
        orjson.loads(body),
    )


def _link(before: bytes, row: tuple[Any, ...]) -> bytes:
    """The hash that ties a row to all rows before it."""
    return hashlib.sha256(before + orjson.dumps(row)).digest()
