"""How a picture becomes the numbers that a model reads: the model's own preprocessing, in words.

Ten points of accuracy hang on it (EfficientNet-Lite0: 88.3 with its own mean, 77.9 with
ImageNet's), so it is a value: read from the model, changed by `-M`, part of the model's identity,
shown by `julja doctor -m MODEL --image FILE`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from julja.errors import ConfigError
from julja.models.registry import read_choice
from julja.pictures import pillow
from julja.types import Json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Pixels: TypeAlias = NDArray[np.float32]

Fit: TypeAlias = Literal["crop", "squash", "letterbox", "shortest", "none"]
Interpolation: TypeAlias = Literal["nearest", "linear", "bilinear", "bicubic", "lanczos", "box"]
Channels: TypeAlias = Literal["rgb", "bgr", "grey"]
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
ARGUMENTS = frozenset(
    {"size", "fit", "resize", "interpolation", "channels", "scale", "mean", "std", "pad"}
)


@dataclass(frozen=True, slots=True)
class Preprocess:
    """The steps, in their order: fit to (height, width), channels, value * scale - mean over std.

    `fit`: "crop" makes the shorter side `resize` and cuts (height, width) out of the middle;
    "squash" makes the picture (height, width); "letterbox" shrinks or grows it into (height, width)
    and fills up with the grey `pad`; "shortest" makes the shorter side `resize` and keeps all of
    it; "none" leaves it as it is. `interpolation`: Pillow's filters, which smooth when they shrink;
    "linear" is OpenCV's, which doesn't. `scale` brings 0..255 to what `mean` and `std` are of
    (1/255 for 0..1). `layout` says whether channels stand first.
    """

    height: int = 224
    width: int = 224
    fit: Fit = "crop"
    resize: int = 256
    interpolation: Interpolation = "bilinear"
    channels: Channels = "rgb"
    scale: float = 1 / 255
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    pad: int = 114
    layout: Literal["chw", "hwc"] = "chw"

    def describe(self) -> str:
        """The steps as one line, for a reader and for the model's identity."""
        size = f"{self.height}x{self.width}"
        how = {
            "crop": f"shorter side {self.resize} ({self.interpolation}), centre {size}",
            "squash": f"{size} ({self.interpolation})",
            "letterbox": f"into {size} ({self.interpolation}), padded with {self.pad}",
            "shortest": f"shorter side {self.resize} ({self.interpolation})",
            "none": "size as it is",
        }[self.fit]
        mean, std = (",".join(f"{value:.6g}" for value in part) for part in (self.mean, self.std))
        return f"{how}; {self.channels} {self.layout}; (x * {self.scale:.6g} - {mean}) / {std}"

    def apply(self, image: "Image") -> "Prepared":
        """The numbers of an RGB picture, and where its pixels went."""
        import numpy as np

        fitted, place = self._fitted(image)
        values = np.asarray(fitted, dtype=np.float32)
        if self.channels == "grey":
            # ITU-R 601-2 luma, as Pillow's mode L.
            values = values @ np.array([0.299, 0.587, 0.114], np.float32)
            values = values[..., None]
        elif self.channels == "bgr":
            values = values[..., ::-1]
        mean, std = (np.array(part, np.float32) for part in (self.mean, self.std))
        values = (values * np.float32(self.scale) - mean) / std
        if self.layout == "chw":
            values = values.transpose(2, 0, 1)
        return Prepared(np.ascontiguousarray(values, np.float32), place)

    def _fitted(self, image: "Image") -> "tuple[Image | NDArray[np.uint8], Place]":
        width, height = image.size
        whole = Place((height, width))
        if self.fit == "none":
            return image, whole
        if self.fit == "squash":
            place = Place((height, width), self.width / width, self.height / height)
            return resized(image, self.width, self.height, self.interpolation), place
        if self.fit == "letterbox":
            return self._letterboxed(image)
        short, long = sorted((width, height))
        # As torchvision's Resize: the longer side is rounded down.
        other = int(self.resize * long / short)
        wide, high = (self.resize, other) if width <= height else (other, self.resize)
        image = resized(image, wide, high, self.interpolation) if wide != width else image
        place = Place((height, width), wide / width, high / height)
        if self.fit == "shortest":
            return image, place
        left, top = _centred(wide, self.width), _centred(high, self.height)
        cut = image.crop((left, top, left + self.width, top + self.height))
        return cut, replace(place, left=-left, top=-top)

    def _letterboxed(self, image: "Image") -> "tuple[Image, Place]":
        """As Ultralytics' LetterBox: centred, half pixels go to the right and below."""
        width, height = image.size
        ratio = min(self.height / height, self.width / width)
        wide, high = max(1, round(width * ratio)), max(1, round(height * ratio))
        left = round((self.width - wide) / 2 - 0.1)
        top = round((self.height - high) / 2 - 0.1)
        ground: Image = pillow().new("RGB", (self.width, self.height), (self.pad,) * 3)
        if (wide, high) != image.size:
            image = resized(image, wide, high, self.interpolation)
        ground.paste(image, (left, top))
        return ground, Place((height, width), ratio, ratio, left, top)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture of `size` (height, width) went: x' = x * x_scale + left."""

    size: tuple[int, int]
    x_scale: float = 1.0
    y_scale: float = 1.0
    left: int = 0
    top: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture's numbers, and where its pixels went. `pixels` is (C, H, W) or (H, W, C)."""

    pixels: "Pixels"
    place: Place


