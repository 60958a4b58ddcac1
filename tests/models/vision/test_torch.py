"""timm's and torchvision's models: random weights, against the libraries' own transforms."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

pytest.importorskip("torch", reason="needs torch, torchvision and timm")
# torchvision raises RuntimeError beside a torch that it was not built for.
pytest.importorskip("torchvision", reason="needs torchvision", exc_type=ImportError)
pytest.importorskip("timm", reason="needs timm", exc_type=ImportError)

import numpy as np
import timm
import torch
import torchvision
from PIL import Image

from julja.errors import ConfigError, ProviderError
from julja.pictures import keep
from julja.predictions import read_map
from julja.types import Media

from .conftest import about, answers, looked, open_


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Media]:
    folder = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(0)
    made = []
    for number, size in enumerate([(300, 401), (500, 333), (224, 224), (90, 50)]):
        coarse = draw.integers(0, 256, (9, 7, 3), np.uint8)
        picture = Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC)
        picture.save(folder / f"{number}.png")
        made.append(keep(folder / f"{number}.png"))
    return made


def image(media: Media) -> Image.Image:
    return Image.open(media.path).convert("RGB")


TIMM = [
    "resnet18.a1_in1k",  # bicubic, 0.95
    "tf_efficientnet_lite0.in1k",  # bicubic, its own mean
    "mobilenetv3_small_050.lamb_in1k",
    "convnext_atto.d2_in1k",
]


@pytest.mark.parametrize("name", TIMM)
def test_timm_preprocessing_is_timms(name: str, pictures: list[Media]) -> None:
    engine = open_(f"timm/{name}", pretrained=False, device="cpu")
    own = timm.data.create_transform(**timm.data.resolve_data_config(model=engine._model))
    for item in pictures:
        made = engine._prepare(image(item)).pixels
        assert np.abs(made - own(image(item)).numpy()).max() < 1e-5


def test_squashed_models_of_timm(pictures: list[Media]) -> None:
    engine = open_("timm/coat_lite_medium_384.in1k", pretrained=False, device="cpu")
    assert engine.preprocess.fit == "squash"
    config = timm.data.resolve_data_config(model=engine._model)
    own = timm.data.create_transform(**config)
    made = engine._prepare(image(pictures[0])).pixels
    assert np.abs(made - own(image(pictures[0])).numpy()).max() < 1e-5


def test_timm_classes(pictures: list[Media], tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = timm.create_model("mobilenetv3_small_050", num_classes=3).eval()
    path = tmp_path / "weights.pth"
    torch.save({"state_dict": {f"module.{k}": v for k, v in model.state_dict().items()}}, path)
    engine = open_(
        "timm/mobilenetv3_small_050", weights=str(path), num_classes=3, labels="a,b,c",
        device="cpu", batch_size=3,
    )  # fmt: skip
    own = timm.data.create_transform(**timm.data.resolve_data_config(model=model))
    found = answers(engine, *[about(item, "classify", ("c", "a")) for item in pictures])
    for item, response in zip(pictures, found, strict=True):
        with torch.inference_mode():
            expected = torch.log_softmax(model(own(image(item))[None])[0], -1)[[2, 0]].tolist()
        assert [c.loglikelihood for c in response.choices] == pytest.approx(expected, abs=1e-4)
    assert engine.identity["weights"].startswith("file ")


def test_timm_knows_the_names_of_imagenet(pictures: list[Media]) -> None:
    engine = open_("timm/mobilenetv3_small_050.lamb_in1k", pretrained=False, device="cpu")
    assert engine.labels[0] == ("n01440764", "tench, Tinca tinca")
    response = answers(engine, about(pictures[0], "classify", ("n01443537", "tench")))[0]
    assert len(response.choices) == 2
    assert engine.identity["weights"] == "random, seed 0"


def test_random_weights_are_the_same_again(pictures: list[Media]) -> None:
    def scores() -> Any:
        engine = open_("timm/mobilenetv3_small_050", pretrained=False, device="cpu")
        return answers(engine, about(pictures[0], "classify", ("tench",)))[0].choices

    assert scores() == scores()


class _Files(BaseHTTPRequestHandler):
    """Serves `files` by the end of their address, as the hub and PyTorch's own server do."""

    files: ClassVar[dict[str, Path]] = {}

    def do_HEAD(self) -> None:
        self._head()

    def do_GET(self) -> None:
        path = self._head()
        if path is not None:
            self.wfile.write(path.read_bytes())

    def _head(self) -> Path | None:
        path = self.files.get(self.path.partition("?")[0].rpartition("/")[2])
        self.send_response(404 if path is None else 200)
        self.send_header("Content-Length", str(path.stat().st_size if path else 0))
        if path is None:
            self.send_header("X-Error-Code", "EntryNotFound")
        else:
            self.send_header("ETag", f'"{hashlib.sha256(path.read_bytes()).hexdigest()}"')
        self.send_header("X-Repo-Commit", "a" * 40)
        self.end_headers()
        return path

    def log_message(self, *_: Any) -> None:
        """Nothing to say."""


