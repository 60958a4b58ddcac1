"""The pieces of an inspect log, whichever way it is packed: the header, and samples one by one.

`.json` is one EvalLog; `.eval` is a zip whose members may be packed with zstd, which Python's
zipfile reads only from 3.14 on: the bytes are taken from the archive and unpacked here.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from julja.errors import DataError
from julja.interop.stream import AGAIN, decode, explained, read_document
from julja.signature import digest

# Zip's method 93 (APPNOTE 6.3.8, section 4.4.5).
_ZSTD = 93
_LOCAL = struct.Struct("<4s5H3L2H")
_PARTS = frozenset({"samples", "reductions"})


def is_archive(path: Path) -> bool:
    """True for an `.eval` file."""
    return path.name.lower().endswith(".eval")


def read_header(path: Path) -> dict[str, Any]:
    """Everything of a log but its samples.

    `sample_count` says how many those are, `content` is a hash of what they ask.
    """
    if is_archive(path):
        return _archive_header(path)
    found: dict[str, Any] = {}
    asked: dict[str, str] = {}
    count = 0
    for key, value in read_document(path, arrays=_PARTS):
        if key == "samples" and isinstance(value, dict):
            count += 1
            asked[str(value.get("id"))] = _question(value)
        elif key not in _PARTS:
            found[key] = value
    return {**found, "sample_count": count, "content": digest(sorted(asked.items()))}


def _question(sample: Mapping[str, Any]) -> str:
    """A hash of what one sample asks, attachments by their own hash."""
    return digest([sample.get(key) for key in ("id", "input", "choices", "target")])


def read_samples(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, EvalSample) of each sample of a log."""
    if is_archive(path):
        with explained(path), zipfile.ZipFile(path) as archive:
            for name, info in _samples(archive).items():
                yield f"{path}!{name}", _member(path, archive, info)
        return
    number = 0
    for key, value in read_document(path, arrays=_PARTS):
        if key == "samples" and value is not None:
            number += 1
            if not isinstance(value, dict):
                raise DataError(f"{path}: sample {number} is no object.", hint=AGAIN)
            yield f"{path}, sample {number}", value


def _archive_header(path: Path) -> dict[str, Any]:
    with explained(path), zipfile.ZipFile(path) as archive:
        # A member that was written again stands twice: the last one counts.
        members = {info.filename: info for info in archive.infolist()}
        name = "header.json" if "header.json" in members else "_journal/start.json"
        if name not in members:
            raise DataError(
                f"{path} is no log of inspect: it holds neither header.json nor a journal.",
                hint=AGAIN,
            )
        header: dict[str, Any] = _member(path, archive, members[name])
        if name != "header.json":
            header["status"] = "started"
        header["sample_count"] = len(_samples(archive))
        header["content"] = _archive_content(path, archive, members)
        chunked = {
            n.split("/")[1] for n in members if n.count("/") > 1 and n.startswith("samples/")
        }
        header["chunked_samples"] = len(chunked)
        return header


def _archive_content(
    path: Path, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]
) -> str:
    """A hash of what the samples ask, from their summaries where the log was finished."""
    if "summaries.json" in members:
        rows = _member(path, archive, members["summaries.json"])
        asked = {str(row.get("id")): _question(row) for row in rows}
    else:
        asked = {name: str(info.CRC) for name, info in _samples(archive).items()}
    return digest(sorted(asked.items()))


def _samples(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    return {
        info.filename: info
        for info in archive.infolist()
        if info.filename.startswith("samples/")
        and info.filename.count("/") == 1
        and info.filename.endswith(".json")
    }


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Any:
    raw = _unzstd(archive, info) if info.compress_type == _ZSTD else archive.read(info)
    return decode(raw, f"{path}!{info.filename}")


def _unzstd(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    import zstandard

    file = archive.fp
    assert file is not None
    file.seek(info.header_offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size:
        raise zipfile.BadZipFile(f"{info.filename} begins behind the end of the file")
    *_, name_size, extra_size = _LOCAL.unpack(head)
    file.seek(name_size + extra_size, io.SEEK_CUR)
    try:
        packed = file.read(info.compress_size)
        with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
            raw: bytes = reader.read()
    except zstandard.ZstdError as error:
        raise zipfile.BadZipFile(f"{info.filename}: {error}") from error
    if zlib.crc32(raw) != info.CRC:
        raise zipfile.BadZipFile(f"{info.filename}: wrong checksum")
    return raw
