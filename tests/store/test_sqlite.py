"""The store keeps what it is given, from many writers at once."""

import math
import sqlite3
import threading

import pytest

from julja.errors import StoreError
from julja.store.codec import pack_sample
from julja.store.migrations import MIGRATIONS
from julja.store.rows import Outcome
from julja.store.sqlite import Store
from julja.types import (
    ChoiceLikelihood,
    Decoding,
    ErrorInfo,
    Message,
    Prompt,
    Request,
    Response,
    Sample,
    Score,
    Usage,
)

REQUEST = Request(
    "generate",
    Prompt((Message("system", "s"), Message("user", "2+2? \u2028 \x00"))),
    Decoding(16, 0.7, 0.9, ("\n",), 3),
    repeat=1,
)
RESPONSE = Response(
    text="4 <b>",
    reasoning="two and two",
    finish="stop",
    choices=(ChoiceLikelihood("A", -0.5, 1, True), ChoiceLikelihood("B", -math.inf)),
    usage=Usage(10, 2, 3, 1),
    seconds=0.25,
    attempts=2,
    model="m-1",
)
SAMPLE = Sample(
    "test-0", "2+2?", ("4", "four"), ("3", "4"), (1,), "p1", {"level": 1, "tags": ["x"]}
)
SCORE = Score({"acc": 1.0}, "scored", "4", (0, 1), "because", {"why": [1, 2]})


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "julja.db")
    yield opened
    opened.close()


def add(store: Store, run: str, sample: Sample = SAMPLE, key: str = "k", **more) -> Outcome:
    outcome = Outcome(run, "t", sample.id, 0, "src", key=key, input_tokens=10, output_tokens=2)
    store.add(outcome, sample=sample, exchange=("m", REQUEST, RESPONSE), **more)
    return outcome


def test_a_record_comes_back_whole(store):
    store.add_run("r1", "m", ["t"], "sig", {"a": 1})
    add(store, "r1", score=SCORE)
    store.flush()
    (record,) = store.records("r1")
    assert record.prompt == REQUEST.prompt
    assert record.response == RESPONSE
    assert record.score == SCORE
    assert record.state == "scored"
    assert record.target == ("4", "four")
    assert record.fields == {"level": 1, "tags": ["x"]}
    assert store.sample("src", "test-0") == SAMPLE
    assert store.exchange("k") == (REQUEST, RESPONSE)
    assert store.done("r1") == {("t", "test-0", 0)}


def test_a_failed_sample_is_not_done(store):
    store.add_run("r1", "m", ["t"], "sig", {})
    outcome = Outcome("r1", "t", "test-0", 0, "src", error=ErrorInfo("ProviderError", "no"))
    store.add(outcome, sample=SAMPLE)
    store.flush()
    (record,) = store.records("r1")
    assert (record.state, record.error, record.score) == (
        "error",
        ErrorInfo("ProviderError", "no"),
        None,
    )
    assert store.done("r1") == set()


def test_a_new_scoring_keeps_the_old_one(store):
    store.add_run("r1", "m", ["t"], "sig", {})
    outcome = add(store, "r1", score=SCORE)
    store.add_score(outcome, Score({"acc": 0.0}), 1)
    store.use_scoring("r1", 1)
    assert [row.values for row in store.score_rows("r1", 0)] == [{"acc": 1.0}]
    assert [row.values for row in store.score_rows("r1", 1)] == [{"acc": 0.0}]
    assert next(store.records("r1")).score == Score({"acc": 0.0})


def test_what_has_no_score_is_found(store):
    store.add_run("r1", "m", ["t"], "sig", {})
    add(store, "r1", score=SCORE)
    other = Sample("test-1", "?")
    add(store, "r1", other, key="k2")
    store.flush()
    assert [outcome.sample for outcome in store.unscored("r1", 0)] == ["test-1"]
    assert len(store.unscored("r1", 1)) == 2


def test_runs_are_found_by_a_start_of_their_id(store):
    for name in ("20260101-aaaa", "20260101-bbbb"):
        store.add_run(name, "m", ["t"], "sig", {})
    assert store.find_run("20260101-b").id == "20260101-bbbb"
    assert store.find_run("last").id == "20260101-bbbb"
    with pytest.raises(StoreError, match="fits 2 runs"):
        store.find_run("2026")
    with pytest.raises(StoreError, match="Did you mean 20260101-aaaa"):
        store.find_run("20260101-aaab")


def test_two_stores_write_one_file_at_once(tmp_path):
    path = tmp_path / "julja.db"
    stores = [Store(path), Store(path)]
    for number, store in enumerate(stores):
        store.add_run(f"r{number}", "m", ["t"], "sig", {})

    def fill(number: int) -> None:
        for row in range(300):
            sample = Sample(f"test-{row}", "?")
            add(stores[number], f"r{number}", sample, key=f"k{number}-{row}", score=SCORE)
        stores[number].flush()

    threads = [threading.Thread(target=fill, args=(n,)) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(stores[0].done(f"r{n}")) for n in (0, 1)] == [300, 300]
    for store in stores:
        store.close()


def test_a_newer_store_is_refused(tmp_path):
    path = tmp_path / "julja.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="newer julja"):
        Store(path)


def test_a_file_that_is_no_store_is_refused(tmp_path):
    path = tmp_path / "julja.db"
    path.write_text("this is a text file and not a database at all, however long it is\n" * 50)
    with pytest.raises(StoreError, match="cannot open the store"):
        Store(path)


def test_a_failed_write_is_told(store, tmp_path):
    store.add_run("r1", "m", ["t"], "sig", {})
    connection = sqlite3.connect(tmp_path / "julja.db")
    connection.execute("DROP TABLE records")
    connection.commit()
    connection.close()
    add(store, "r1")
    with pytest.raises(StoreError, match="no such table"):
        store.flush()
    with pytest.raises(StoreError):
        store.close()


def test_clusters_are_read_without_the_samples(store):
    store.add_run("r1", "m", ["t"], "sig", {})
    add(store, "r1", Sample("s1", "?", cluster="passage 1"), key="k1")
    add(store, "r1", Sample("s2", "?"), key="k2")
    add(store, "r1", Sample("s3", "?", cluster="a secret text", confidential=True), key="k3")
    store.flush()
    (source,) = store.sources("r1").values()
    found = store.clusters(source)
    assert found["s1"] == "passage 1" and "s2" not in found
    assert found["s3"] and "secret" not in found["s3"]
    assert {sample.cluster for sample in store.samples(source)} == {
        "passage 1",
        "a secret text",
        None,
    }


def test_an_older_store_gets_its_clusters_from_the_samples(tmp_path):
    path = tmp_path / "julja.db"
    connection = sqlite3.connect(path, isolation_level=None)
    for statements in MIGRATIONS[:3]:
        for statement in statements:
            connection.execute(statement)
    connection.execute("PRAGMA user_version = 3")
    for number, cluster in enumerate(("p1", None, "p1")):
        body = pack_sample(Sample(f"s{number}", "?" * 2000, cluster=cluster))
        connection.execute("INSERT INTO samples VALUES ('src', ?, ?)", (f"s{number}", body))
    connection.close()
    opened = Store(path)
    assert opened.clusters("src") == {"s0": "p1", "s2": "p1"}
    assert len(list(opened.samples("src"))) == 3
    opened.close()
