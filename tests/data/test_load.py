"""How files are found in a mirror, adapted and hashed; which hub files hold which split."""

import gzip
import zipfile
from pathlib import Path

import pytest

from julja.data.layout import choose
from julja.data.load import load
from julja.errors import DataError, MissingDataError
from julja.places import cache_dir
from julja.types import Source

ROW = '{"b": 1, "a": "x"}\n'


def test_packed_and_spaced_otherwise_the_hash_is_the_same(tmp_path: Path) -> None:
    source = Source("test", files=("data/test.jsonl",))
    for name in ("plain", "gz", "zip"):
        (tmp_path / name / "sums" / "data").mkdir(parents=True)
    (tmp_path / "plain/sums/data/test.jsonl").write_text(ROW)
    packed = gzip.compress(b'{"a":"x","b":1}')
    (tmp_path / "gz/sums/data/test.jsonl.gz").write_bytes(packed)
    with zipfile.ZipFile(tmp_path / "zip/sums/all.zip", "w") as archive:
        archive.writestr("sums-main/data/test.jsonl", ROW)
    found = [load(source, benchmark="sums", mirror=tmp_path / n) for n in ("plain", "gz", "zip")]
    assert {rows.sha256 for rows in found} == {
        "b9726bbcdf05823038cfdf7612b50329709a519a5da6f1ac21671f6b5dd31dc2"
    }
    assert found[2].origin == f"mirror {tmp_path}/zip/sums/all.zip!sums-main/data/test.jsonl"


def refuse(rows):
    raise DataError("row 1: the answer is 9.", hint="Get it again.")


@pytest.mark.parametrize(
    ("adapt", "says"),
    [
        (refuse, r"sums/test\.jsonl, row 1: the answer is 9\."),
        (lambda rows: [row["c"] for row in rows], r"sums/test\.jsonl: .*laid out.*KeyError: 'c'"),
        (lambda rows: [], r"sums/test\.jsonl: there are no rows"),
        (lambda rows: ["b"], r"sums/test\.jsonl: the content is no list of rows"),
    ],
)
def test_what_a_reader_objects_to_is_told_with_the_file(adapt, says, tmp_path: Path) -> None:
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums" / "test.jsonl").write_text(ROW)
    source = Source("test", files=("test.jsonl",), adapt=adapt)
    with pytest.raises(DataError, match=says):
        load(source, benchmark="sums", mirror=tmp_path)


def test_subset_glob_columns_and_adapt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "quiz").mkdir()
    (tmp_path / "quiz" / "art_1.csv").write_text("q1,A\n")
    (tmp_path / "quiz" / "art_2.csv").write_text("q2,B\n")
    source = Source(
        "test",
        files=("{subset}.csv", "{subset}_*.csv"),
        columns=("question", "answer"),
        adapt=lambda rows: [{**row, "seen": True} for row in rows],
    )
    monkeypatch.setenv("JULJA_DATA", str(tmp_path))
    assert load(source, benchmark="quiz", subset="art").rows == [
        {"question": "q1", "answer": "A", "seen": True},
        {"question": "q2", "answer": "B", "seen": True},
    ]
    with pytest.raises(MissingDataError, match=r"rows of quiz/law, split test.*no law\.csv"):
        load(source, benchmark="quiz", subset="law")


def test_content_that_is_no_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums" / "test.json").write_text('{"a": 1}')
    with pytest.raises(DataError, match=r"test\.json: the content is no list of rows"):
        load(Source("test", files=("test.json",)), benchmark="sums", mirror=tmp_path)


@pytest.mark.parametrize(
    ("paths", "config", "split", "expected"),
    [
        (["data/test-00000-of-00001-0a1b2c3d4e.parquet"], None, "test", 0),
        (["data/train-0000.parquet", "main/test-00000-of-00001.parquet"], "main", "test", 1),
        (["main/train/0000.parquet", "main/test/0000.parquet"], "main", "test", 1),
        (["test.jsonl", "train.jsonl"], None, "test", 0),
        (["art/val-00000-of-00001.parquet"], "art", "validation", 0),
        (["ifeval_input_data.jsonl"], None, "train", 0),
        (["test.csv", "test.parquet"], None, "test", 1),
    ],
)
def test_naming_habits_of_the_hub(
    paths: list[str], config: str | None, split: str, expected: int
) -> None:
    assert choose("team/x", paths, {}, config=config, split=split) == [paths[expected]]


def test_scripts_alone_are_no_data() -> None:
    with pytest.raises(MissingDataError, match=r"no Parquet.*script are never run"):
        choose("team/x", ["x.py", "README.md"], {}, config=None, split="test")


def test_cache_dir_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JULJA_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert cache_dir() == Path("/x/julja")
    monkeypatch.setenv("JULJA_CACHE", "/y")
    assert cache_dir() == Path("/y")


@pytest.mark.mirror
def test_real_mirror(mirror: Path) -> None:
    rows = load(Source("test", files=("test.jsonl",)), benchmark="gsm8k", mirror=mirror)
    assert len(rows.rows) == 1319
    assert rows.sha256.startswith("32c548f08195e19e")
