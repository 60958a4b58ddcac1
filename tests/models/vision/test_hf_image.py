"""transformers' models of pictures: small random ones, against transformers itself."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs the hf extra: torch and transformers")
pytest.importorskip("transformers", reason="needs the hf extra: torch and transformers")

import numpy as np
import torch
import transformers
from PIL import Image

from julja.errors import ConfigError
from julja.pictures import keep
from julja.predictions import read_map
from julja.types import Media

from .conftest import about, answers, best, looked, open_

NAMES = {0: "cat", 1: "dog", 2: "cow"}
SMALL = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "image_size": [32, 32], "patch_size": 8, "initializer_range": 0.5, "id2label": NAMES,
}  # fmt: skip
SIZE = {"height": 32, "width": 32}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Media]:
    folder = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(0)
    made = []
    for number, size in enumerate([(40, 60), (50, 30), (32, 32)]):
        Image.fromarray(draw.integers(0, 256, (*size, 3), np.uint8)).save(folder / f"{number}.png")
        made.append(keep(folder / f"{number}.png"))
    return made


def image(media: Media) -> Image.Image:
    return Image.open(media.path).convert("RGB")


@pytest.fixture(scope="module")
def vit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vit")
    torch.manual_seed(0)
    config = transformers.ViTConfig(**{**SMALL, "image_size": 32})
    transformers.ViTForImageClassification(config).eval().save_pretrained(folder)
    transformers.ViTImageProcessor(size=SIZE).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def yolos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("yolos")
    torch.manual_seed(0)
    config = transformers.YolosConfig(**SMALL, num_detection_tokens=5)
    transformers.YolosForObjectDetection(config).eval().save_pretrained(folder)
    processor = transformers.YolosImageProcessor(size={"shortest_edge": 32, "longest_edge": 48})
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def segformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("segformer")
    torch.manual_seed(0)
    config = transformers.SegformerConfig(
        hidden_sizes=[8, 8, 16, 16], depths=[1] * 4, decoder_hidden_size=16, id2label=NAMES,
        num_attention_heads=[1, 1, 2, 2], initializer_range=0.5,
    )  # fmt: skip
    transformers.SegformerForSemanticSegmentation(config).eval().save_pretrained(folder)
    transformers.SegformerImageProcessor(size=SIZE).save_pretrained(folder)
    return folder


def raw(folder: Path, auto: Any, media: Media) -> tuple[Any, Any]:
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    model = auto.from_pretrained(folder).eval()
    with torch.inference_mode():
        return processor, model(**processor(images=image(media), return_tensors="pt"))


def test_classes_are_those_of_transformers(vit: Path, pictures: list[Media]) -> None:
    engine = open_(f"hf-image/{vit}", device="cpu", batch_size=2)
    assert engine.abilities == {"classify", "images"}
    found = answers(engine, *[about(item, "classify", ("cow", "cat", "dog")) for item in pictures])
    for item, response in zip(pictures, found, strict=True):
        _, output = raw(vit, transformers.AutoModelForImageClassification, item)
        expected = torch.log_softmax(output.logits[0], -1)[[2, 0, 1]].tolist()
        values = [choice.loglikelihood for choice in response.choices]
        assert values == pytest.approx(expected, abs=1e-4)


def test_objects_are_those_of_transformers(yolos: Path, pictures: list[Media]) -> None:
    found = answers(
        open_(f"hf-image/{yolos}", device="cpu"), *[about(item, "detect") for item in pictures]
    )
    for item, response in zip(pictures, found, strict=True):
        width, height = image(item).size
        processor, output = raw(yolos, transformers.AutoModelForObjectDetection, item)
        expected = processor.post_process_object_detection(
            output, threshold=0.001, target_sizes=[(height, width)]
        )[0]
        content = json.loads(response.text)
        order = expected["scores"].argsort(descending=True)
        assert content["size"] == [height, width]
        assert [box["score"] for box in content["boxes"]] == pytest.approx(
            expected["scores"][order].tolist(), abs=1e-4
        )
        assert [box["label"] for box in content["boxes"]] == [
            NAMES[int(label)] for label in expected["labels"][order]
        ]
        for box, corners in zip(content["boxes"], expected["boxes"][order].tolist(), strict=True):
            left, top, wide, high = box["box"]
            edges = [min(max(side, 0), edge) for side, edge in zip(corners, [width, height] * 2)]  # noqa: B905
            assert [left, top, left + wide, top + high] == pytest.approx(edges, abs=0.01)


def test_regions_are_those_of_transformers(segformer: Path, pictures: list[Media]) -> None:
    found = answers(
        open_(f"hf-image/{segformer}", device="cpu"), *[about(item, "segment") for item in pictures]
    )
    for item, response in zip(pictures, found, strict=True):
        width, height = image(item).size
        processor, output = raw(segformer, transformers.AutoModelForSemanticSegmentation, item)
        expected = processor.post_process_semantic_segmentation(
            output, target_sizes=[(height, width)]
        )[0].numpy()
        labels = read_map(response.text)
        assert labels.shape == (height, width)
        assert (labels == expected).mean() > 0.999


def test_preprocessing_is_the_models_and_can_be_changed(vit: Path, pictures: list[Media]) -> None:
    plain = open_(f"hf-image/{vit}", device="cpu")
    changed = open_(f"hf-image/{vit}", device="cpu", mean="0.1,0.2,0.3", interpolation="bicubic")
    assert '"image_mean":[0.1,0.2,0.3]' in changed.identity["preprocess"]
    assert '"resample":3' in changed.identity["preprocess"]
    assert plain.identity["preprocess"] != changed.identity["preprocess"]
    assert "image_mean=[0.1, 0.2, 0.3]" in changed.notes[0]
    one, other = looked(plain, pictures[0]), looked(changed, pictures[0])
    processor = transformers.AutoImageProcessor.from_pretrained(vit)
    pixels = processor(images=image(pictures[0]), return_tensors="np")["pixel_values"][0]
    assert one["tensor"].startswith(
        f"3 x 32 x 32, min {pixels.min():.4f}, max {pixels.max():.4f}, mean {pixels.mean():.4f}"
    )
    assert one["tensor"] != other["tensor"]
    assert one["top 5"].count(" ") >= 5


def test_labels_can_be_named(vit: Path, pictures: list[Media]) -> None:
    engine = open_(f"hf-image/{vit}", device="cpu", labels="a,b,c")
    response = answers(engine, about(pictures[0], "classify"))[0]
    assert best(response) in ("a", "b", "c")


def test_what_is_no_model_of_pictures(tmp_path: Path, vit: Path) -> None:
    config = transformers.BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1)
    config.architectures = ["BertModel"]
    config.save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="a BertModel, which names neither"):
        open_(f"hf-image/{tmp_path}")
    with pytest.raises(ConfigError, match="can't be loaded"):
        open_(f"hf-image/{tmp_path}/nowhere")
    with pytest.raises(ConfigError, match=r"interpolation=linear.*can't do that"):
        open_(f"hf-image/{vit}", interpolation="linear")
    (tmp_path / "config.json").write_text((vit / "config.json").read_text())
    with pytest.raises(ConfigError, match="no image processor"):
        open_(f"hf-image/{tmp_path}")
