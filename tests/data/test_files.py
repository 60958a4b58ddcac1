"""Every format and packing reads as the same rows; a bad file says where and why."""

import gzip
import tracemalloc
import zipfile
from pathlib import Path

import polars
import pytest

from julja.data.files import read_rows
from julja.errors import DataError

ROWS = [{"q": "2+2, is", "a": "4"}, {"q": 'a "b"\nc', "a": "é"}]
TEXTS = {
    "x.jsonl": '{"q":"2+2, is","a":"4"}\n\n{"q":"a \\"b\\"\\nc","a":"é"}\n',
    "x.json": '[{"q":"2+2, is","a":"4"},{"q":"a \\"b\\"\\nc","a":"é"}]',
    "x.csv": 'q,a\r\n"2+2, is",4\r\n"a ""b""\nc",é\r\n',
    "x.tsv": 'q\ta\n2+2, is\t4\n"a ""b""\nc"\té\n',
}


def content_of(name: str, tmp_path: Path) -> bytes:
    if name in TEXTS:
        return TEXTS[name].encode()
    table = polars.DataFrame(ROWS)
    write = table.write_parquet if name == "x.parquet" else table.write_ipc_stream
    write(tmp_path / "made")
    return (tmp_path / "made").read_bytes()


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv", "x.tsv", "x.parquet", "x.arrow"])
@pytest.mark.parametrize("packing", ["plain", "gz", "zip", "gz in zip"])
def test_each_format_reads_the_same_in_each_packing(
    name: str, packing: str, tmp_path: Path
) -> None:
    content = content_of(name, tmp_path)
    path = tmp_path / name
    if "gz" in packing:
        path, content = tmp_path / f"{name}.gz", gzip.compress(content)
    if "zip" not in packing:
        path.write_bytes(content)
        assert read_rows(path) == ROWS
        return
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr(f"in/{path.name}", content)
        archive.writestr("README.md", "no rows")
    assert read_rows(tmp_path / "z.zip") == ROWS
    assert read_rows(f"{tmp_path}/z.zip!in/{path.name}") == ROWS


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv", "x.tsv"])
def test_a_byte_order_mark_is_no_part_of_the_data(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + TEXTS[name].encode())
    assert read_rows(tmp_path / name) == ROWS


def put(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_odd_but_legal_content(tmp_path: Path) -> None:
    assert read_rows(put(tmp_path, "a.txt", "one\r\n\ntwo\n")) == [
        {"text": "one"},
        {"text": ""},
        {"text": "two"},
    ]
    assert read_rows(put(tmp_path, "b.json", '{"a": 1}\n{"a": 2}\n')) == [{"a": 1}, {"a": 2}]
    assert read_rows(put(tmp_path, "c.json", '{"version": 1}')) == {"version": 1}
    assert read_rows(put(tmp_path, "d.csv", "1,2\n3,4\n"), columns=("x", "y")) == [
        {"x": "1", "y": "2"},
        {"x": "3", "y": "4"},
    ]
    assert read_rows(put(tmp_path, "e.csv", b"t\ncaf\xe9\n"), encoding="latin-1") == [{"t": "café"}]
    assert read_rows(put(tmp_path, "f.tsv", 'a\tb\n"x" y\t1\n"z\t2\n')) == [
        {"a": '"x" y', "b": "1"},
        {"a": '"z', "b": "2"},
    ]
    assert read_rows(put(tmp_path, "g.csv", 'a,b\n"5" pipe",1\n')) == [{"a": '5 pipe"', "b": "1"}]
    assert read_rows(put(tmp_path, "h.jsonl", '{"n": 99999999999999999999}')) == [{"n": 10**20 - 1}]


def test_without_quotes_the_marks_of_a_tsv_are_text(tmp_path):
    place = put(tmp_path, "f.tsv", 'a\tb\n"who?"\t1\n')
    assert read_rows(place) == [{"a": "who?", "b": "1"}]
    assert read_rows(place, quotes=False) == [{"a": '"who?"', "b": "1"}]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", '{"a": 1}\n{"a": \n', r"a\.jsonl, line 2: not JSON"),
        ("a.jsonl", b'{"a": 1}\n{"a": "\xff"}\n', r"line 2: byte 7 \(0xff\) is not utf-8"),
        ("a.jsonl", "\n\n", "is empty"),
        ("a.json", "", "is empty"),
        ("a.json", '[{"a": 1}, {"a"', "not JSON"),
        ("a.csv", "", "is empty"),
        ("a.csv", "a,b\n1,2\n3\n", r"row 2 \(line 3\): 1 columns where 2 are expected.*'3'"),
        ("a.csv", 'a,b\n1,"2', "unexpected end of data"),
        ("a.csv", "a,b,a\n1,2,3\n", "column 'a' more than once"),
        ("a.csv", b"a\ncaf\xe9\n", "not utf-8"),
        ("a.tsv", "a\tb\n1\n", r"row 1 \(line 2\)"),
        ("a.parquet", b"PAR1 cut", "not a readable Parquet file"),
        ("a.arrow", b"ARROW cut", "not a readable Arrow file"),
        ("a.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 999, mtime=0)[:-20], "can't be unpacked"),
        ("a.jsonl.gz", b"no gzip at all", "can't be unpacked"),
        ("a.zip", b"no zip", "not a readable zip"),
        ("a.xlsx", b"", "not a file format"),
    ],
)
def test_a_bad_file_says_where_and_why(
    name: str, content: str | bytes, says: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=says):
        read_rows(put(tmp_path, name, content))


def test_a_missing_file_or_member_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.jsonl: there is no such file"):
        read_rows(tmp_path / "nothing.jsonl")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("test.jsonl", "{}")
        archive.writestr("train.jsonl", "{}")
    with pytest.raises(DataError, match=r"no member 'tst\.jsonl'.*Did you mean test\.jsonl"):
        read_rows(f"{tmp_path}/z.zip!tst.jsonl")
    with pytest.raises(DataError, match="2 members that can be read"):
        read_rows(tmp_path / "z.zip")


def test_a_large_file_is_read_line_by_line(tmp_path: Path) -> None:
    path = put(tmp_path, "big.jsonl", '{"a": 1}'.ljust(2000) + "\n")
    path.write_bytes(path.read_bytes() * 10_000)
    tracemalloc.start()
    rows = read_rows(path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(rows) == 10_000
    assert peak_bytes < path.stat().st_size / 2


@pytest.mark.mirror
def test_real_files(mirror: Path) -> None:
    assert len(read_rows(mirror / "gsm8k" / "test.jsonl.gz")) == 1319
    subject = next((mirror / "mmlu/data/test").glob("virology_test.csv*"))
    rows = read_rows(subject, columns=("question", "A", "B", "C", "D", "answer"))
    assert len(rows) == 166
    assert {row["answer"] for row in rows} == set("ABCD")
    assert set(read_rows(mirror / "squad" / "xquad.en.json.gz")) == {"data", "version"}
    zipped = mirror / "humaneval" / "outputs" / "wizardcoder15b_humaneval.59.8.gen.zip"
    assert len(read_rows(zipped)) == 164