@pytest.fixture
def serve() -> Iterator[Any]:
    """Serve a folder's files on this machine: their server's address."""
    servers = []

    def start(folder: Path) -> str:
        handler = type("Handler", (_Files,), {"files": {p.name: p for p in folder.iterdir()}})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_weights_of_a_hub(serve: Any, tmp_path: Path) -> None:
    """`timm/hf_hub:ORG/NAME` from a hub on this machine, then without it, out of HF_HOME."""
    _snapshot(tmp_path / "files")
    url = serve(tmp_path / "files")
    code = (
        "from julja.models.registry import open_engine;"
        "print(open_engine('timm/hf_hub:me/net').identity)"
    )
    places = {"HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1"}
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=250,
            env={**os.environ, **places, **more},
        )
        for more in ({"HF_ENDPOINT": url}, {"HF_HUB_OFFLINE": "1"})
    ]
    assert [run.returncode for run in found] == [0, 0], found[0].stderr + found[1].stderr
    assert "centre 64x64" in found[0].stdout
    assert "'weights': 'hub " in found[0].stdout
    assert found[1].stdout == found[0].stdout


def test_weights_of_torchvision_are_fetched(
    serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(5)
    (tmp_path / "files").mkdir()
    torch.save(torchvision.models.squeezenet1_1().state_dict(), tmp_path / "net.pth")
    digest = hashlib.sha256((tmp_path / "net.pth").read_bytes()).hexdigest()
    name = f"net-{digest[:8]}.pth"
    (tmp_path / "net.pth").rename(tmp_path / "files" / name)
    weights = torchvision.models.SqueezeNet1_1_Weights.IMAGENET1K_V1
    monkeypatch.setattr(weights.value, "url", f"{serve(tmp_path / 'files')}/{name}")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    engine = open_("torchvision/squeezenet1_1", device="cpu")
    engine._load()
    assert (tmp_path / "home" / "hub" / "checkpoints" / name).is_file()
    assert engine.identity["weights"].endswith(name)
    monkeypatch.setattr(weights.value, "url", "http://127.0.0.1:9/other-00000000.pth")
    with pytest.raises(ConfigError, match=r"can't be loaded.*-M weights=FILE"):
        open_("torchvision/squeezenet1_1", device="cpu")._load()


def test_a_model_of_a_folder(pictures: list[Media], tmp_path: Path) -> None:
    """`local-dir:` is how timm reads a snapshot of the hub."""
    _snapshot(tmp_path)
    engine = open_(f"timm/local-dir:{tmp_path}", device="cpu")
    assert engine.labels == (("cat",), ("dog",), ("cow",))
    assert "centre 64x64" in engine.identity["preprocess"]
    assert engine.identity["weights"].startswith("hub ")


def _snapshot(folder: Path) -> None:
    """What timm pushes to the hub: weights, and a configuration with preprocessing and labels."""
    from safetensors.torch import save_file

    folder.mkdir(exist_ok=True)
    model = timm.create_model("mobilenetv3_small_050", num_classes=3)
    save_file(model.state_dict(), folder / "model.safetensors")
    config = {
        "architecture": "mobilenetv3_small_050", "num_classes": 3,
        "pretrained_cfg": {
            "num_classes": 3, "input_size": [3, 64, 64], "crop_pct": 1.0, "mean": [0.5] * 3,
            "std": [0.25] * 3, "interpolation": "bilinear", "label_names": ["cat", "dog", "cow"],
            "first_conv": "conv_stem", "classifier": "classifier",
        },
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("name", "extra", "message"),
    [
        ("timm/resnet81", {"pretrained": False}, "no model 'resnet81'"),
        ("timm/resnet18", {"weights": "nowhere.pth"}, "no such file"),
        ("timm/resnet18", {"weights": "NAMED"}, "no such file"),
        ("torchvision/resnet81", {"pretrained": False}, "Did you mean resnet"),
        ("torchvision/r3d_18", {"pretrained": False}, "reads no single pictures"),
        ("torchvision/resnet18", {"weights": "IMAGENET1K_V9"}, "Did you mean IMAGENET1K_V1"),
        ("torchvision/resnet18", {"weights": "./nowhere.pth"}, "no such file"),
    ],
)
def test_names_that_are_wrong(name: str, extra: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        open_(name, **extra)


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(2)}, tmp_path / "a.pth")
    with pytest.raises(ConfigError, match="1 are not its own"):
        open_("timm/resnet18", weights=str(tmp_path / "a.pth"))
    (tmp_path / "b.pth").write_bytes(b"bad")
    with pytest.raises(ConfigError, match="no weights that can be read"):
        open_("timm/resnet18", weights=str(tmp_path / "b.pth"))
    torch.save({"a": Path}, tmp_path / "c.pth")  # code is never unpickled
    with pytest.raises(ConfigError, match="no weights that can be read"):
        open_("timm/resnet18", weights=str(tmp_path / "c.pth"))


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("resnet18", "ResNet18_Weights"),
        ("efficientnet_b0", "EfficientNet_B0_Weights"),
        ("swin_t", "Swin_T_Weights"),
    ],
)
def test_torchvision_preprocessing_is_torchvisions(
    name: str, weights: str, pictures: list[Media]
) -> None:
    engine = open_(f"torchvision/{name}", pretrained=False, device="cpu")
    own = getattr(torchvision.models, weights).DEFAULT.transforms()
    for item in pictures:
        made = engine._prepare(image(item)).pixels
        assert np.abs(made - own(image(item)).numpy()).max() < 1e-5


