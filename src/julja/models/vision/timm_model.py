"""`timm/NAME`: a classifier of the library timm, with the preprocessing of its weights.

    julja run imagenet -m timm/resnet50.a1_in1k
    julja run cifar10 -m timm/resnet18 -M weights=./cifar.pth -M num_classes=10 -M labels=a,b,…
    julja run imagenet -m timm/hf_hub:ORG/NAME

Model arguments besides those of `engine`: `weights` (a file instead of timm's own),
`pretrained=false` (random weights, for tests), `num_classes`, `dtype` (float32, float16,
bfloat16). The hub is read by timm itself, so HF_HOME, HF_ENDPOINT and HF_HUB_OFFLINE count.
"""

import hashlib
from collections.abc import Sequence
from importlib import import_module
from typing import Any, ClassVar, get_args

import torch

from julja.errors import ConfigError, ProviderError, did_you_mean
from julja.imagenet import WNIDS
from julja.models.hf.load import first_line
from julja.models.registry import EngineOptions, read_flag, read_number
from julja.models.vision import preprocess as steps
from julja.models.vision import torch_model as shared
from julja.models.vision.engine import PictureEngine
from julja.models.vision.labels import Labels


def open_engine(name: str, options: EngineOptions) -> "TimmEngine":
    """Open `timm/NAME`."""
    return TimmEngine(name, options)


class TimmEngine(PictureEngine):
    """One classifier of timm; see the module."""

    provider: ClassVar[str] = "timm"
    own: ClassVar[frozenset[str]] = steps.ARGUMENTS | shared.TORCH | {"num_classes"}

    def __init__(self, name: str, options: EngineOptions) -> None:
        super().__init__(name, options, "classify")
        self._timm = import_module("timm")
        self._model_name = name
        self._file = shared.weights_file(self._extra)
        if self._file is None and self._extra.get("weights") is not None:
            raise ConfigError(
                f"-M weights={self._extra['weights']}: there is no such file.",
                hint=f"timm names weights with the model: timm/{name}.TAG",
            )
        own = read_flag({"pretrained": self._file is None, **self._extra}, "pretrained")
        self._pretrained = own and self._file is None
        self._device = shared.device_of(self._extra)
        self._dtype = shared.dtype_of(self._extra)
        self._model: Any = self._made()
        self.own_preprocess = self._preprocess()
        self.preprocess = steps.changed(self.own_preprocess, self._extra, self.name)

    def _made(self) -> Any:
        """The model with its weights, on its device."""
        known = self._timm.is_model(self._model_name.partition(".")[0])
        from_hub = self._model_name.startswith(("hf_hub:", "hf-hub:", "local-dir:"))
        if not known and not from_hub:
            near = did_you_mean(self._model_name, self._timm.list_models(pretrained=True))
            raise ConfigError(
                f"timm has no model {self._model_name!r}.",
                hint=near or "`timm.list_models('*NAME*')` lists them.",
            )
        if not self._pretrained and self._file is None:
            self._weights = shared.random_weights()
        classes = self._extra.get("num_classes")
        more = {} if classes is None else {
            "num_classes": int(read_number(self._extra, "num_classes", 0, low=1))
        }  # fmt: skip
        try:
            model = self._timm.create_model(self._model_name, pretrained=self._pretrained, **more)
        except Exception as error:  # timm, the hub and torch each raise their own
            raise ConfigError(
                f"{self.name} can't be loaded: {first_line(error)}",
                hint="Without the network its weights must be in HF_HOME already; or give a file:"
                " -M weights=FILE (-M pretrained=false draws random weights).",
            ) from error
        if self._file is not None:
            shared.load_state(model, self._file, self.name)
        return model.eval().to(device=self._device, dtype=self._dtype)

    def _preprocess(self) -> steps.Preprocess:
        """As timm's `create_transform` makes it of the weights' configuration."""
        config = self._timm.data.resolve_data_config(model=self._model)
        _, height, width = config["input_size"]
        mode = config["crop_mode"]
        squashes = mode == "squash" and config["crop_pct"] == 1
        if not squashes and (mode != "center" or height != width) and "fit" not in self._extra:
            raise ConfigError(
                f"{self.name} is evaluated with crop_mode={mode}, crop_pct={config['crop_pct']} at"
                f" {height} x {width}, which julja doesn't do as timm does.",
                hint="Say how its pictures are to be cut: -M fit=crop -M resize=N",
            )
        word = config["interpolation"]
        return steps.Preprocess(
            height=height,
            width=width,
            fit="squash" if squashes else "crop",
            resize=int(height / config["crop_pct"]),
            # "random" is for training; timm then evaluates bilinearly.
            interpolation=word if word in get_args(steps.Interpolation) else "bilinear",
            mean=tuple(config["mean"]),
            std=tuple(config["std"]),
        )

    def _identity(self) -> dict[str, str]:
        return {
            "weights": self._weights_text(),
            "dtype": str(self._dtype).removeprefix("torch."),
            "build": f"timm {self._timm.__version__}, torch {torch.__version__}",
        }

    def _weights_text(self) -> str:
        if self._file is not None:
            return shared.file_identity(self._file)
        if not self._pretrained:
            return self._weights
        return _hash(self._model)

    def _own_labels(self) -> Labels:
        named = self._model.pretrained_cfg.get("label_names")
        count = int(self._model.num_classes)
        if named and len(named) == count:
            told = self._model.pretrained_cfg.get("label_descriptions") or {}
            return tuple((name, told[name]) if name in told else (name,) for name in named)
        if count != len(WNIDS):
            return ((),) * count
        info = self._timm.data.ImageNetInfo("imagenet-1k")
        told = (info.index_to_description(place) for place in range(count))
        return tuple(zip(WNIDS, told, strict=True))

    def _batch_size(self) -> int:
        return 64 if self._device.type == "cuda" else 16

    def _load(self) -> None:
        """The weights come with the engine: timm's configuration hangs on them."""

    def _release(self) -> None:
        self._model = None

    def _run(self, batch: Sequence[steps.Prepared]) -> Sequence[Any]:
        pixels = shared.stacked([item.pixels for item in batch], self._device, self._dtype)
        with torch.inference_mode():
            output = self._model(pixels)
        if output.ndim != 2:
            raise ProviderError(f"{self.name} gives {tuple(output.shape)}, no class scores.")
        return list(output.float().cpu().numpy())


def _hash(model: Any) -> str:
    """Weights that came from a hub, by content."""
    found = hashlib.blake2b(digest_size=16)
    for key, value in model.state_dict().items():
        found.update(key.encode())
        found.update(value.detach().float().cpu().numpy().tobytes())
    return f"hub {found.hexdigest()}"
