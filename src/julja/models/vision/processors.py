"""The preprocessing in a `preprocessor_config.json` of transformers, as ours."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from julja.errors import ConfigError
from julja.models.vision.preprocess import Interpolation, Preprocess
from julja.types import Json

# Pillow's numbers of its filters.
RESAMPLE: Mapping[int, Interpolation] = {
    0: "nearest",
    1: "lanczos",
    2: "bilinear",
    3: "bicubic",
    4: "box",
}


def of_processor(
    config: Mapping[str, Json], base: Preprocess, sides: tuple[int, ...] = ()
) -> Preprocess:
    """The steps that an image processor's configuration describes.

    `base` gives layout and channels; `sides` are the (height, width) that a file fixes, where it
    does (0 where not). Raises `ConfigError` for steps that are not ours.
    """
    new: dict[str, Any] = {"interpolation": _interpolation(config)}
    new |= _fit(config)
    if len(sides) == 2 and all(sides) and new["fit"] in ("none", "shortest"):
        new |= {"height": sides[0], "width": sides[1], "fit": "squash"}
    rescales = config.get("do_rescale", True)
    new["scale"] = float(config.get("rescale_factor", 1 / 255)) if rescales else 1.0
    count = len(base.mean)
    normal = config.get("do_normalize", True)
    new["mean"] = _per_channel(config.get("image_mean", base.mean) if normal else 0.0, count)
    new["std"] = _per_channel(config.get("image_std", base.std) if normal else 1.0, count)
    if config.get("do_flip_channel_order"):
        new["channels"] = "bgr"
    return replace(base, **new)


def _fit(config: Mapping[str, Json]) -> dict[str, Any]:
    size = config.get("size")
    crops = config.get("do_center_crop", False) and config.get("crop_size") is not None
    crop = _sides(config.get("crop_size")) if crops else None
    if not config.get("do_resize", True) or size is None:
        if crop is None:
            return {"fit": "none"}
        raise ConfigError("A processor that crops without resizing is not read.")
    shortest = size.get("shortest_edge") if isinstance(size, dict) else None
    if isinstance(size, int) and crop is not None:
        shortest = size
    if shortest is not None:
        pct = config.get("crop_pct")
        if crop is None and pct is not None:
            # ConvNeXt: below 384 the side is enlarged and cut, from there on squashed.
            side = int(shortest)
            if side >= 384:
                return {"fit": "squash", "height": side, "width": side}
            crop, shortest = (side, side), int(side / float(pct))
        if crop is None:
            return {"fit": "shortest", "resize": int(shortest)}
        return {"fit": "crop", "resize": int(shortest), "height": crop[0], "width": crop[1]}
    height, width = _sides(size)
    if crop is not None and crop != (height, width):
        raise ConfigError(
            f"The processor squashes to {height} x {width} and crops {crop[0]} x {crop[1]}.",
            hint="Say what is wanted: -M fit=crop -M resize=… -M size=…",
        )
    return {"fit": "squash", "height": height, "width": width}


def _sides(size: Json) -> tuple[int, int]:
    if isinstance(size, int):
        return size, size
    if isinstance(size, dict) and {"height", "width"} <= set(size):
        return int(size["height"]), int(size["width"])
    if isinstance(size, list) and len(size) == 2:
        return int(size[0]), int(size[1])
    raise ConfigError(
        f"The processor's size {size!r} is not read.", hint="Give it: -M size=HEIGHTxWIDTH -M fit=…"
    )


def _interpolation(config: Mapping[str, Json]) -> Interpolation:
    number = config.get("resample", 2)
    found = RESAMPLE.get(number) if isinstance(number, int) else None
    if found is None:
        raise ConfigError(
            f"The processor's resample {number!r} is not known.", hint="-M interpolation=bicubic"
        )
    return found


def _per_channel(value: Json, count: int) -> tuple[float, ...]:
    values = tuple(map(float, value)) if isinstance(value, list | tuple) else (float(value),)
    return values * count if len(values) == 1 else values
