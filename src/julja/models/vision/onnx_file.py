"""`onnx/FILE`: an ONNX model of pictures, by onnxruntime.

    julja run coco_detection -m onnx/yolo11n.onnx
    julja run imagenet -m onnx/net.onnx -M mean=127 -M std=128 -M scale=1 -M interpolation=bicubic
    julja run ade20k -m onnx/regions.onnx -M labels=classes.txt

What a file doesn't say of itself is taken from beside it, then from `-M`: `FILE.json` holds model
arguments as `-M` takes them, `preprocessor_config.json` and `config.json` are those of
transformers' exports. Exports of Ultralytics say all in their metadata.

Model arguments besides those of `engine`: `task` (classify, detect, segment), `decode` (yolo8,
yolo5, end2end), `confidence`, `overlap`, `max_detections`, `several` (see `yolo.Rules`), `threads`,
`device` (cpu, cuda).
"""

import ast
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import orjson

from julja.errors import ConfigError, ProviderError, did_you_mean
from julja.models.engine import Ability
from julja.models.registry import EngineOptions, read_choice, read_flag, read_number
from julja.models.vision import preprocess as steps
from julja.models.vision import yolo
from julja.models.vision.engine import PictureEngine
from julja.models.vision.labels import Labels, listed, parse_names
from julja.models.vision.maps import label_map
from julja.models.vision.outputs import boxes_of
from julja.models.vision.processors import of_processor
from julja.types import Json

_TASKS: tuple[Ability, ...] = ("classify", "detect", "segment")
_RULES = frozenset({"decode", "confidence", "overlap", "max_detections", "several"})
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}


