"""Reads the files that benchmarks come in: one function, whatever the format and packing.

`.jsonl .json .csv .tsv .parquet .arrow .txt .lst`, pictures, and the arrays of `julja.data.arrays`,
each also as `.gz` or as a member of a zip:

    read_rows("gsm8k/test.jsonl.gz")
    read_rows("outputs.zip!outputs/valid_results.json")
"""

import gzip
import hashlib
import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from julja.data.arrays import array_rows, is_array
from julja.data.tables import read_csv, read_tsv
from julja.errors import DataError, did_you_mean
from julja.sealed import SUFFIX, unseal
from julja.types import Json

SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".txt", ".lst")
# A picture is a row of its own: see `picture_rows`.
PICTURES = (".png", ".jpg", ".jpeg")
_MANY_DIGITS = re.compile(rb"[0-9]{19}")
_BOM = b"\xef\xbb\xbf"
_KNOWN = ", ".join(SUFFIXES) + " (each also .gz or inside a .zip)"


def read_rows(
    path: Path | str,
    *,
    columns: Sequence[str] = (),
    encoding: str = "utf-8",
    password: str = "",
    quotes: bool = True,
    as_lines: bool = False,
) -> Json:
    """The decoded content of one file: a list of rows, or JSON that is no list as it is.

    `columns` names the columns of a CSV or TSV without a header; without `quotes` the quotation
    marks of a TSV are text. An encrypted zip is read with `password`, and nothing of it is unpacked
    to disk. A zip is given as `archive.zip!member`; the member may be left out when only one of
    them can be read. A text file becomes one row `{"text": line}` for each line.
    """
    place = locate(str(path))
    if not as_lines and place.lower().endswith(PICTURES):
        return picture_rows(place)
    if is_array(place):
        with _explained(place, encoding), open_bytes(place, password) as stream:
            data = stream.read()
        return array_rows(place, data)
    suffix = ".txt" if as_lines else kind(place)
    if not suffix:
        raise DataError(f"{place}: not a file format that can be read.", hint=f"Use {_KNOWN}.")
    with _explained(place, encoding):
        if suffix in (".csv", ".tsv"):
            read = read_csv if suffix == ".csv" else partial(read_tsv, quotes=quotes)
            opened = partial(open_bytes, place, password)
            return read(place, opened, columns=columns, encoding=encoding)
        with open_bytes(place, password) as stream:
            if suffix in (".parquet", ".arrow"):
                return _columns(place, stream, suffix)
            if suffix == ".jsonl":
                return list(_json_lines(place, stream, encoding))
            if suffix == ".json":
                return _json(place, stream.read(), encoding)
            text = stream.read().removeprefix(_BOM).decode(encoding)
            lines = text.removesuffix("\n").split("\n") if text else []
            return [{"text": line.removesuffix("\r")} for line in lines]


class PictureFile(os.PathLike[str]):
    """The path of a picture. As text it is the hash of its content, as what a row is known by."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        return f"sha256:{hashlib.sha256(Path(self.path).read_bytes()).hexdigest()}"


def picture_rows(place: str) -> list[Json]:
    """One row of a picture: its file's name, and its path, or its bytes out of a zip."""
    name = place.rpartition("!")[2].rpartition("/")[2]
    if ".zip!" not in place:
        return [{"file": name, "picture": PictureFile(place)}]
    with _explained(place, "utf-8"), open_bytes(place) as stream:
        return [{"file": name, "picture": stream.read()}]


