"""Files of every format give their rows; a bad line is told, and a damaged file is an error."""

import gzip
import json
import zipfile

import polars
import pytest

from julja.builder.ingest import Unreadable, ingest
from julja.builder.read import iter_rows
from julja.builder.settings import BuildConfig
from julja.errors import DataError

ASK = "How do I sort a list of numbers in the language Python?"
CHAT = [{"role": "user", "content": ASK}, {"role": "assistant", "content": "Use sorted()."}]
WILD = {
    "conversation_hash": "h1",
    "model": "gpt-4",
    "conversation": CHAT,
    "language": "English",
    "toxic": False,
    "openai_moderation": [{"flagged": False}],
}


def texts(place, **settings):
    config = BuildConfig(sources=("f",), name="n", **settings)
    return [p.text for p in ingest("f", iter_rows(str(place), config.keep_fields), config).prompts]


def test_wildchats_parquet_is_read_without_its_answers(tmp_path):
    path = tmp_path / "wild.parquet"
    polars.DataFrame([WILD, {**WILD, "conversation_hash": "h2", "toxic": True}]).write_parquet(path)
    rows = [row for _, row in iter_rows(str(path))]
    assert "model" not in rows[0]
    assert texts(path) == [ASK]
    assert next(row for _, row in iter_rows(str(path), ("model",)))["model"] == "gpt-4"


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json", "a.zip", "a.csv", "a.txt"])
def test_every_format_gives_the_same_prompt(name, tmp_path):
    path = tmp_path / name
    line = json.dumps({"prompt": ASK})
    content = {"json": f"[{line}]", "csv": f'prompt\n"{ASK}"\n', "txt": f"{ASK}\n"}
    data = content.get(name.split(".")[1], line + "\n").encode()
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("b.jsonl", data)
    else:
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert texts(path) == [ASK]


def test_bad_lines_are_told_by_their_number(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"prompt": "x"}\n\n{"prompt": \n[1]\n"a text"\n{"n": NaN}\n')
    rows = list(iter_rows(str(path)))
    assert [number for number, _ in rows] == [0, 1, 2, 3, 4]
    assert isinstance(rows[1][1], Unreadable) and rows[1][1].why.startswith("line 3 is no JSON")
    assert rows[2][1] == Unreadable("line 4 is list, not an object")
    assert rows[3][1] == {"prompt": "a text"}
    assert rows[4][1]["n"] != rows[4][1]["n"]


def test_a_damaged_file_is_an_error(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"prompt": ASK}).encode() * 500)[:-20])
    with pytest.raises(DataError, match="can't be unpacked"):
        list(iter_rows(str(path)))
    (tmp_path / "b.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(DataError, match="not a readable Parquet file"):
        list(iter_rows(str(tmp_path / "b.parquet")))
    (tmp_path / "c.json").write_text('{"data": []}')
    with pytest.raises(DataError, match="one object, not a list"):
        list(iter_rows(str(tmp_path / "c.json")))
