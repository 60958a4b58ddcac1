"""`julja doctor -m MODEL --image FILE`: what becomes of one picture."""

import json
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="needs the vision extra: Pillow")

from PIL import Image

from julja.cli.main import main

FUNCTION = """
def classify(request):
    return {"red": 0.9, "blue": 0.1}
classify.abilities = ("classify",)

def describe(request):
    return f"{len(request.prompt.media)} picture"

def boxes(request):
    return []
boxes.abilities = ("detect",)

def words(prompt):
    return prompt
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (6, 4), (255, 0, 0)).save("붉은.png")
    Path("model.py").write_text(FUNCTION)
    return tmp_path


def checks(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    with pytest.raises(SystemExit) as stop:
        main(["doctor", "--json", *arguments])
    out, _ = capsys.readouterr()
    found = {item["name"]: (item["ok"], item["text"]) for item in json.loads(out)["checks"]}
    return int(stop.value.code or 0), found


def test_a_model_that_writes_says_what_it_sees(here: Path, capsys) -> None:
    _, found = checks(capsys, "-m", "python/model.py:describe", "--image", "붉은.png")
    assert found["picture"] == (True, "'1 picture'")


def test_a_picture_model_shows_its_numbers(here: Path, capsys) -> None:
    pytest.importorskip("onnxruntime", reason="needs the vision extra: onnxruntime")
    import numpy as np

    from ..models.vision.proto import node, write_onnx

    write_onnx(
        here / "net.onnx",
        [node("ReduceMean", ["x"], "y", axes=[2, 3], keepdims=0)],
        takes=("b", 3, 4, 4),
        gives={"y": ("b", 3)},
        constants={"unused": np.zeros(1, np.float32)},
    )
    arguments = (
        "-m",
        "onnx/net.onnx",
        "-M",
        "mean=0",
        "-M",
        "std=1",
        "-M",
        "labels=red,green,blue",
    )
    _, found = checks(capsys, *arguments, "--image", "붉은.png")
    assert found["picture"] == (None, "6 x 4, image/png")
    assert found["tensor"] == (
        True, "3 x 4 x 4, min 0.0000, max 1.0000, mean 0.3333, std 0.4714",
    )  # fmt: skip
    assert str(found["top 5"][1]).startswith("0 red ")  # type: ignore[index]
    assert "preprocessing changed" in str(found["note"])


@pytest.mark.parametrize(
    ("function", "ok", "text"),
    [
        ("words", False, "python/model.py:words takes no pictures"),
        ("classify", None, "a question about a picture needs a benchmark's classes"),
        ("boxes", True, '\'{"size":[4,6],"boxes":[]}\''),
    ],
)
def test_models_that_do_not_write(here: Path, capsys, function: str, ok: object, text: str) -> None:
    code, found = checks(capsys, "-m", f"python/model.py:{function}", "--image", "붉은.png")
    assert code == (ok is False)
    assert found["picture"][0] is ok  # type: ignore[index]
    assert str(found["picture"][1]).startswith(text)  # type: ignore[index]


@pytest.mark.parametrize(
    ("pair", "message"),
    [("mean=[0.1", "is no JSON"), ("mean", "is not key=value"), ("=3", "is not key=value")],
)
def test_settings_that_can_not_be_read(here: Path, capsys, pair: str, message: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["doctor", "-m", "mock/echo", "-M", pair])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_pictures_that_are_none(here: Path, capsys) -> None:
    (here / "bad.png").write_text("no picture")
    for file in ("bad.png", "gone.png"):
        code, found = checks(capsys, "-m", "mock/echo", "--image", file)
        assert code == 1
        assert found["model"][0] is False  # type: ignore[index]


def test_a_picture_without_a_model(here: Path, capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["doctor", "--image", "붉은.png"])
    assert stop.value.code == 2
    assert "--image needs a model" in capsys.readouterr().err
