"""`hf-image/NAME`: transformers models of pictures, with the image processor of their weights.

    julja run imagenet -m hf-image/google/vit-base-patch16-224
    julja run coco_detection -m hf-image/facebook/detr-resnet-50
    julja run ade20k -m hf-image/nvidia/segformer-b0-finetuned-ade-512-512

The configuration's architecture says what it answers: …ForImageClassification, …ForObjectDetection,
…Segmentation. Model arguments besides those of `engine`: `revision`, `dtype`, `trust_remote_code`,
`confidence`; of the preprocessing `size`, `interpolation`, `scale`, `mean`, `std` change the
processor's own values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import (
    AutoImageProcessor,
    AutoModelForImageClassification,
    AutoModelForObjectDetection,
    AutoModelForSemanticSegmentation,
    AutoModelForUniversalSegmentation,
)

from julja.errors import ConfigError
from julja.models.engine import Ability
from julja.models.hf.load import Spec, first_line, identity_of, load_as, load_config, pick_device
from julja.models.registry import EngineOptions, read_number
from julja.models.vision import preprocess as steps
from julja.models.vision.engine import PictureEngine
from julja.models.vision.labels import Labels, listed
from julja.models.vision.outputs import boxes_of
from julja.models.vision.processors import RESAMPLE
from julja.signature import canonical
from julja.types import Json

_SPEC = ("revision", "dtype", "device")
_OWN = {*_SPEC, "trust_remote_code", "confidence"}
_CHANGES = frozenset({"size", "interpolation", "scale", "mean", "std"})
_KINDS: Mapping[str, tuple[Ability, Any]] = {
    "ImageClassification": ("classify", AutoModelForImageClassification),
    "ObjectDetection": ("detect", AutoModelForObjectDetection),
    "SemanticSegmentation": ("segment", AutoModelForSemanticSegmentation),
    "UniversalSegmentation": ("segment", AutoModelForUniversalSegmentation),
    "InstanceSegmentation": ("segment", AutoModelForUniversalSegmentation),
}
# What says nothing of the numbers that come out.
_NOISE = {"image_processor_type", "feature_extractor_type", "processor_class", "data_format"}
_CONFIDENCE = 0.001


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the processor made of one picture of `size` (height, width)."""

    tensors: Mapping[str, Any]
    size: tuple[int, int]


def open_engine(name: str, options: EngineOptions) -> "HfImageEngine":
    """Open `hf-image/NAME`: configuration and processor now, the weights at the first picture."""
    extra = options.extra
    spec = Spec.of(name, extra, _SPEC, "hf-image")
    pick_device(spec.device)
    config = load_config(spec)
    ability, auto = _kind(spec, config)
    return HfImageEngine(spec, config, options, ability, auto)


def _kind(spec: Spec, config: Any) -> tuple[Ability, Any]:
    named = (getattr(config, "architectures", None) or ["none"])[0]
    for ending, kind in _KINDS.items():
        if named.endswith(f"For{ending}"):
            return kind
    if config.model_type in ("maskformer", "mask2former", "oneformer"):
        return _KINDS["UniversalSegmentation"]
    raise ConfigError(
        f"{spec.label} is a {named}, which names neither classes, objects nor regions.",
        hint=f"Models that write about pictures are hf/{spec.name}.",
    )


