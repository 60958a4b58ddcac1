"""The store's schema as numbered steps; the number reached is in `PRAGMA user_version`.

`exchanges` is the response cache (request + response by key), `samples` the benchmark items that
runs used, `records` what became of each sample of a run, `scores` what scorers said of it: a new
scoring adds rows with a higher number and keeps the old ones. `judgements` has one row for each
answer of a judge to a question about a record. `votes` is the arena's log: rows are added to it
and never changed or taken away, which its triggers hold (see `arena/votes.py`).

A sample's `cluster` stands beside its body so that a comparison of many samples unpacks none.
"""

import sqlite3

from julja.store import codec

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            created REAL NOT NULL,
            finished REAL,
            status TEXT NOT NULL,
            model TEXT NOT NULL,
            tasks TEXT NOT NULL,
            signature TEXT NOT NULL,
            config TEXT NOT NULL,
            scoring INTEGER NOT NULL DEFAULT 0,
            seconds REAL NOT NULL DEFAULT 0,
            result BLOB
        )""",
        """CREATE TABLE exchanges (
            key TEXT PRIMARY KEY,
            model TEXT NOT NULL,
            created REAL NOT NULL,
            body BLOB NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE samples (
            source TEXT NOT NULL,
            id TEXT NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (source, id)
        ) WITHOUT ROWID""",
        """CREATE TABLE records (
            run TEXT NOT NULL REFERENCES runs (id),
            task TEXT NOT NULL,
            sample TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            source TEXT NOT NULL,
            key TEXT,
            cached INTEGER NOT NULL DEFAULT 0,
            error TEXT,
            message TEXT,
            input_tokens INTEGER,
            output_tokens INTEGER,
            cost_usd REAL,
            seconds REAL,
            created REAL NOT NULL,
            PRIMARY KEY (run, task, sample, epoch)
        ) WITHOUT ROWID""",
        """CREATE TABLE scores (
            run TEXT NOT NULL,
            scoring INTEGER NOT NULL,
            task TEXT NOT NULL,
            sample TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            state TEXT NOT NULL,
            vals TEXT NOT NULL,
            body BLOB,
            PRIMARY KEY (run, scoring, task, sample, epoch)
        ) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE judgements (
            run TEXT NOT NULL,
            scoring INTEGER NOT NULL,
            task TEXT NOT NULL,
            sample TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            judge TEXT NOT NULL,
            question INTEGER NOT NULL,
            repeat INTEGER NOT NULL,
            part TEXT NOT NULL,
            first TEXT,
            key TEXT,
            cached INTEGER NOT NULL DEFAULT 0,
            verdict TEXT,
            value REAL,
            spread REAL,
            error TEXT,
            message TEXT,
            input_tokens INTEGER,
            output_tokens INTEGER,
            cost_usd REAL,
            seconds REAL,
            PRIMARY KEY (run, scoring, task, sample, epoch, judge, question, repeat)
        ) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE votes (
            seq INTEGER PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('voter', 'battle', 'vote', 'skip', 'reveal')),
            time REAL NOT NULL,
            voter TEXT NOT NULL,
            battle TEXT,
            prompt TEXT,
            model_a TEXT,
            model_b TEXT,
            verdict TEXT CHECK (verdict IN ('A>>B', 'A>B', 'A=B', 'B>A', 'B>>A', 'bothbad')),
            after_reveal INTEGER,
            body TEXT NOT NULL,
            chain BLOB NOT NULL
        )""",
        "CREATE UNIQUE INDEX votes_voter ON votes (voter) WHERE kind = 'voter'",
        "CREATE UNIQUE INDEX votes_battle ON votes (battle) WHERE kind = 'battle'",
        "CREATE INDEX votes_by_voter ON votes (voter, kind, seq)",
        "CREATE INDEX votes_by_battle ON votes (battle, kind, seq)",
        """CREATE TRIGGER votes_no_update BEFORE UPDATE ON votes
            BEGIN SELECT RAISE(ABORT, 'votes are never changed'); END""",
        """CREATE TRIGGER votes_no_delete BEFORE DELETE ON votes
            BEGIN SELECT RAISE(ABORT, 'votes are never deleted'); END""",
        # INSERT OR REPLACE takes rows away without asking the trigger above.
        """CREATE TRIGGER votes_no_replace BEFORE INSERT ON votes
            WHEN EXISTS (SELECT 1 FROM votes WHERE seq = NEW.seq)
                OR NEW.kind = 'voter' AND EXISTS
                    (SELECT 1 FROM votes WHERE kind = 'voter' AND voter = NEW.voter)
                OR NEW.kind = 'battle' AND EXISTS
                    (SELECT 1 FROM votes WHERE kind = 'battle' AND battle = NEW.battle)
            BEGIN SELECT RAISE(ABORT, 'votes are never replaced'); END""",
    ),
    (
        "ALTER TABLE samples ADD COLUMN cluster TEXT",
        "UPDATE samples SET cluster = julja_cluster(body)",
        # A covering index: reading clusters touches no body, however long that is.
        "CREATE INDEX samples_clustered ON samples (source, cluster) WHERE cluster IS NOT NULL",
    ),
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to the newest schema, each step in one transaction."""
    connection.create_function("julja_cluster", 1, _cluster_of, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _cluster_of(body: bytes) -> str | None:
    return codec.cluster_key(codec.unpack_sample(body))
