"""Reads long JSON files piece by piece: lines of rows, or the members of one document's arrays.

    for number, row in read_rows(path): ...
    for key, value in read_document(path, arrays={"samples"}): ...

A document's values come as (key, value) pairs in the order of the file; of a key in `arrays` each
element is one pair, so that a log of gigabytes needs the memory of its longest sample.
"""

import gzip
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

from julja.data.files import locate, open_bytes
from julja.errors import DataError
from julja.types import Json

AGAIN = "The file may be cut or damaged: get it again."
_CHUNK = 1 << 18
_SPACE = re.compile(r"[ \t\n\r]*")
# A decoder's complaint so near the end of what was read may only want the rest of it.
_NEAR = 64
_NUMBER = 3


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What the standard library raises for a damaged or unreadable file, as a `DataError`."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: byte {error.start} is not UTF-8.", hint=AGAIN) from error
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: can't be unpacked ({error}).", hint=AGAIN) from error
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror or error}).") from error


def content_hash(path: Path) -> str:
    """SHA-256 of a file's unpacked content: a packed copy is the same file."""
    found = hashlib.sha256()
    with explained(path), open_bytes(str(path)) as stream:
        while piece := stream.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def decode(raw: bytes, where: str) -> Json:
    """One JSON text; the standard decoder takes what orjson doesn't (NaN, Infinity)."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(raw)
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: byte {error.start} is not UTF-8.", hint=AGAIN) from error
    except json.JSONDecodeError as error:
        shown = raw[:60].decode("utf-8", "replace").strip()
        raise DataError(
            f"{where}: not JSON: {error.msg} at column {error.colno}: {shown!r}.", hint=AGAIN
        ) from error


def read_rows(path: Path) -> Iterator[tuple[int, Json]]:
    """(line number, row) of a file of JSON lines, .gz too; an indented list of rows is read too."""
    with explained(path), open_bytes(locate(str(path))) as stream:
        first = stream.read(1)
        if first == b"[":
            # lm-eval 0.4.0 wrote one indented list into its .jsonl files.
            yield from enumerate((value for _, value in read_document(path, arrays={""})), 1)
            return
        number = 0
        for number, line in enumerate(stream, 1):
            raw = first + line if number == 1 else line
            raw = raw.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else raw.strip()
            if raw:
                yield number, decode(raw, f"{path}, line {number}")
        if not number and not first.strip():
            raise DataError(f"{path}: the file is empty.", hint=AGAIN)


def read_whole(path: Path) -> Json:
    """The content of a JSON file, .gz too."""
    with explained(path), open_bytes(locate(str(path))) as stream:
        raw = stream.read().removeprefix(b"\xef\xbb\xbf")
    if not raw.strip():
        raise DataError(f"{path}: the file is empty.", hint=AGAIN)
    return decode(raw, str(path))


def read_document(path: Path, *, arrays: Collection[str] = ()) -> Iterator[tuple[str, Json]]:
    """(key, value) of one JSON object; the elements one by one of the keys in `arrays`.

    A document that is a list has the key "".
    """
    with explained(path), open_bytes(locate(str(path))) as stream:
        document = _Document(path, stream)
        try:
            yield from document.pairs(arrays)
        finally:
            # Who opened the file closes it, also when the reader stops before its end.
            document.stream.detach()


class _Document:
    """A window on the text of one document, refilled when the decoder runs into its end."""

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self.path = path
        self.stream = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        self.text, self.at, self.gone = "", 0, 0
        self.done = False
        self.decode = json.JSONDecoder().raw_decode

    def pairs(self, arrays: Collection[str]) -> Iterator[tuple[str, Json]]:
        opened = self._next()
        if opened == "[":
            yield from (("", value) for value in self._elements())
        elif opened == "{":
            yield from self._members(arrays)
        else:
            raise self._damaged("the file is empty" if not opened else f"it begins with {opened!r}")
        if self._next():
            raise self._damaged("text stands behind its end")

    def _members(self, arrays: Collection[str]) -> Iterator[tuple[str, Json]]:
        self._take("{")
        while self._next() != "}":
            key = self._value()
            self._take(":")
            if key in arrays and self._next() == "[":
                for value in self._elements():
                    yield key, value
            else:
                yield key, self._value()
            if self._next() != "}":
                self._take(",")
        self._take("}")

    def _elements(self) -> Iterator[Json]:
        self._take("[")
        while self._next() != "]":
            yield self._value()
            if self._next() != "]":
                self._take(",")
        self._take("]")

    def _next(self) -> str:
        """The character that comes next, "" at the end of the file."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self._more():
                return ""

    def _take(self, wanted: str) -> None:
        found = self._next()
        if found != wanted:
            what = f"{found!r}" if found else "the end of the file"
            raise self._damaged(f"{what} stands where {wanted!r} should")
        self.at += 1

    def _value(self) -> Any:
        self._next()
        while True:
            try:
                value, end = self.decode(self.text, self.at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self.text) - _NEAR
                place = self.gone + error.pos
                if not cut or not self._more():
                    raise self._damaged(error.msg, place) from error
                continue
            # A number at the end of the window may go on behind it: of 1.5e-7 a window could show
            # 1.5e-, which decodes as 1.5.
            if end < len(self.text) - _NUMBER or not self._more():
                self.at = end
                return value

    def _more(self) -> bool:
        if self.done:
            return False
        # The window doubles with what is in it, so that a long value is not parsed over and over.
        rest = self.text[self.at :]
        piece = self.stream.read(max(_CHUNK, len(rest)))
        if not piece:
            self.done = True
            return False
        self.gone += self.at
        self.text, self.at = rest + piece, 0
        return True

    def _damaged(self, reason: str, place: int | None = None) -> DataError:
        place = self.gone + self.at if place is None else place
        return DataError(f"{self.path}, character {place}: not JSON: {reason}.", hint=AGAIN)