def read_lines(place: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a text file that `locate` found, numbered from 1, unpacked as they are read."""
    with _explained(place, "utf-8"), open_bytes(place) as stream:
        for number, raw in enumerate(stream, start=1):
            yield number, raw.removeprefix(_BOM) if number == 1 else raw


def kind(name: str) -> str:
    """The format's suffix of a file name below `.gz`, or "" when it can't be read."""
    lower = name.lower().removesuffix(SUFFIX).removesuffix(".gz")
    return next((suffix for suffix in SUFFIXES if lower.endswith(suffix)), "")


def locate(place: str) -> str:
    """The place with its zip member filled in; raises when there is no such file."""
    archive, bang, member = place.partition(".zip!")
    path = Path(archive + ".zip" if bang else place)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    if not bang and path.suffix.lower() != ".zip":
        return place
    names = members(path)
    if bang:
        if member in names:
            return place
        shown = did_you_mean(member, names) or f"It holds {', '.join(names[:5]) or 'nothing'}."
        raise DataError(f"{path}: the archive has no member {member!r}.", hint=shown)
    readable = [name for name in names if kind(name)]
    if len(readable) != 1:
        raise DataError(
            f"{path}: the archive has {len(readable)} members that can be read.",
            hint=f"Name one: {path}!{readable[0] if readable else 'MEMBER'}",
        )
    return f"{path}!{readable[0]}"


def members(archive: Path) -> list[str]:
    """The names of the files in a zip, without what macOS adds."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = [info.filename for info in opened.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError(f"{archive}: not a readable zip archive ({error}).") from error
    return [name for name in names if not name.startswith("__MACOSX/")]


@contextmanager
def open_bytes(place: str, password: str = "") -> Iterator[IO[bytes]]:
    """The unpacked bytes of a place that `locate` gave."""
    archive, bang, member = place.partition(".zip!")
    if bang:
        secret = password.encode() or None
        with zipfile.ZipFile(archive + ".zip") as opened, opened.open(member, pwd=secret) as packed:
            yield _unpacked(member, packed)
        return
    if place.endswith(SUFFIX):
        yield _unpacked(place.removesuffix(SUFFIX), io.BytesIO(unseal(Path(place).read_bytes())))
        return
    with Path(place).open("rb") as raw:
        yield _unpacked(place, raw)


def _unpacked(name: str, stream: IO[bytes]) -> IO[bytes]:
    if not name.lower().endswith(".gz"):
        return stream
    return io.BufferedReader(gzip.GzipFile(fileobj=stream, mode="rb"))


@contextmanager
def _explained(place: str, encoding: str) -> Iterator[None]:
    """Turns what the standard library raises for a damaged file into one kind of error."""
    again = "The file may be cut or damaged: get it again."
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(
            f"{place}: byte {error.start} (0x{error.object[error.start]:02x}) is not {encoding}.",
            hint="The file has another encoding, or is damaged.",
        ) from error
    except LookupError as error:
        raise DataError(f"{place}: unknown encoding {encoding!r}.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise DataError(f"{place}: can't be unpacked ({error}).", hint=again) from error
    except RuntimeError as error:
        raise DataError(f"{place}: can't be unpacked ({error}).") from error
    except OSError as error:
        raise DataError(f"{place}: can't be read ({error.strerror or error}).") from error


def _json_lines(place: str, stream: IO[bytes], encoding: str) -> Iterator[Json]:
    count = 0
    for number, raw in enumerate(stream, start=1):
        line = raw.removeprefix(_BOM) if number == 1 else raw
        if not line.strip():
            continue
        count += 1
        yield _decode(line, f"{place}, line {number}", encoding)
    if not count:
        raise DataError(f"{place}: the file is empty.")


def _decode(raw: bytes, where: str, encoding: str) -> Json:
    """One JSON text. The standard decoder takes what orjson doesn't (NaN, big numbers)."""
    import orjson

    try:
        # orjson rounds whole numbers of more than 64 bits to floats.
        if not _MANY_DIGITS.search(raw):
            text = raw if encoding.lower() in ("utf-8", "utf8") else raw.decode(encoding)
            return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: byte {error.start} is not {encoding}.") from error
    try:
        return json.loads(raw.decode(encoding))
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where}: byte {error.start} (0x{raw[error.start]:02x}) is not {encoding}."
        ) from error
    except json.JSONDecodeError as error:
        shown = raw[:60].decode(encoding, "replace").strip()
        raise DataError(
            f"{where}: not JSON: {error.msg} at column {error.colno}: {shown!r}"
        ) from error


def _json(place: str, raw: bytes, encoding: str) -> Json:
    """A JSON document; some benchmarks name a file of JSON lines `.json`: those are rows."""
    raw = raw.removeprefix(_BOM)
    if not raw.strip():
        raise DataError(f"{place}: the file is empty.")
    try:
        return _decode(raw, place, encoding)
    except DataError:
        first, newline, rest = raw.strip().partition(b"\n")
        if not (newline and rest.strip() and _is_json(first, encoding)):
            raise
    return list(_json_lines(place, io.BytesIO(raw), encoding))


def _is_json(raw: bytes, encoding: str) -> bool:
    try:
        _decode(raw, "", encoding)
    except DataError:
        return False
    return True


def _columns(place: str, stream: IO[bytes], suffix: str) -> list[Json]:
    """The rows of a Parquet file, or of an Arrow stream as `datasets.save_to_disk` writes it."""
    import polars

    parquet = suffix == ".parquet"
    data = io.BytesIO(stream.read())
    try:
        return (polars.read_parquet(data) if parquet else polars.read_ipc_stream(data)).to_dicts()
    except polars.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{place}: not a readable {'Parquet' if parquet else 'Arrow'} file ({reason}).",
            hint="The file may be cut or damaged: get it again.",
        ) from error