def open_engine(name: str, options: EngineOptions) -> "OnnxEngine":
    """Open `onnx/FILE`; what stands in FILE.json counts where `-M` says nothing."""
    path = Path(name).expanduser()
    if not path.is_file():
        near = did_you_mean(path.name, [p.name for p in path.parent.glob("*.onnx")])
        raise ConfigError(f"There is no file {path}.", hint=near or "Write onnx/PATH/FILE.onnx")
    beside = path.with_name(f"{path.name}.json")
    told = _json(beside) if beside.is_file() else {}
    return OnnxEngine(path, replace(options, extra={**told, **options.extra}))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file and those beside it say of the model."""

    inputs: Sequence[Any]
    outputs: Sequence[Any]
    metadata: Mapping[str, str]
    processor: Mapping[str, Json]
    config: Mapping[str, Json]


class OnnxEngine(PictureEngine):
    """One ONNX file; see the module."""

    provider: ClassVar[str] = "onnx"
    own: ClassVar[frozenset[str]] = steps.ARGUMENTS | _RULES | {"task", "threads", "device"}

    def __init__(self, path: Path, options: EngineOptions) -> None:
        self._path = path
        self._session = _session(path, options.extra)
        self._facts = facts = _facts(self._session, path)
        super().__init__(str(path), options, _task(facts, options.extra, path))
        if len(facts.inputs) != 1 or len(facts.inputs[0].shape) != 4:
            shapes = ", ".join(f"{item.name} {item.shape}" for item in facts.inputs)
            raise ConfigError(f"{self.name} reads {shapes}, not one batch of pictures.")
        if facts.inputs[0].type not in _TYPES:
            raise ConfigError(f"{self.name} reads {facts.inputs[0].type}, not numbers of pixels.")
        self._type = _TYPES[facts.inputs[0].type]
        self.own_preprocess, self._is_told = _preprocess(facts, self.ability)
        self.preprocess = steps.changed(self.own_preprocess, options.extra, self.name)
        self._check_size(facts.inputs[0].shape)
        if self.ability == "segment" and self.preprocess.fit == "crop":
            raise ConfigError(
                f"{self.name}: a crop leaves parts of a picture without labels.",
                hint="Use -M fit=squash, letterbox or shortest.",
            )
        self._masks = facts.outputs[1].shape[1] if _has_masks(facts) else 0
        self._rules = _rules(options.extra)
        decode = read_choice(options.extra, "decode", ("yolo8", "yolo5", "end2end"))
        self._decode: Any = decode
        self._sha256 = _sha256(path)
        self._device = self._session.get_providers()[0]

    @property
    def notes(self) -> list[str]:
        """What a reader must know: a preprocessing that nobody told is a guess."""
        said = super().notes
        given = {"mean", "std", "scale"} & set(self._extra)
        if not self._is_told and not given:
            said.append(
                f"{self.name}: nothing says how its pictures are prepared; the usual way is taken"
                f" ({self._described()}): -M mean=, std=, scale=, size=, fit=."
            )
        return said

    def _identity(self) -> dict[str, str]:
        build = f"onnxruntime {_runtime().__version__}"
        told = {"sha256": self._sha256, "build": build}
        told["device"] = self._device
        if self.ability == "detect":
            rules = self._rules
            several = ", several" if rules.several else ""
            told["rules"] = (
                f"confidence {rules.confidence:g}, overlap {rules.overlap:g}, most {rules.most}"
                f"{several}"
            )
            if self._decode:
                told["decode"] = self._decode
        return told

    def _own_labels(self) -> Labels:
        if "names" in self._facts.metadata:
            return parse_names(self._facts.metadata["names"])
        if "id2label" in self._facts.config:
            return listed(self._facts.config, self.name)
        shape = self._facts.outputs[0].shape
        if self.ability == "classify" and isinstance(shape[-1], int):
            return ((),) * shape[-1]
        return ()

    def _batch_size(self) -> int:
        first = self._facts.inputs[0].shape[0]
        return first if isinstance(first, int) else 16

    def _load(self) -> None:
        """The session was opened with the engine: its shapes are needed to know the model."""

    def _release(self) -> None:
        self._session = None

    def _run(self, batch: Sequence[steps.Prepared]) -> Sequence[Any]:
        shape = self._facts.inputs[0].shape
        fixed = shape[0] if isinstance(shape[0], int) else None
        pixels = np.stack([item.pixels for item in batch]).astype(self._type)
        if fixed is not None and len(batch) != fixed:
            if fixed < len(batch):
                return [out for item in batch for out in self._run([item])]
            # A last batch is filled up with copies, whose answers are dropped.
            more = np.repeat(pixels[-1:], fixed - len(batch), axis=0)
            pixels = np.concatenate([pixels, more])
        outputs = self._session.run(None, {self._facts.inputs[0].name: pixels})
        named = dict(zip((item.name for item in self._facts.outputs), outputs, strict=True))
        return [self._read(item, named, place) for place, item in enumerate(batch)]

    def _read(self, item: steps.Prepared, outputs: Mapping[str, Any], place: int) -> Any:
        first = next(iter(outputs.values()))
        if self.ability == "classify":
            return np.asarray(outputs.get("logits", first)[place]).ravel()
        if self.ability == "segment":
            return label_map(
                np.asarray(outputs.get("logits", first)[place]), item.place, self._side(item)
            )
        if {"boxes", "scores", "labels"} <= set(outputs):
            # torchvision's detectors, exported: one picture, boxes of the input.
            parts = [np.asarray(outputs[name]) for name in ("boxes", "scores", "labels")]
            boxes, scores, labels = (part[place] if part.ndim > 2 - (n > 0) else part
                                     for n, part in enumerate(parts))  # fmt: skip
            keep = scores >= self._rules.confidence
            return boxes_of(yolo.put_back(boxes[keep], item.place), scores[keep], labels[keep],
                            self.labels)  # fmt: skip
        return self._yolo(item, list(outputs.values()), place)

    def _yolo(self, item: steps.Prepared, outputs: Sequence[Any], place: int) -> Any:
        output = np.asarray(outputs[0][place], np.float32)
        count = len(self.labels) or None
        try:
            form = self._decode or yolo.form_of(output.shape, count, self._masks)
        except ValueError as error:
            raise ProviderError(
                f"{self.name}: {error}.", hint="Say how it is read: -M decode=yolo8, labels=FILE"
            ) from error
        found = yolo.read_output(output, form, self._rules, self._masks)
        boxes = yolo.put_back(found.boxes, item.place)
        masks = None
        if self._masks:
            prototypes = np.asarray(outputs[1][place])
            masks = yolo.masks_of(found, prototypes, item.place, self._side(item))
        return boxes_of(boxes, found.scores, found.classes, self.labels, masks)

    def _side(self, item: steps.Prepared) -> tuple[int, int]:
        """(height, width) of the model's input."""
        assert self.preprocess is not None
        rows, columns = (1, 2) if self.preprocess.layout == "chw" else (0, 1)
        return item.pixels.shape[rows], item.pixels.shape[columns]

    def _check_size(self, shape: Sequence[Any]) -> None:
        """A file of fixed size reads no other."""
        assert self.preprocess is not None
        sides = shape[2:] if self.preprocess.layout == "chw" else shape[1:3]
        have = (self.preprocess.height, self.preprocess.width)
        fixed = all(isinstance(side, int) for side in sides)
        if fixed and tuple(sides) != have and self.preprocess.fit not in ("none", "shortest"):
            raise ConfigError(
                f"{self.name} reads {sides[0]} x {sides[1]} pixels, not {have[0]} x {have[1]}."
            )


def _runtime() -> Any:
    return import_module("onnxruntime")


