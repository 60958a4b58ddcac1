"""ONNX files as models: small ones written here, and what goes wrong with others."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnxruntime", reason="needs the vision extra: onnxruntime")

import numpy as np

from julja.errors import ConfigError, ProviderError
from julja.models.vision.outputs import ran_out
from julja.models.vision.stream import made_ahead
from julja.predictions import read_map
from julja.types import Response

from .conftest import about, answers, best, looked, open_
from .proto import node, write_onnx

CHOICES = ("blue", "red", "green")
NAMES = "{0: 'red', 1: 'green', 2: 'blue'}"


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    """The mean of each channel is the score of its colour."""
    return write_onnx(
        tmp_path / "colours.onnx",
        [node("ReduceMean", ["x"], "y", axes=[2, 3], keepdims=0)],
        takes=("b", 3, 8, 8),
        gives={"y": ("b", 3)},
        metadata={"names": NAMES, "task": "classify"},
    )


@pytest.fixture
def detector(tmp_path: Path) -> Path:
    """One box in the middle of the input, of the colour that the input has."""
    box = np.array([16, 16, 16, 8], np.float32).reshape(1, 4, 1)
    return write_onnx(
        tmp_path / "objects.onnx",
        [
            node("ReduceMean", ["x"], "m", axes=[2, 3], keepdims=0),
            node("Unsqueeze", ["m", "last"], "scores"),
            node("ReduceMean", ["scores"], "any", axes=[1], keepdims=1),
            node("Mul", ["any", "zero"], "none"),
            node("Add", ["box", "none"], "boxes"),
            node("Concat", ["boxes", "scores"], "output0", axis=1),
        ],
        takes=("b", 3, 32, 32),
        gives={"output0": ("b", 7, 1)},
        constants={
            "box": box, "zero": np.zeros(1, np.float32), "last": np.array([2], np.int64),
        },
        metadata={"names": NAMES, "task": "detect", "imgsz": "[32, 32]", "stride": "32"},
    )  # fmt: skip


@pytest.fixture
def segmenter(tmp_path: Path) -> Path:
    """Every eighth of the input is of the channel that is strongest there."""
    return write_onnx(
        tmp_path / "regions.onnx",
        [node("AveragePool", ["x"], "logits", kernel_shape=[2, 2], strides=[2, 2])],
        takes=("b", 3, 16, 16),
        gives={"logits": ("b", 3, 8, 8)},
    )


def test_classes(classifier: Path, paint: Any) -> None:
    pictures = [paint("red"), paint("green", size=(20, 50)), paint("blue")]
    engine = open_(f"onnx/{classifier}", mean=0, std=1, batch_size=2)
    assert engine.abilities == {"classify", "images"}
    found = answers(engine, *[about(picture, "classify", CHOICES) for picture in pictures])
    assert [best(response) for response in found] == ["red", "green", "blue"]
    assert [choice.text for choice in found[0].choices] == list(CHOICES)
    assert sum(np.exp(c.loglikelihood) for c in found[0].choices) == pytest.approx(1)
    assert found[0].seconds is not None


def test_all_classes_where_none_are_asked_for(classifier: Path, paint: Any) -> None:
    response = answers(open_(f"onnx/{classifier}"), about(paint("red"), "classify"))[0]
    assert [choice.text for choice in response.choices] == ["red", "green", "blue"]


def test_labels_of_a_file_and_some_of_the_classes(
    classifier: Path, paint: Any, tmp_path: Path
) -> None:
    (tmp_path / "labels.txt").write_text("apple\ngrass\nsky\n")
    engine = open_(f"onnx/{classifier}", labels=str(tmp_path / "labels.txt"))
    response = answers(engine, about(paint("green"), "classify", ("sky", "grass")))[0]
    assert best(response) == "grass"
    assert "labels" in engine.identity


def test_objects(detector: Path, paint: Any) -> None:
    """The 64 x 32 picture lies in the middle of the input at half its size, 8 rows below."""
    pictures = [paint("green", size=(64, 32)), paint("blue", size=(64, 32))]
    engine = open_(f"onnx/{detector}", confidence=0.5)
    found = answers(engine, *[about(picture, "detect", CHOICES) for picture in pictures])
    content = json.loads(found[0].text)
    assert content["size"] == [32, 64]
    assert [(item["label"], item["box"]) for item in content["boxes"]] == [
        ("green", [16, 8, 32, 16])
    ]
    # 200 of 255 in half of the input, grey 114 in the other.
    assert content["boxes"][0]["score"] == pytest.approx((200 + 114) / 2 / 255, abs=1e-5)
    assert json.loads(found[1].text)["boxes"][0]["label"] == "blue"


def test_regions(segmenter: Path, paint: Any) -> None:
    picture = paint("red", "blue", size=(40, 24))
    engine = open_(f"onnx/{segmenter}", mean=0, std=1, labels="red,green,blue")
    own, renamed = answers(
        engine, about(picture, "segment"), about(picture, "segment", ("blue", "green", "red"))
    )
    labels = read_map(own.text)
    assert labels.shape == (24, 40)
    assert set(labels[:, :18].ravel()) == {0}
    assert set(labels[:, 22:].ravel()) == {2}
    assert np.array_equal(read_map(renamed.text), 2 - labels)


def test_a_class_that_the_benchmark_lacks_is_none_of_its_own(segmenter: Path, paint: Any) -> None:
    engine = open_(f"onnx/{segmenter}", mean=0, std=1, labels="red,green,blue")
    request = about(paint("red", "blue"), "segment", ("blue",))
    labels = read_map(answers(engine, request)[0].text)
    assert set(labels.ravel()) == {0, 1}
    assert labels[0, 0] == 1


def test_preprocessing_is_told_changed_and_part_of_the_identity(
    classifier: Path, paint: Any
) -> None:
    plain = open_(f"onnx/{classifier}")
    changed = open_(f"onnx/{classifier}", mean=127, std=128, scale=1, interpolation="bicubic")
    assert plain.identity["preprocess"] != changed.identity["preprocess"]
    assert "(x * 1 - 127,127,127) / 128,128,128" in changed.identity["preprocess"]
    assert "nothing says how its pictures are prepared" in plain.notes[0]
    assert "interpolation: bilinear -> bicubic" in changed.notes[0]
    found = looked(changed, paint("red"))
    assert found["picture"] == "40 x 30, image/png"
    assert found["preprocess"] == changed.identity["preprocess"]
    assert found["tensor"].startswith("3 x 8 x 8, min -0.9141, max 0.5703, mean ")
    assert found["top 5"].startswith("0 red ")


def test_settings_beside_the_file(classifier: Path) -> None:
    beside = classifier.with_name("colours.onnx.json")
    beside.write_text(json.dumps({"mean": 127, "std": 128, "scale": 1}))
    assert "/ 128,128,128" in open_(f"onnx/{classifier}").identity["preprocess"]
    assert "/ 3,3,3" in open_(f"onnx/{classifier}", std=3).identity["preprocess"]
    beside.write_text("[1]")
    with pytest.raises(ConfigError, match="no JSON object"):
        open_(f"onnx/{classifier}")


def test_files_of_transformers_beside_it(segmenter: Path, tmp_path: Path) -> None:
    (tmp_path / "preprocessor_config.json").write_text(
        json.dumps({"size": {"height": 16, "width": 16}, "image_mean": [0.1] * 3, "resample": 3})
    )
    (tmp_path / "config.json").write_text(json.dumps({"id2label": {"0": "a", "1": "b", "2": "c"}}))
    engine = open_(f"onnx/{segmenter}")
    assert engine.labels == (("a",), ("b",), ("c",))
    assert engine.identity["preprocess"].startswith("16x16 (bicubic); rgb chw; (x * 0.00392157 - 0")
    assert engine.notes == []


def test_a_file_of_fixed_batch(tmp_path: Path, paint: Any) -> None:
    path = write_onnx(
        tmp_path / "four.onnx",
        [node("ReduceMean", ["x"], "y", axes=[1, 2], keepdims=0)],
        takes=(4, 8, 8, 3),
        gives={"y": (4, 3)},
    )
    engine = open_(f"onnx/{path}", labels="red,green,blue")
    assert engine.preprocess.layout == "hwc"
    names = ["red", "green", "blue", "red", "blue", "green"]
    found = answers(engine, *[about(paint(name), "classify", CHOICES) for name in names])
    assert [best(response) for response in found] == names


def test_a_1001_class_model_is_shifted_and_says_so(tmp_path: Path, paint: Any) -> None:
    path = write_onnx(
        tmp_path / "shifted.onnx",
        [
            node("ReduceMean", ["x"], "m", axes=[1, 2, 3], keepdims=0),
            node("Unsqueeze", ["m", "last"], "column"),
            node("Mul", ["column", "zero"], "none"),
            node("Add", ["none", "scores"], "y"),
        ],
        takes=("b", 3, 4, 4),
        gives={"y": ("b", 1001)},
        constants={
            "last": np.array([1], np.int64),
            "zero": np.zeros(1, np.float32),
            "scores": np.arange(1001, dtype=np.float32)[None],
        },
    )
    engine = open_(f"onnx/{path}")
    request = about(paint("red"), "classify", tuple(f"c{n}" for n in range(1000)))
    assert best(answers(engine, request)[0]) == "c999"
    assert any("1,001 outputs" in note for note in engine.notes)


def test_errors_are_of_their_sample(classifier: Path, paint: Any, tmp_path: Path) -> None:
    from dataclasses import replace

    (tmp_path / "bad.png").write_bytes(b"no picture")
    good = paint("red")
    damaged = replace(good, path=str(tmp_path / "bad.png"))
    requests = [
        about(good, "classify", CHOICES),
        about(damaged, "classify", CHOICES),
        about(replace(good, kind="video"), "classify", CHOICES),
        about(good, "detect"),
        about(good, "classify", ("red", "pink")),
        about(good, "classify", CHOICES),
    ]
    found = answers(open_(f"onnx/{classifier}", batch_size=2), *requests)
    assert [type(answer) for answer in found] == [
        Response, ProviderError, ProviderError, ProviderError, ProviderError, Response,
    ]  # fmt: skip
    assert "bad.png" in str(found[1])
    assert "looks at one picture; the request shows video" in str(found[2])
    assert "can't answer detect" in str(found[3])
    assert "'pink'" in str(found[4])


def test_too_little_memory_halves_the_batch(
    classifier: Path, paint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_(f"onnx/{classifier}", batch_size=8)
    run, sizes = engine._run, []

    def tight(batch: Any) -> Any:
        sizes.append(len(batch))
        if len(batch) > 2:
            raise RuntimeError("Failed to allocate memory for requested buffer of size 1")
        return run(batch)

    monkeypatch.setattr(engine, "_run", tight)
    picture = paint("red")
    found = answers(engine, *[about(picture, "classify", CHOICES)] * 12)
    assert all(isinstance(answer, Response) for answer in found)
    assert sizes[:4] == [8, 4, 2, 2]
    assert max(sizes[-2:]) <= 2
    assert any("batches of 2" in note for note in engine.notes)
    assert not ran_out(RuntimeError("shape mismatch"))


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"meen": 1}, "Did you mean mean"),
        ({"task": "pose"}, "task=pose is unknown"),
        ({"size": 16}, "reads 8 x 8 pixels, not 16 x 16"),
        ({"device": "cuda"}, "sees no GPU"),
        ({"labels": "nowhere.txt"}, "no such file"),
        ({"confidence": "much"}, "no number"),
    ],
)
def test_settings_that_are_wrong(classifier: Path, extra: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _ = open_(f"onnx/{classifier}", **extra).labels


def test_files_that_are_no_models(tmp_path: Path, classifier: Path, segmenter: Path) -> None:
    with pytest.raises(ConfigError, match=r"Did you mean colours\.onnx"):
        open_(f"onnx/{tmp_path}/colors.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"bad")
    with pytest.raises(ConfigError, match="can't be opened as an ONNX model"):
        open_(f"onnx/{tmp_path}/bad.onnx")
    words = write_onnx(
        tmp_path / "words.onnx",
        [node("Relu", ["x"], "y")],
        takes=("b", 5),
        gives={"y": ("b", 5)},
    )
    with pytest.raises(ConfigError, match="not one batch of pictures"):
        open_(f"onnx/{words}")
    with pytest.raises(ConfigError, match="a crop leaves parts"):
        open_(f"onnx/{segmenter}", fit="crop")
    wrong = open_(f"onnx/{classifier}", labels="a,b")
    assert wrong.labels == (("a",), ("b",))


def test_labels_of_another_number_are_an_error(classifier: Path, paint: Any) -> None:
    found = answers(open_(f"onnx/{classifier}", labels="a,b"), about(paint("red"), "classify"))
    assert "has 3 outputs, and 2 labels were given" in str(found[0])


def test_pictures_are_made_ahead_in_order_and_no_more_than_is_held() -> None:
    """Half a dozen may be in the making; those that wait may hold 10 bytes."""
    lock, begun, most = threading.Lock(), [0], [0]
    taken = 0

    def make(number: int) -> int:
        with lock:
            begun[0] += 1
        return number

    stream = made_ahead(make, range(100), ahead=6, size=lambda _: 1, threads=3)
    for place, number in enumerate(stream):
        assert number == place
        taken += 1
        most[0] = max(most[0], begun[0] - taken)
    assert taken == 100
    assert most[0] <= 6
    narrow = made_ahead(make, range(20), ahead=6, size=lambda _: 100, threads=1, most_bytes=10)
    assert list(narrow) == list(range(20))


def test_what_making_raises_comes_through() -> None:
    def make(number: int) -> int:
        if number == 2:
            raise ValueError("two")
        return number

    stream = made_ahead(make, range(5), ahead=3, size=lambda _: 1)
    assert [next(stream), next(stream)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(stream)