def _centred(have: int, want: int) -> int:
    """Where a centre crop begins, as torchvision's; what is too small is filled up with black."""
    return round((have - want) / 2.0) if have >= want else -((want - have) // 2)


def resized(image: "Image", width: int, height: int, interpolation: Interpolation) -> "Image":
    """An RGB picture in another size."""
    module = pillow()
    if interpolation == "linear":
        made: Image = module.fromarray(_linear(image, width, height))
        return made
    filters = module.Resampling
    return image.resize((width, height), getattr(filters, interpolation.upper()))


def _linear(image: "Image", width: int, height: int) -> "NDArray[np.uint8]":
    """Bilinear between the four nearest pixels, as OpenCV's INTER_LINEAR: no smoothing."""
    import numpy as np

    pixels = np.asarray(image, dtype=np.float32)
    rows, down = _neighbours(image.height, height)
    columns, right = _neighbours(image.width, width)
    down, right = down[:, None, None], right[None, :, None]
    upper, lower = pixels[rows], pixels[np.minimum(rows + 1, image.height - 1)]
    between = upper * (1 - down) + lower * down
    beside = np.minimum(columns + 1, image.width - 1)
    values = between[:, columns] * (1 - right) + between[:, beside] * right
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _neighbours(have: int, want: int) -> "tuple[NDArray[np.intp], NDArray[np.float32]]":
    """For each new pixel the old one before its centre, and how far behind that it lies."""
    import numpy as np

    centres = np.clip((np.arange(want) + 0.5) * (have / want) - 0.5, 0, have - 1)
    first = np.floor(centres).astype(np.intp)
    return first, (centres - first).astype(np.float32)


# Changes by `-M`


def changed(own: Preprocess, extra: Mapping[str, Json], model: str) -> Preprocess:
    """The model's own preprocessing with what `-M` says otherwise. Raises `ConfigError`."""
    new: dict[str, Any] = {}
    if extra.get("size") is not None:
        new["height"], new["width"] = _size(extra["size"])
        if own.fit == "crop" and "resize" not in extra:
            # The same part of the picture is seen in more or fewer pixels.
            new["resize"] = round(own.resize * new["height"] / own.height)
    if extra.get("resize") is not None:
        new["resize"] = _size(extra["resize"])[0]
    for key, words in (("fit", Fit), ("interpolation", Interpolation), ("channels", Channels)):
        if (word := read_choice(extra, key, get_args(words))) is not None:
            new[key] = word
    for key in ("scale", "pad"):
        if extra.get(key) is not None:
            new[key] = _numbers(extra[key], key)[0]
    grey = new.get("channels", own.channels) == "grey"
    for key in ("mean", "std"):
        if extra.get(key) is not None:
            new[key] = _per_channel(_numbers(extra[key], key), key, 1 if grey else 3)
        elif grey and len(getattr(own, key)) == 3:
            new[key] = (sum(getattr(own, key)) / 3,)
    made = replace(own, **new)
    if 0 in made.std:
        raise ConfigError(f"-M std={extra['std']}: {model} can't be divided by 0.")
    if made.fit == "crop" and made.resize < 1:
        raise ConfigError(f"-M resize={made.resize} is no size.")
    return replace(made, pad=int(made.pad))


def differs(own: Preprocess, used: Preprocess) -> list[str]:
    """What was changed, as `name: own -> used`."""
    return [
        f"{item.name}: {_shown(getattr(own, item.name))} -> {_shown(getattr(used, item.name))}"
        for item in fields(Preprocess)
        if getattr(own, item.name) != getattr(used, item.name)
    ]


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(_shown, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _size(value: Json) -> tuple[int, int]:
    parts = str(value).lower().strip("[]() ").replace(",", "x").split("x")
    try:
        sides = [int(part) for part in parts]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2) or any(side < 1 for side in sides):
        raise ConfigError(
            f"{value!r} is no size.", hint="Write -M size=224 or -M size=HEIGHTxWIDTH"
        )
    return sides[0], sides[-1]


def _numbers(value: Json, key: str) -> tuple[float, ...]:
    parts = value if isinstance(value, list | tuple) else str(value).strip("[]() ").split(",")
    try:
        return tuple(_number(part) for part in parts)
    except (ValueError, ZeroDivisionError) as error:
        raise ConfigError(
            f"-M {key}={value} are no numbers.", hint=f"Write -M {key}=0.5 or -M {key}=0.1,0.2,0.3"
        ) from error


def _number(part: Json) -> float:
    """A number, or a fraction like 1/255."""
    above, slash, below = str(part).partition("/")
    return float(above) / float(below) if slash else float(above)


def _per_channel(values: tuple[float, ...], key: str, count: int) -> tuple[float, ...]:
    if len(values) == 1:
        return values * count
    if len(values) != count:
        raise ConfigError(f"-M {key} has {len(values)} numbers for {count} channels.")
    return values
