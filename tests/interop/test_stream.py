"""Long JSON files are read piece by piece, and what is damaged is named with its place."""

import gzip
import json
import random
from pathlib import Path

import pytest

from julja.errors import DataError
from julja.interop.stream import content_hash, read_document, read_rows


def test_a_document_comes_key_by_key_and_its_arrays_element_by_element(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text('{"a": {"b": [1, 2]}, "many": [1, [2], {"c": NaN}], "none": [], "e": "ü"}')
    found = list(read_document(path, arrays={"many", "none"}))
    assert found[:3] == [("a", {"b": [1, 2]}), ("many", 1), ("many", [2])]
    assert found[3][1]["c"] != found[3][1]["c"]
    assert found[4:] == [("e", "ü")]


def test_any_document_is_read_as_the_standard_library_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Windows far smaller than a value: every value is cut somewhere.
    monkeypatch.setattr("julja.interop.stream._CHUNK", 7)
    draw = random.Random(0)
    for case in range(40):
        value = {
            "samples": [
                {"id": i, "text": "".join(draw.choices('ab"\\\n{}[],:ü', k=draw.randint(0, 60)))}
                for i in range(draw.randint(0, 5))
            ],
            "n": draw.choice([12345678, 1.5e-7, -0.25, True, None, ""]),
        }
        path = tmp_path / f"{case}.json.gz"
        path.write_bytes(gzip.compress(json.dumps(value, indent=draw.choice([None, 2])).encode()))
        found = list(read_document(path, arrays={"samples"}))
        assert [v for k, v in found if k == "samples"] == value["samples"]
        assert dict(found)["n"] == value["n"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("hello", "it begins with 'h'"),
        ('{"a": 1', "the end of the file stands where ',' should"),
        ('{"a": [1, 2', "stands where ',' should"),
        ('{"a" 1}', "stands where ':' should"),
        ('{"a": "cut', "character 6: not JSON: Unterminated string"),
        ('{"a": 1} {"b": 2}', "text stands behind its end"),
        ('{"a": tru}', "character 6: not JSON"),
    ],
)
def test_damage_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "log.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message.replace("(", r"\(")) as caught:
        list(read_document(path, arrays={"a"}))
    assert str(path) in str(caught.value)


def test_rows_are_numbered_by_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\n\n{"a": NaN}\n{"a": }\n')
    rows = read_rows(path)
    assert next(rows) == (1, {"a": 1})
    assert next(rows)[0] == 3
    with pytest.raises(DataError, match="line 4: not JSON"):
        next(rows)


def test_an_empty_and_a_cut_file(tmp_path: Path) -> None:
    empty = tmp_path / "rows.jsonl"
    empty.touch()
    with pytest.raises(DataError, match="the file is empty"):
        list(read_rows(empty))
    cut = tmp_path / "rows.jsonl.gz"
    cut.write_bytes(gzip.compress(b'{"a": 1}\n' * 500)[:-20])
    with pytest.raises(DataError, match="can't be unpacked"):
        list(read_rows(cut))


def test_a_packed_copy_is_the_same_content(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.json", tmp_path / "b.json.gz"
    plain.write_bytes(b"{}")
    packed.write_bytes(gzip.compress(b"{}"))
    assert content_hash(plain) == content_hash(packed)