def test_torchvision_classes(pictures: list[Media], tmp_path: Path) -> None:
    torch.manual_seed(2)
    model = torchvision.models.mobilenet_v3_small().eval()
    torch.save(model.state_dict(), tmp_path / "m.pth")
    path = str(tmp_path / "m.pth")
    engine = open_("torchvision/mobilenet_v3_small", weights=path, device="cpu")
    own = torchvision.models.MobileNet_V3_Small_Weights.DEFAULT.transforms()
    request = about(pictures[0], "classify", ("goldfish", "tench"))
    response = answers(engine, request)[0]
    with torch.inference_mode():
        expected = torch.log_softmax(model(own(image(pictures[0]))[None])[0], -1)[[1, 0]]
    values = [choice.loglikelihood for choice in response.choices]
    assert values == pytest.approx(expected.tolist(), abs=1e-4)


def test_torchvision_objects(pictures: list[Media], tmp_path: Path) -> None:
    torch.manual_seed(3)
    build = torchvision.models.detection.ssdlite320_mobilenet_v3_large
    model = build(weights=None, weights_backbone=None).eval()
    torch.save(model.state_dict(), tmp_path / "m.pth")
    engine = open_(
        "torchvision/ssdlite320_mobilenet_v3_large", weights=str(tmp_path / "m.pth"), device="cpu"
    )
    found = answers(engine, *[about(item, "detect") for item in pictures[:2]])
    names = torchvision.models.detection.SSDLite320_MobileNet_V3_Large_Weights.DEFAULT.meta
    for item, response in zip(pictures, found, strict=False):
        content = json.loads(response.text)
        pixels = torchvision.transforms.functional.to_tensor(image(item))
        with torch.inference_mode():
            expected = model([pixels])[0]
        assert content["size"] == [image(item).height, image(item).width]
        labels = [names["categories"][int(label)] for label in expected["labels"]]
        assert sorted(box["label"] for box in content["boxes"]) == sorted(labels)
        scores = sorted((box["score"] for box in content["boxes"]), reverse=True)
        assert scores == pytest.approx(expected["scores"].tolist(), abs=1e-4)


def test_torchvision_masks(pictures: list[Media]) -> None:
    """Random weights find what they find; masks are of the picture's size."""
    engine = open_("torchvision/maskrcnn_resnet50_fpn", pretrained=False, device="cpu")
    content = json.loads(answers(engine, about(pictures[3], "detect"))[0].text)
    for box in content["boxes"]:
        assert box["mask"]["size"] == [90, 50]
        assert isinstance(box["mask"]["counts"], str)


def test_torchvision_regions(pictures: list[Media], tmp_path: Path) -> None:
    torch.manual_seed(4)
    model = torchvision.models.segmentation.lraspp_mobilenet_v3_large(
        weights=None, weights_backbone=None
    ).eval()
    torch.save(model.state_dict(), tmp_path / "m.pth")
    path = str(tmp_path / "m.pth")
    engine = open_("torchvision/lraspp_mobilenet_v3_large", weights=path, device="cpu")
    labels = read_map(answers(engine, about(pictures[0], "segment"))[0].text)
    preset = torchvision.models.segmentation.LRASPP_MobileNet_V3_Large_Weights.DEFAULT.transforms()
    with torch.inference_mode():
        scores = model(preset(image(pictures[0]))[None])["out"]
    full = torch.nn.functional.interpolate(scores, labels.shape, mode="bilinear")
    # Pillow smooths where it shrinks, torch doesn't: borders may move by a pixel.
    assert (full[0].argmax(0).numpy() == labels).mean() > 0.97


def test_doctor_shows_the_picture(pictures: list[Media]) -> None:
    found = looked(open_("torchvision/resnet18", pretrained=False, device="cpu"), pictures[0])
    assert found["preprocess"].startswith("shorter side 256 (bilinear), centre 224x224; rgb chw")
    assert found["tensor"].startswith("3 x 224 x 224, min ")


def test_a_clip_is_refused(pictures: list[Media]) -> None:
    from dataclasses import replace

    engine = open_("torchvision/resnet18", pretrained=False, device="cpu")
    found = answers(engine, about(replace(pictures[0], kind="video"), "classify"))
    assert isinstance(found[0], ProviderError)