class HfImageEngine(PictureEngine):
    """One model of pictures of transformers; see the module."""

    provider: ClassVar[str] = "hf-image"
    own: ClassVar[frozenset[str]] = _CHANGES | _OWN

    def __init__(
        self, spec: Spec, config: Any, options: EngineOptions, ability: Ability, auto: Any
    ) -> None:
        super().__init__(spec.name, options, ability)
        self._spec = spec
        self._config = config
        self._auto = auto
        self._changes = _changes(options.extra, self.name)
        self._processor = self._load_processor()
        self._confidence = read_number(options.extra, "confidence", _CONFIDENCE)
        self._model: Any = None

    def _load_processor(self) -> Any:
        try:
            load: Any = AutoImageProcessor.from_pretrained
            return load(self._spec.source, **self._spec.common(), **self._changes)
        except (OSError, ValueError, ImportError, RuntimeError) as error:
            raise ConfigError(
                f"{self.name} has no image processor that can be loaded: {first_line(error)}",
                hint="Its folder needs preprocessor_config.json.",
            ) from error

    def _described(self) -> str:
        steps = {
            key: value
            for key, value in self._processor.to_dict().items()
            if key not in _NOISE and value is not None and not key.startswith("_")
        }
        return canonical(steps).decode()

    @property
    def notes(self) -> list[str]:
        """What a reader of the numbers must know."""
        said = super().notes
        if self._changes:
            changes = ", ".join(f"{key}={value}" for key, value in self._changes.items())
            said.append(f"{self.name}: preprocessing changed, {changes}.")
        return said

    def _identity(self) -> dict[str, str]:
        told: dict[str, Json] = {"preprocess": self._described()}
        told["processor"] = type(self._processor).__name__
        if self.ability == "detect":
            told["confidence"] = f"{self._confidence:g}"
        return identity_of(self._spec, self._config, told)

    def _own_labels(self) -> Labels:
        return listed({str(k): v for k, v in self._config.id2label.items()}, self.name)

    def _batch_size(self) -> int:
        wide = self.ability == "classify"
        gpu = pick_device(self._spec.device).type == "cuda"
        return (64 if wide else 8) if gpu else (16 if wide else 2)

    def _prepare(self, image: Any) -> Inputs:
        made = self._processor(images=image, return_tensors="pt")
        tensors = {key: value for key, value in made.items() if isinstance(value, torch.Tensor)}
        return Inputs(tensors, (image.height, image.width))

    def _pixels(self, prepared: Inputs) -> NDArray[Any]:
        pixels: NDArray[Any] = prepared.tensors["pixel_values"][0].numpy()
        return pixels

    def _load(self) -> None:
        if self._model is None:
            self._model = load_as(self._auto, self._spec)

    def _release(self) -> None:
        self._model = None

    def _run(self, batch: Sequence[Inputs]) -> Sequence[Any]:
        shapes = {tuple(item.tensors["pixel_values"].shape) for item in batch}
        if len(shapes) > 1:
            return [output for item in batch for output in self._run([item])]
        device, dtype = self._model.device, self._model.dtype
        tensors = {
            key: torch.cat([item.tensors[key] for item in batch]).to(device)
            for key in batch[0].tensors
        }
        tensors["pixel_values"] = tensors["pixel_values"].to(dtype)
        with torch.inference_mode():
            output = self._model(**tensors)
        return self._read(output, [item.size for item in batch])

    def _read(self, output: Any, sizes: Sequence[tuple[int, int]]) -> Sequence[Any]:
        if self.ability == "classify":
            return list(output.logits.float().cpu().numpy())
        if self.ability == "segment":
            maps = self._processor.post_process_semantic_segmentation(
                output, target_sizes=list(sizes)
            )
            return [labels.cpu().numpy().astype(np.int32) for labels in maps]
        found = self._processor.post_process_object_detection(
            output, threshold=self._confidence, target_sizes=list(sizes)
        )
        return [self._objects(parts, size) for parts, size in zip(found, sizes, strict=True)]

    def _objects(self, found: Mapping[str, Any], size: tuple[int, int]) -> Any:
        boxes, scores, labels = (
            found[key].float().cpu().numpy() for key in ("boxes", "scores", "labels")
        )
        edges = np.array([size[1], size[0]] * 2, np.float32)
        return boxes_of(np.clip(boxes, 0, edges), scores, labels.astype(np.intp), self.labels)


def _changes(extra: Mapping[str, Json], model: str) -> dict[str, Any]:
    """The processor's values that `-M` changes, under transformers' names."""
    if not _CHANGES & set(extra):
        return {}
    made = steps.changed(steps.Preprocess(), extra, model)
    new: dict[str, Any] = {}
    if "size" in extra:
        new["size"] = {"height": made.height, "width": made.width}
    if "interpolation" in extra:
        numbers = {word: number for number, word in RESAMPLE.items()}
        if made.interpolation not in numbers:
            raise ConfigError(f"-M interpolation={made.interpolation}: {model} can't do that.")
        new["resample"] = numbers[made.interpolation]
    if "scale" in extra:
        new["rescale_factor"] = made.scale
    for key in ("mean", "std"):
        if key in extra:
            new[f"image_{key}"] = list(getattr(made, key))
    return new