def _session(path: Path, extra: Mapping[str, Json]) -> Any:
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = int(read_number(extra, "threads", 0))
    device = read_choice(extra, "device", ("cpu", "cuda"))
    known = runtime.get_available_providers()
    if device == "cuda" and "CUDAExecutionProvider" not in known:
        raise ConfigError(
            "-M device=cuda: this onnxruntime sees no GPU.", hint="pip install onnxruntime-gpu"
        )
    use_gpu = device != "cpu" and "CUDAExecutionProvider" in known
    providers = [*(["CUDAExecutionProvider"] if use_gpu else []), "CPUExecutionProvider"]
    try:
        return runtime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # onnxruntime's own classes are not public
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ConfigError(f"{path} can't be opened as an ONNX model: {first}") from error


def _facts(session: Any, path: Path) -> Facts:
    beside = {name: path.with_name(f"{name}.json") for name in ("preprocessor_config", "config")}
    found = {name: _json(file) if file.is_file() else {} for name, file in beside.items()}
    return Facts(
        session.get_inputs(),
        session.get_outputs(),
        session.get_modelmeta().custom_metadata_map,
        found["preprocessor_config"],
        found["config"],
    )


def _json(path: Path) -> dict[str, Json]:
    try:
        content = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ConfigError(f"{path} can't be read: {error}.") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} is no JSON object.")
    return content


def _task(facts: Facts, extra: Mapping[str, Json], path: Path) -> Ability:
    given = read_choice(extra, "task", _TASKS)
    if given is not None:
        return next(task for task in _TASKS if task == given)
    told = facts.metadata.get("task")
    if told is not None:
        words: Mapping[str, Ability] = {"classify": "classify", "detect": "detect"}
        if told not in words and told != "segment":
            raise ConfigError(f"{path} is for {told!r}; julja knows {', '.join(_TASKS)}.")
        # Ultralytics' "segment" finds objects with masks.
        return words.get(told, "detect")
    ranks = {len(output.shape) for output in facts.outputs[:1]}
    names = {output.name for output in facts.outputs}
    if {"boxes", "scores", "labels"} <= names or ranks == {3}:
        return "detect"
    return "segment" if ranks == {4} else "classify"


def _has_masks(facts: Facts) -> bool:
    shapes = [len(output.shape) for output in facts.outputs]
    return shapes == [3, 4] and isinstance(facts.outputs[1].shape[1], int)


def _preprocess(facts: Facts, task: Ability) -> tuple[steps.Preprocess, bool]:
    """The file's own preprocessing, and whether anything told it (else it is the usual one)."""
    shape = facts.inputs[0].shape
    last = shape[3] in (1, 3) and shape[1] not in (1, 3)
    sides = [side if isinstance(side, int) else 0 for side in (shape[1:3] if last else shape[2:])]
    channels = shape[3] if last else shape[1]
    made = steps.Preprocess(
        layout="hwc" if last else "chw", channels="grey" if channels == 1 else "rgb"
    )
    if channels == 1:
        made = replace(made, mean=(sum(made.mean) / 3,), std=(sum(made.std) / 3,))
    height, width = (sides[0] or 224, sides[1] or 224)
    if "stride" in facts.metadata or "imgsz" in facts.metadata:
        return _ultralytics(facts.metadata, sides, made), True
    if facts.processor:
        return of_processor(facts.processor, made, tuple(sides)), True
    if task == "detect":
        made = replace(made, fit="letterbox", interpolation="linear", mean=(0.0,) * len(made.mean),
                       std=(1.0,) * len(made.std))  # fmt: skip
    elif task == "segment":
        made = replace(made, fit="squash")
    # 224 of 256, as in "Deep Residual Learning" (He et al. 2015), at every size.
    return replace(made, height=height, width=width, resize=round(height * 256 / 224)), False


def _ultralytics(
    metadata: Mapping[str, str], sides: Sequence[int], made: steps.Preprocess
) -> steps.Preprocess:
    """Letterboxed to imgsz in grey 114, 0..1; classifiers are cut out of the middle."""
    try:
        size = ast.literal_eval(metadata.get("imgsz", "640"))
        high, wide = (size, size) if isinstance(size, int) else (int(size[0]), int(size[-1]))
    except (ValueError, SyntaxError, TypeError) as error:
        raise ConfigError(f"imgsz {metadata.get('imgsz')!r} in the file is no size.") from error
    plain = replace(
        made,
        height=sides[0] or high,
        width=sides[1] or wide,
        mean=(0.0,) * len(made.mean),
        std=(1.0,) * len(made.std),
    )
    if metadata.get("task") == "classify":
        return replace(plain, fit="crop", resize=plain.height, interpolation="bilinear")
    return replace(plain, fit="letterbox", interpolation="linear")


def _rules(extra: Mapping[str, Json]) -> yolo.Rules:
    own = yolo.Rules()
    return yolo.Rules(
        read_number(extra, "confidence", own.confidence),
        read_number(extra, "overlap", own.overlap),
        int(read_number(extra, "max_detections", own.most, low=1)),
        read_flag({"several": own.several, **extra}, "several"),
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
