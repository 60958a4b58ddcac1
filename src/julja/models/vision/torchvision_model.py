"""`torchvision/NAME`: classifiers, detectors and segmenters with the transforms of their weights.

    julja run imagenet -m torchvision/resnet50 -M weights=IMAGENET1K_V2
    julja run coco_detection -m torchvision/fasterrcnn_resnet50_fpn_v2
    julja run my-regions -m torchvision/lraspp_mobilenet_v3_large -M weights=./regions.pth

Model arguments besides those of `engine`: `weights` (a name of torchvision's, or a file),
`pretrained=false` (random weights, for tests), `num_classes`, `confidence` (lowest score of an
object), `dtype`. Without `weights` torchvision's default ones are taken.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
import torch

from julja.errors import ConfigError, did_you_mean
from julja.models.engine import Ability
from julja.models.hf.load import first_line
from julja.models.registry import EngineOptions, read_flag, read_number
from julja.models.vision import preprocess as steps
from julja.models.vision import torch_model as shared
from julja.models.vision.engine import PictureEngine
from julja.models.vision.labels import Labels
from julja.models.vision.maps import label_map
from julja.models.vision.outputs import boxes_of
from julja.models.vision.yolo import put_back
from julja.predictions import mask_runs
from julja.types import Json

_CONFIDENCE = 0.001


def open_engine(name: str, options: EngineOptions) -> "TorchvisionEngine":
    """Open `torchvision/NAME`."""
    models = import_module("torchvision.models")
    known = models.list_models()
    if name not in known:
        raise ConfigError(
            f"torchvision has no model {name!r}.",
            hint=did_you_mean(name, known) or "`torchvision.models.list_models()` lists them.",
        )
    return TorchvisionEngine(name, options, _task(name, models))


def _task(name: str, models: Any) -> Ability:
    if name in models.list_models(module=models.detection):
        return "detect"
    if name in models.list_models(module=models.segmentation):
        return "segment"
    if name in models.list_models(module=models):
        return "classify"
    raise ConfigError(f"torchvision/{name} reads no single pictures.")


class TorchvisionEngine(PictureEngine):
    """One model of torchvision; see the module."""

    provider: ClassVar[str] = "torchvision"
    own: ClassVar[frozenset[str]] = steps.ARGUMENTS | shared.TORCH | {"num_classes", "confidence"}

    def __init__(self, name: str, options: EngineOptions, task: Ability) -> None:
        super().__init__(name, options, task)
        self._model_name = name
        self._models = import_module("torchvision.models")
        self._file = shared.weights_file(self._extra)
        self._kinds = self._models.get_model_weights(name)
        self._named = self._weights()
        self._device = shared.device_of(self._extra)
        self._dtype = shared.dtype_of(self._extra)
        self._confidence = read_number(self._extra, "confidence", _CONFIDENCE)
        self._model: Any = None
        # Preprocessing and labels of other weights are those of the default ones.
        self._reference = self._named or next(iter(self._kinds), None)
        self.own_preprocess = self._preprocess()
        self.preprocess = steps.changed(self.own_preprocess, self._extra, self.name)

    def _weights(self) -> Any:
        """torchvision's weights that are wanted, None for a file or random ones."""
        if self._file is not None:
            return None
        given = self._extra.get("weights")
        if given is None:
            wanted = read_flag({"pretrained": True, **self._extra}, "pretrained")
            return getattr(self._kinds, "DEFAULT", None) if wanted else None
        names = [item.name for item in self._kinds]
        if str(given) not in [*names, "DEFAULT"]:
            raise ConfigError(
                f"-M weights={given}: {self.name} has no such weights, and there is no such file.",
                hint=did_you_mean(str(given), names) or f"It has {', '.join(names) or 'none'}.",
            )
        return self._kinds[str(given)]

    def _preprocess(self) -> steps.Preprocess:
        """As the weights' own `transforms` do."""
        if self.ability == "detect":
            # The model resizes and normalises by itself.
            return steps.Preprocess(fit="none", mean=(0.0,) * 3, std=(1.0,) * 3)
        if self._reference is None:
            return steps.Preprocess()
        preset = self._reference.transforms()
        resize = int(preset.resize_size[0])
        common: dict[str, Any] = {
            "resize": resize,
            "interpolation": preset.interpolation.value,
            "mean": tuple(preset.mean),
            "std": tuple(preset.std),
        }
        if self.ability == "segment":
            return steps.Preprocess(fit="shortest", height=resize, width=resize, **common)
        side = int(preset.crop_size[0])
        return steps.Preprocess(height=side, width=side, **common)

    def _identity(self) -> dict[str, str]:
        vision = import_module("torchvision")
        if self._file is not None:
            weights = shared.file_identity(self._file)
        else:
            weights = (
                "random, seed 0" if self._named is None else f"{self._named} {self._named.url}"
            )
        told = {
            "weights": weights,
            "dtype": str(self._dtype).removeprefix("torch."),
            "build": f"torchvision {vision.__version__}, torch {torch.__version__}",
        }
        if self.ability == "detect":
            told["confidence"] = f"{self._confidence:g}"
        return told

    def _own_labels(self) -> Labels:
        names = self._reference.meta.get("categories") if self._reference is not None else None
        count = self._classes()
        if names and (count is None or count == len(names)):
            return tuple((str(name),) for name in names)
        return ((),) * (count or 0)

    def _classes(self) -> int | None:
        if self._extra.get("num_classes") is None:
            return None
        return int(read_number(self._extra, "num_classes", 0, low=1))

    def _batch_size(self) -> int:
        wide = self.ability == "classify"
        return (64 if wide else 4) if self._device.type == "cuda" else (16 if wide else 2)

    def _load(self) -> None:
        if self._model is not None:
            return
        more: dict[str, Any] = {}
        count = self._classes()
        if count is not None:
            more["num_classes"] = count
        elif self._named is None and self._reference is not None:
            more["num_classes"] = len(self._reference.meta["categories"])
        if self.ability != "classify":
            more["weights_backbone"] = None
        if self._named is None and self._file is None:
            shared.random_weights()
        try:
            model = self._models.get_model(self._model_name, weights=self._named, **more)
        except Exception as error:  # the download and torch each raise their own
            raise ConfigError(
                f"{self.name} can't be loaded: {first_line(error)}",
                hint="Without the network its weights must be in TORCH_HOME already; or give a"
                " file: -M weights=FILE (-M pretrained=false draws random weights).",
            ) from error
        if self._file is not None:
            shared.load_state(model, self._file, self.name)
        self._model = model.eval().to(device=self._device, dtype=self._dtype)

    def _release(self) -> None:
        self._model = None

    def _run(self, batch: Sequence[steps.Prepared]) -> Sequence[Any]:
        with torch.inference_mode():
            if self.ability == "detect":
                pixels = [torch.from_numpy(item.pixels).to(self._device, self._dtype)
                          for item in batch]  # fmt: skip
                found = self._model(pixels)
                return [
                    self._objects(item, parts) for item, parts in zip(batch, found, strict=True)
                ]
            if self.ability == "segment":
                # Pictures keep their shape, so each goes through alone.
                return [self._regions(item) for item in batch]
            pixels = shared.stacked([item.pixels for item in batch], self._device, self._dtype)
            return list(self._model(pixels).float().cpu().numpy())

    def _regions(self, item: steps.Prepared) -> Any:
        pixels = shared.stacked([item.pixels], self._device, self._dtype)
        scores = self._model(pixels)["out"][0].float().cpu().numpy()
        return label_map(scores, item.place, item.pixels.shape[1:3])

    def _objects(self, item: steps.Prepared, found: Mapping[str, Any]) -> Any:
        parts = {key: value.float().cpu().numpy() for key, value in found.items()}
        keep = parts["scores"] >= self._confidence
        boxes = put_back(parts["boxes"][keep], item.place)
        masks: list[Mapping[str, Json]] | None = None
        if "masks" in parts:
            masks = [mask_runs(mask[0] >= 0.5) for mask in parts["masks"][keep]]
        labels = parts["labels"][keep].astype(np.intp)
        return boxes_of(boxes, parts["scores"][keep], labels, self.labels, masks)
