"""The store: one SQLite file in WAL mode that any number of runs write to at once.

What a run learns is durable the moment it arrives: a writer thread commits whatever waits, with
`synchronous=FULL`, as soon as the previous commit is on disk. One commit carries all that came
meanwhile, so thousands of responses a second cost tens of commits.
"""

import json
import queue
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from julja.errors import StoreError, did_you_mean
from julja.store import codec
from julja.store.migrations import MIGRATIONS, migrate
from julja.store.rows import Asked, Judgement, Outcome, RunRow, RunStatus, ScoreRow, Spent
from julja.types import ErrorInfo, Json, Record, Request, Response, Sample, Score, State

Statement: TypeAlias = tuple[str, tuple[Any, ...]]

LOCK_S = 60.0
_MOST_KNOWN = 10_000

_EXCHANGE = "INSERT OR IGNORE INTO exchanges VALUES (?, ?, ?, ?)"
_SAMPLE = "INSERT OR IGNORE INTO samples VALUES (?, ?, ?, ?)"
_RECORD = "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SCORE = "INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_JUDGEMENT_FIELDS = tuple(item.name for item in fields(Judgement))
_JUDGEMENT = (
    f"INSERT OR REPLACE INTO judgements (run, scoring, {', '.join(_JUDGEMENT_FIELDS)})"
    f" VALUES ({', '.join('?' * (len(_JUDGEMENT_FIELDS) + 2))})"
)


