"""YOLO11n by `onnx/` against its recorded predictions on COCO's pictures.

The weights (AGPL-3.0) are no part of this repository: `make .models` fetches them, see
tests/weights.py.
"""

import asyncio
import gzip
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnxruntime", reason="needs the vision extra: onnxruntime")

from tests.weights import weights

from julja.cli.main import main
from julja.models.registry import EngineOptions, open_engine
from julja.pictures import keep
from julja.types import MEDIA_MARK, Message, Prompt, Request

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
# The recording was made with Pillow's bilinear filter instead of OpenCV's.
SETTINGS = {"interpolation": "bilinear", "device": "cpu"}


def test_yolo11n_finds_what_was_recorded(mirror: Path) -> None:
    model = weights("yolo11n.onnx")
    folder = mirror / "coco_val128"
    files = sorted((folder / "images" / "val2017").glob("*.jpg"))
    found = asyncio.run(_found(model, files))
    instances = _json(folder / "instances_val2017_first128_rebuilt.json.gz")
    names = {kind["id"]: kind["name"] for kind in instances["categories"]}
    recorded: dict[int, list[Any]] = defaultdict(list)
    for row in _json(folder / "pred_yolo11n.json.gz"):
        recorded[row["image_id"]].append((names[row["category_id"]], row["bbox"], row["score"]))
    assert len(files) >= 40
    for file, boxes in zip(files, found, strict=True):
        expected = recorded[int(file.stem)]
        assert len(boxes) == len(expected)
        for name, box, score in expected:
            if min(box[2:]) <= 0:
                # The recording cut boxes at two edges alone: one beyond the picture turns over.
                continue
            near = [
                item
                for item in boxes
                if item["label"] == name
                and abs(item["score"] - score) < 1e-4
                and max(abs(a - b) for a, b in zip(item["box"], box, strict=True)) < 0.1
            ]
            assert near, (file.name, name, box, score)


@pytest.mark.slow
def test_yolo11ns_precision_is_that_of_its_recorded_predictions(
    mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = weights("yolo11n.onnx")
    source = mirror / "coco_val128"
    pictures = source / "images" / "val2017"
    data = tmp_path / "coco"
    (data / "annotations").mkdir(parents=True)
    (data / "val2017").symlink_to(pictures)
    ids = {int(file.stem) for file in pictures.glob("*.jpg")}
    truth = _json(source / "instances_val2017_first128_rebuilt.json.gz")
    truth["images"] = [item for item in truth["images"] if item["id"] in ids]
    truth["annotations"] = [item for item in truth["annotations"] if item["image_id"] in ids]
    (data / "annotations" / "instances_val2017.json").write_text(json.dumps(truth))
    recorded = [r for r in _json(source / "pred_yolo11n.json.gz") if r["image_id"] in ids]
    (tmp_path / "recorded.json").write_text(json.dumps(recorded))

    def numbers(verb: str, *arguments: str) -> dict[str, float]:
        places = ["--data", str(tmp_path), "--store", str(tmp_path / "julja.db"), "--json"]
        with pytest.raises(SystemExit) as stop:
            main([verb, "coco_detection", *arguments, *places])
        said = capsys.readouterr()
        assert stop.value.code == 0, said.err
        (result,) = json.loads(said.out)["results"]
        assert result["counts"]["scored"] == len(ids)
        return {name: item["value"] for name, item in result["metrics"].items()}

    extra = [part for name, value in SETTINGS.items() for part in ("-M", f"{name}={value}")]
    found = numbers("run", "-m", f"onnx/{model}", *extra)
    assert found == pytest.approx(
        numbers("score", "--responses", str(tmp_path / "recorded.json")), abs=1e-3
    )


def _json(path: Path) -> Any:
    return json.loads(gzip.decompress(path.read_bytes()))


async def _found(model: Path, files: list[Path]) -> list[Any]:
    options = EngineOptions(extra=SETTINGS)
    engine: Any = open_engine(f"onnx/{model}", options)
    requests = [
        Request("detect", Prompt((Message("user", MEDIA_MARK, (keep(file),)),))) for file in files
    ]
    try:
        answers = {index: answer async for index, answer in engine.ask_many(requests)}
    finally:
        await engine.close()
    return [json.loads(answers[index].text)["boxes"] for index in range(len(files))]
