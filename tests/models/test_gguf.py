"""GGUF headers are read without loading the model; hashes are remembered."""

import os
import struct
from pathlib import Path

import pytest

from julja.errors import ProviderError
from julja.models.gguf import file_sha256, read_metadata


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def header(*pairs: bytes, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs)) + b"".join(pairs)


NAME = text("general.name") + struct.pack("<I", 8) + text("Übung")
TOKENS = text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("bc")
SCORES = text("scores") + struct.pack("<IIQ", 9, 6, 3) + struct.pack("<3f", 1, 2, 3)
LENGTH = text("llama.context_length") + struct.pack("<II", 4, 8192)
ADDS = text("tokenizer.ggml.add_bos_token") + struct.pack("<I?", 7, False)


def test_scalars_are_read_and_arrays_stepped_over(tmp_path: Path):
    path = tmp_path / "model.gguf"
    path.write_bytes(header(NAME, TOKENS, SCORES, LENGTH, ADDS))
    assert read_metadata(path) == {
        "general.name": "Übung",
        "llama.context_length": 8192,
        "tokenizer.ggml.add_bos_token": False,
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 a zip file",
        header(NAME)[:-3],
        header(LENGTH)[:-2],
        header(TOKENS)[:-9],
        header(version=1),
    ],
)
def test_what_is_no_gguf_file_is_an_error(tmp_path: Path, content: bytes):
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ProviderError, match=r"model\.gguf is no GGUF file, or is cut off"):
        read_metadata(path)


def test_a_hash_is_remembered_until_the_file_changes(tmp_path: Path):
    path, cache = tmp_path / "model.gguf", tmp_path / "cache"
    path.write_bytes(b"abc")
    first = file_sha256(path, cache)
    assert first == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    note = next((cache / "sha256").iterdir())
    note.write_text("f" * 64)
    assert file_sha256(path, cache) == "f" * 64
    os.utime(path, ns=(1, 1))
    assert file_sha256(path, cache) == first


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path):
    path, cache = tmp_path / "model.gguf", tmp_path / "file"
    path.write_bytes(b"abc")
    cache.write_text("in the way")
    assert file_sha256(path, cache).startswith("ba7816bf")
