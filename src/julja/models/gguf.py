"""Reads the header of a GGUF file: what the model is, without loading it.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import hashlib
import mmap
import os
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from julja.errors import ProviderError

Scalar: TypeAlias = str | int | float | bool

_FORMATS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9


class _Reader:
    """Walks through a mapped file from its start."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.place = 0

    def number(self, code: str) -> int | float | bool:
        value: int | float | bool = struct.unpack_from(f"<{code}", self.data, self.place)[0]
        self.place += struct.calcsize(f"<{code}")
        return value

    def length(self) -> int:
        return int(self.number("Q"))

    def text(self) -> str:
        start = self.skip_text()
        return self.data[start : self.place].decode("utf-8", "replace")

    def skip_text(self) -> int:
        """Step over a text; gives where it begins."""
        size = self.length()
        start = self.place
        self.place += size
        if self.place > len(self.data):
            raise ValueError(f"a text of {size} bytes ends behind the file")
        return start

    def value(self) -> Scalar | None:
        """One value; arrays are stepped over and give None."""
        return self._value(int(self.number("I")))

    def _value(self, kind: int) -> Scalar | None:
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            return self.number(_FORMATS[kind])
        inner, count = int(self.number("I")), self.length()
        if inner in _FORMATS:
            self.place += count * struct.calcsize(f"<{_FORMATS[inner]}")
            return None
        for _ in range(count):
            if inner == _STRING:
                self.skip_text()
            else:
                self._value(inner)
        return None


def read_metadata(path: Path) -> Mapping[str, Scalar]:
    """The scalar metadata of a GGUF file by key (`general.name`, `llama.context_length`, …)."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _read(_Reader(data))
    except OSError as error:
        raise ProviderError(f"{path} can't be read: {error.strerror}.") from error
    except (struct.error, KeyError, ValueError, OverflowError) as error:
        raise ProviderError(
            f"{path} is no GGUF file, or is cut off ({error}).",
            hint="Download it again, or convert the model with llama.cpp's convert_hf_to_gguf.py.",
        ) from error


def _read(reader: _Reader) -> Mapping[str, Scalar]:
    if reader.data[:4] != b"GGUF":
        raise ValueError(f"it starts with {reader.data[:4]!r}")
    reader.place = 4
    version = int(reader.number("I"))
    if version < 2:
        raise ValueError(f"version {version} is too old")
    reader.length()
    values: dict[str, Scalar] = {}
    for _ in range(reader.length()):
        key, value = reader.text(), reader.value()
        if value is not None:
            values[key] = value
    return values


def file_sha256(path: Path, cache: Path) -> str:
    """The SHA-256 of a file, remembered in the folder `cache` by path, size and time of change."""
    status = path.stat()
    identity = f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}"
    note = cache / "sha256" / hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()
    try:
        known = note.read_text("ascii")
        if len(known) == 64:
            return known
    except (OSError, ValueError):
        pass
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    _remember(note, found)
    return found


def _remember(note: Path, text: str) -> None:
    """Write a note for the next start; a folder that can't be written only costs time."""
    draft = note.with_name(f"{note.name}.{os.getpid()}")
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, "ascii")
        draft.replace(note)
    except OSError:
        with suppress(OSError):
            draft.unlink()