class Store:
    """Reads from any thread of its own connection; writes go through one writer thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._queue: queue.SimpleQueue[Statement | threading.Event | None] = queue.SimpleQueue()
        self._failure: BaseException | None = None
        self._writer: threading.Thread | None = None
        self._start = threading.Lock()
        self._check()

    # Connections

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=LOCK_S, isolation_level=None)
            _use_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            self._local.connection = connection
        return connection

    def _check(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > len(MIGRATIONS):
                raise StoreError(
                    f"{self.path} was written by a newer julja (schema {version}).",
                    hint="Upgrade julja, or name another store with --store.",
                )
            if version < len(MIGRATIONS):
                migrate(connection)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"cannot open the store {self.path}: {error}.",
                hint="Name another place with --store or JULJA_STORE.",
            ) from error

    # Writing

    def _put(self, *statements: Statement) -> None:
        if self._failure is not None:
            raise StoreError(
                f"writing to {self.path} failed: {self._failure}.",
                hint="Free disk space or name another store; then `julja resume`.",
            ) from self._failure
        if self._writer is None:
            with self._start:
                if self._writer is None:
                    self._writer = threading.Thread(target=self._write, daemon=True)
                    self._writer.start()
        for statement in statements:
            self._queue.put(statement)

    def _write(self) -> None:
        connection = self._connect()
        while True:
            batch = [self._queue.get()]
            while not self._queue.empty() and len(batch) < 5000:
                batch.append(self._queue.get())
            waiting = [item for item in batch if isinstance(item, threading.Event)]
            try:
                if self._failure is None:
                    self._commit(connection, batch)
            except BaseException as error:
                self._failure = error
            for event in waiting:
                event.set()
            if any(item is None for item in batch):
                connection.close()
                return

    @staticmethod
    def _commit(
        connection: sqlite3.Connection, batch: Sequence[Statement | threading.Event | None]
    ) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for item in batch:
                if isinstance(item, tuple):
                    connection.execute(*item)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    def flush(self) -> None:
        """Wait until everything put so far is on disk."""
        if self._writer is None:
            return
        event = threading.Event()
        self._queue.put(event)
        event.wait()
        self._put()

    def close(self) -> None:
        """Write what waits and let go of the file."""
        writer = self._writer
        if writer is not None:
            self._queue.put(None)
            writer.join()
            self._writer = None
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise StoreError(f"writing to {self.path} failed: {failure}.") from failure

    # Runs

    def add_run(
        self, run: str, model: str, tasks: Sequence[str], signature: str, config: Mapping[str, Json]
    ) -> None:
        """Enter a new run; it counts as running until `set_status`."""
        self._put(
            (
                "INSERT INTO runs (id, created, status, model, tasks, signature, config)"
                " VALUES (?, ?, 'running', ?, ?, ?, ?)",
                (run, time.time(), model, json.dumps(list(tasks)), signature, json.dumps(config)),
            )
        )
        self.flush()

    def set_status(self, run: str, status: RunStatus, seconds: float = 0.0) -> None:
        """Say how a run stands; `seconds` are added to its working time."""
        self._put(
            (
                "UPDATE runs SET status = ?, finished = ?, seconds = seconds + ? WHERE id = ?",
                (status, time.time() if status != "running" else None, seconds, run),
            )
        )
        self.flush()

    def discard(self, run: str) -> None:
        """Take a run out again whose answers were entered from outside and broke off midway."""
        of_run = "SELECT key FROM records WHERE run = ?"
        self._put(
            (f"DELETE FROM exchanges WHERE key IN ({of_run})", (run,)),
            ("DELETE FROM scores WHERE run = ?", (run,)),
            ("DELETE FROM records WHERE run = ?", (run,)),
            ("DELETE FROM runs WHERE id = ?", (run,)),
        )
        self.flush()

    def set_config(self, run: str, config: Mapping[str, Json]) -> None:
        """Replace a run's configuration (a resumed run may have a larger budget)."""
        self._put(("UPDATE runs SET config = ? WHERE id = ?", (json.dumps(config), run)))

    def set_signature(self, run: str, signature: str) -> None:
        """Replace a run's signature: it is scored by other judges now."""
        self._put(("UPDATE runs SET signature = ? WHERE id = ?", (signature, run)))

    def set_result(self, run: str, result: Json) -> None:
        """Keep the finished result, so that showing a run computes nothing again."""
        self._put(("UPDATE runs SET result = ? WHERE id = ?", (codec.pack(result), run)))
        self.flush()

    def result(self, run: str) -> Json | None:
        """The result kept by `set_result`."""
        row = self._one("SELECT result FROM runs WHERE id = ?", (run,))
        return codec.unpack(row[0]) if row and row[0] else None

    def runs(self) -> list[RunRow]:
        """All runs, newest first."""
        return [self._run_row(row) for row in self._all(_RUN + " ORDER BY created DESC", ())]

    def find_run(self, name: str) -> RunRow:
        """A run by its id, an unambiguous start of it, or `last`."""
        if name == "last":
            rows = self._all(_RUN + " ORDER BY created DESC LIMIT 1", ())
        else:
            rows = self._all(_RUN + " WHERE id = ?", (name,)) or self._all(
                _RUN + " WHERE substr(id, 1, ?) = ?", (len(name), name)
            )
        if len(rows) == 1:
            return self._run_row(rows[0])
        known = [run.id for run in self.runs()]
        if rows:
            raise StoreError(f"{name!r} fits {len(rows)} runs: {', '.join(r[0] for r in rows)}.")
        raise StoreError(
            f"there is no run {name!r} in {self.path}.",
            hint=did_you_mean(name, known) or "`julja list runs` shows what is there.",
        )

    @staticmethod
    def _run_row(row: Sequence[Any]) -> RunRow:
        return RunRow(
            id=row[0],
            created=row[1],
            finished=row[2],
            status=row[3],
            model=row[4],
            tasks=tuple(json.loads(row[5])),
            signature=row[6],
            config=json.loads(row[7]),
            scoring=row[8],
            seconds=row[9],
        )

    # Records

    def add(
        self,
        outcome: Outcome,
        *,
        sample: Sample | None = None,
        exchange: tuple[str, Request, Response] | None = None,
        score: Score | None = None,
        scoring: int = 0,
    ) -> None:
        """Write what is known of a sample: its record, and its exchange and score where given.

        `exchange` is (model name, request, response), stored under `outcome.key`.
        """
        now = time.time()
        sealed = sample is not None and sample.confidential
        statements: list[Statement] = []
        if sample is not None:
            body = codec.pack_sample(sample)
            cluster = codec.cluster_key(sample)
            statements.append((_SAMPLE, (outcome.source, outcome.sample, body, cluster)))
        if exchange is not None and outcome.key is not None:
            model, request, response = exchange
            body = codec.pack_exchange(request, response, sealed=sealed)
            statements.append((_EXCHANGE, (outcome.key, model, now, body)))
        error = outcome.error
        statements.append(
            (
                _RECORD,
                (
                    outcome.run,
                    outcome.task,
                    outcome.sample,
                    outcome.epoch,
                    outcome.source,
                    outcome.key,
                    int(outcome.cached),
                    error.kind if error else None,
                    error.message if error else None,
                    outcome.input_tokens,
                    outcome.output_tokens,
                    outcome.cost_usd,
                    outcome.seconds,
                    now,
                ),
            )
        )
        if score is not None:
            statements.append(self._score_statement(outcome, score, scoring, sealed))
        self._put(*statements)

    def add_score(
        self, outcome: Outcome, score: Score, scoring: int, *, sealed: bool = False
    ) -> None:
        """Write one score under a scoring number."""
        self._put(self._score_statement(outcome, score, scoring, sealed))

    def add_exchange(
        self, key: str, model: str, request: Request, response: Response, *, sealed: bool = False
    ) -> None:
        """Write a response that is no sample's last answer: an earlier turn, a judge's verdict."""
        body = codec.pack_exchange(request, response, sealed=sealed)
        self._put((_EXCHANGE, (key, model, time.time(), body)))

    def add_judgements(self, run: str, scoring: int, judgements: Sequence[Judgement]) -> None:
        """Write what judges said of a record."""
        for item in judgements:
            values = tuple(getattr(item, name) for name in _JUDGEMENT_FIELDS)
            self._put((_JUDGEMENT, (run, scoring, *values)))

    def judgements(
        self, run: str, scoring: int, *, task: str | None = None, sample: str | None = None
    ) -> Iterator[Judgement]:
        """Every answer of a judge in one scoring of a run, or to one task or sample of it."""
        names = ", ".join(_JUDGEMENT_FIELDS)
        query = (
            f"SELECT {names} FROM judgements WHERE run = ? AND scoring = ?"
            " AND (? IS NULL OR task = ?) AND (? IS NULL OR sample = ?)"
        )
        for row in self._all(query, (run, scoring, task, task, sample, sample)):
            item = Judgement(*row)
            yield replace(item, cached=bool(item.cached))

    @staticmethod
    def _score_statement(outcome: Outcome, score: Score, scoring: int, sealed: bool) -> Statement:
        values = orjson.dumps(score.values).decode()
        key = (outcome.run, scoring, outcome.task, outcome.sample, outcome.epoch)
        return (_SCORE, (*key, score.state, values, codec.pack_score(score, sealed=sealed)))

    def use_scoring(self, run: str, scoring: int) -> None:
        """Make a scoring the one that `show`, `compare` and `export` read."""
        self._put(
            ("UPDATE runs SET scoring = ?, result = NULL WHERE id = ?", (scoring, run)),
        )
        self.flush()

    def done(self, run: str) -> set[tuple[str, str, int]]:
        """(task, sample, epoch) of every record of a run that has a response."""
        query = "SELECT task, sample, epoch FROM records WHERE run = ? AND key IS NOT NULL"
        return {(task, sample, epoch) for task, sample, epoch in self._all(query, (run,))}

    def outcomes(self, run: str) -> Iterator[Outcome]:
        """Every record of a run, without texts."""
        for row in self._all("SELECT * FROM records WHERE run = ?", (run,)):
            yield _outcome(row)

    def spent(self, run: str) -> list[Spent]:
        """What the answered records of a run used, summed by task."""
        query = (
            "SELECT task, COUNT(*), SUM(cached), TOTAL(input_tokens), TOTAL(output_tokens),"
            " SUM(cost_usd), TOTAL(seconds) FROM records WHERE run = ? AND error IS NULL"
            " GROUP BY task"
        )
        return [
            Spent(task, count - cached, cached, int(tokens_in), int(tokens_out), cost, seconds)
            for task, count, cached, tokens_in, tokens_out, cost, seconds in self._all(
                query, (run,)
            )
        ]

    def asked(self, run: str) -> list[Asked]:
        """What the model was really asked, summed by task."""
        query = (
            "SELECT task, COUNT(*), TOTAL(input_tokens), TOTAL(output_tokens),"
            " SUM(input_tokens IS NULL AND output_tokens IS NULL), TOTAL(seconds) FROM records"
            " WHERE run = ? AND error IS NULL AND cached = 0 GROUP BY task"
        )
        return [
            Asked(task, count, int(read), int(written), unknown, seconds)
            for task, count, read, written, unknown, seconds in self._all(query, (run,))
        ]

    def failed(self, run: str) -> list[tuple[str, str]]:
        """(task, sample) of every record of a run that is an error."""
        query = "SELECT task, sample FROM records WHERE run = ? AND error IS NOT NULL"
        return self._all(query, (run,))

    def unscored(self, run: str, scoring: int, *, again: bool = False) -> list[Outcome]:
        """Records that have a response but no score in this scoring.

        With `again`, those too whose scoring was an error: judges are asked again for them.
        """
        lost = " AND s.state <> 'error'" if again else ""
        query = (
            "SELECT * FROM records r WHERE run = ? AND key IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM scores s WHERE s.run = r.run AND s.scoring = ? AND s.task = r.task"
            f" AND s.sample = r.sample AND s.epoch = r.epoch{lost})"
        )
        return [_outcome(row) for row in self._all(query, (run, scoring))]

    def score_rows(self, run: str, scoring: int) -> Iterator[ScoreRow]:
        """The values that estimates are made of."""
        known: dict[str, Mapping[str, float]] = {}
        for task, sample, epoch, state, text in self.score_texts(run, scoring):
            # Most samples have one of few values: 0 or 1. What never repeats is not kept.
            values = known.get(text)
            if values is None:
                values = orjson.loads(text)
                if len(known) < _MOST_KNOWN:
                    known[text] = values
            yield ScoreRow(task, sample, epoch, state, values)

    def score_texts(self, run: str, scoring: int) -> list[tuple[str, str, int, State, str]]:
        """(task, sample, epoch, state, values as JSON text) of every score, in that order.

        Faster than `score_rows` where equal texts need to be read once only.
        """
        query = "SELECT task, sample, epoch, state, vals FROM scores WHERE run = ? AND scoring = ?"
        return self._all(query, (run, scoring))

    def score_details(
        self, run: str, scoring: int, task: str
    ) -> Iterator[tuple[str, Mapping[str, Json]]]:
        """(sample, details) of every score of one part of a run, epoch by epoch."""
        query = (
            "SELECT sample, body FROM scores WHERE run = ? AND scoring = ? AND task = ?"
            " ORDER BY sample, epoch"
        )
        for sample, body in self._connect().execute(query, (run, scoring, task)):
            yield sample, codec.unpack_score(body).details if body else {}

    def sources(self, run: str) -> dict[str, str]:
        """The hash of the data that each part of a run was asked from, by the part's name."""
        query = "SELECT DISTINCT task, source FROM records WHERE run = ?"
        return dict(self._all(query, (run,)))

    def clusters(self, source: str) -> dict[str, str]:
        """What samples of a source share, by sample; those on their own are left out."""
        query = "SELECT id, cluster FROM samples WHERE source = ? AND cluster IS NOT NULL"
        return dict(self._all(query, (source,)))

    def samples(self, source: str) -> Iterator[Sample]:
        """Every sample of a source that a run used."""
        query = "SELECT body FROM samples WHERE source = ?"
        for (body,) in self._connect().execute(query, (source,)):
            yield codec.unpack_sample(body)

    def item_means(
        self, run: str, scoring: int, task: str, key: str
    ) -> dict[tuple[str, str], float]:
        """One value of a task's scores, its mean over epochs, by (part, sample), in that order.

        A part is the task itself, or `task/subset`. Samples without the value are left out.
        """
        query = (
            "SELECT task, sample, vals FROM scores"
            " WHERE run = ? AND scoring = ? AND task BETWEEN ? AND ? ORDER BY task, sample"
        )
        rows = self._all(query, (run, scoring, task, f"{task}/\uffff"))
        within = f"{task}/"
        parts = {part for part, _, _ in rows}
        if any(part != task and not part.startswith(within) for part in parts):
            rows = [row for row in rows if row[0] == task or row[0].startswith(within)]
        # Few texts are distinct: most of a hundred thousand scores are one of two.
        known = {text: orjson.loads(text).get(key) for text in {row[2] for row in rows}}
        found = {(p, sample): known[t] for p, sample, t in rows if known[t] is not None}
        if len(found) < sum(known[text] is not None for _, _, text in rows):
            epochs: dict[tuple[str, str], list[float]] = {}
            for part, sample, text in rows:
                if known[text] is not None:
                    epochs.setdefault((part, sample), []).append(known[text])
            found = {place: sum(values) / len(values) for place, values in epochs.items()}
        return found

    def exchange(self, key: str) -> tuple[Request, Response] | None:
        """A cached request and response."""
        row = self._one("SELECT body FROM exchanges WHERE key = ?", (key,))
        return codec.unpack_exchange(row[0]) if row else None

    def has_exchanges(self, model: str) -> bool:
        """True when the cache can hold an answer of this model at all."""
        return self._one("SELECT 1 FROM exchanges WHERE model = ? LIMIT 1", (model,)) is not None

    def sample(self, source: str, sample: str) -> Sample | None:
        """A sample as a run used it."""
        row = self._one("SELECT body FROM samples WHERE source = ? AND id = ?", (source, sample))
        return codec.unpack_sample(row[0]) if row else None

    def records(
        self, run: str, *, task: str | None = None, sample: str | None = None
    ) -> Iterator[Record]:
        """Whole records of a run in (task, sample, epoch) order, one at a time."""
        info = self.find_run(run)
        # Conditions of their own: `? IS NULL OR …` would keep SQLite from looking a record up.
        given = {"task": task, "sample": sample}
        wanted = {name: value for name, value in given.items() if value is not None}
        query = (
            "SELECT r.*, e.body, s.body, p.body FROM records r"
            " LEFT JOIN exchanges e ON e.key = r.key"
            " LEFT JOIN scores s ON s.run = r.run AND s.scoring = ? AND s.task = r.task"
            " AND s.sample = r.sample AND s.epoch = r.epoch"
            " LEFT JOIN samples p ON p.source = r.source AND p.id = r.sample"
            f" WHERE r.run = ?{''.join(f' AND r.{name} = ?' for name in wanted)}"
            " ORDER BY r.task, r.sample, r.epoch"
        )
        arguments = (info.scoring, info.id, *wanted.values())
        for row in self._connect().execute(query, arguments):
            yield _record(row)

    # Reading

    @property
    def backlog(self) -> int:
        """How many writes wait for the disk: a run slows down when it grows."""
        return self._queue.qsize()

    def _all(self, query: str, arguments: tuple[Any, ...]) -> list[Any]:
        return self._connect().execute(query, arguments).fetchall()

    def _one(self, query: str, arguments: tuple[Any, ...]) -> Any:
        return self._connect().execute(query, arguments).fetchone()


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL; unlike other statements, this one does not wait for a lock by itself."""
    deadline = time.monotonic() + LOCK_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


_RUN = (
    "SELECT id, created, finished, status, model, tasks, signature, config, scoring, seconds"
    " FROM runs"
)


def _outcome(row: Sequence[Any]) -> Outcome:
    return Outcome(
        run=row[0],
        task=row[1],
        sample=row[2],
        epoch=row[3],
        source=row[4],
        key=row[5],
        cached=bool(row[6]),
        error=ErrorInfo(row[7], row[8]) if row[7] else None,
        input_tokens=row[9],
        output_tokens=row[10],
        cost_usd=row[11],
        seconds=row[12],
    )


def _record(row: Sequence[Any]) -> Record:
    outcome = _outcome(row)
    exchange, score_body, sample_body = row[14:17]
    request, response = codec.unpack_exchange(exchange) if exchange else (None, None)
    score = codec.unpack_score(score_body) if score_body else None
    sample = codec.unpack_sample(sample_body) if sample_body else None
    state: State = score.state if score else "error" if outcome.error else "skipped"
    return Record(
        run=outcome.run,
        task=outcome.task,
        sample=outcome.sample,
        epoch=outcome.epoch,
        state=state,
        prompt=request.prompt if request else None,
        response=response,
        score=score,
        target=sample.target if sample else (),
        error=outcome.error,
        cached=outcome.cached,
        cost_usd=outcome.cost_usd,
        fields=sample.fields if sample else {},
        contexts=request.contexts if request else (),
        confidential=sample.confidential if sample else False,
    )
