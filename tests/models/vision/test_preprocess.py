"""A model's preprocessing: its numbers, its geometry, and what `-M` changes."""

import numpy as np
import pytest
from PIL import Image

from julja.errors import ConfigError
from julja.models.vision.preprocess import Place, Preprocess, changed, differs, resized
from julja.models.vision.processors import of_processor


def picture(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


PLAIN = Preprocess(4, 4, "none", mean=(0.0,) * 3, std=(1.0,) * 3)


def test_values_are_scaled_then_normalised() -> None:
    image = Image.new("RGB", (2, 1), (255, 0, 51))
    made = Preprocess(fit="none", mean=(0.5, 0.5, 0.1), std=(0.5, 0.25, 0.1)).apply(image)
    assert made.pixels.shape == (3, 1, 2)
    assert made.pixels[:, 0, 0] == pytest.approx([1.0, -2.0, 1.0], abs=1e-6)
    # EfficientNet-Lite's own way: values as they are, minus 127, by 128.
    lite = Preprocess(fit="none", scale=1.0, mean=(127.0,) * 3, std=(128.0,) * 3).apply(image)
    assert lite.pixels[:, 0, 0] == pytest.approx([1.0, -127 / 128, -76 / 128])


def test_channels_and_layout() -> None:
    image = Image.new("RGB", (1, 1), (255, 0, 51))
    bgr = changed(PLAIN, {"channels": "bgr"}, "m").apply(image)
    assert bgr.pixels.ravel() == pytest.approx([0.2, 0, 1])
    grey = changed(PLAIN, {"channels": "grey"}, "m").apply(image)
    assert grey.pixels.ravel() == pytest.approx([(0.299 * 255 + 0.114 * 51) / 255])
    hwc = Preprocess(fit="none", layout="hwc").apply(picture(3, 2))
    assert hwc.pixels.shape == (2, 3, 3)


def test_the_middle_is_cut_out_of_the_shorter_side() -> None:
    image = picture(60, 40)
    made = Preprocess(20, 20, "crop", 20, mean=(0.0,) * 3, std=(1.0,) * 3).apply(image)
    whole = np.asarray(image.resize((30, 20), Image.Resampling.BILINEAR)) / 255
    assert made.pixels.transpose(1, 2, 0) == pytest.approx(whole[:, 5:25], abs=1e-6)
    assert made.place == Place((40, 60), 0.5, 0.5, -5, 0)


def test_what_is_smaller_than_the_crop_is_filled_up_with_black() -> None:
    made = Preprocess(6, 6, "crop", 4, mean=(0.0,) * 3, std=(1.0,) * 3).apply(
        Image.new("RGB", (4, 4), (255,) * 3)
    )
    assert made.pixels[0].sum() == 16
    assert made.pixels[0, 1:5, 1:5].sum() == 16


@pytest.mark.parametrize(("size", "place"), [((8, 4), (0.5, 0, 1)), ((4, 8), (0.5, 1, 0))])
def test_a_letterbox_keeps_the_shape(size: tuple[int, int], place: tuple[float, int, int]) -> None:
    made = Preprocess(4, 4, "letterbox", mean=(0.0,) * 3, std=(1.0,) * 3).apply(
        Image.new("RGB", size, (255,) * 3)
    )
    ratio, left, top = place
    assert made.place == Place((size[1], size[0]), ratio, ratio, left, top)
    assert np.isclose(made.pixels, 114 / 255).sum() == 3 * 8
    assert np.isclose(made.pixels, 1).sum() == 3 * 8


def test_squash_and_shortest() -> None:
    squashed = Preprocess(3, 5, "squash").apply(picture(10, 9))
    assert squashed.pixels.shape == (3, 3, 5)
    assert squashed.place == Place((9, 10), 0.5, 3 / 9)
    assert Preprocess(fit="shortest", resize=20).apply(picture(31, 40)).pixels.shape == (3, 25, 20)


def test_linear_is_without_smoothing() -> None:
    """Against the definition, pixel by pixel: between the four neighbours of each centre."""
    image = picture(7, 5)
    pixels = np.asarray(image, np.float64)
    made = np.asarray(resized(image, 4, 9, "linear"), np.float64)
    for y in range(9):
        for x in range(4):
            row = min(max((y + 0.5) * 5 / 9 - 0.5, 0), 4)
            column = min(max((x + 0.5) * 7 / 4 - 0.5, 0), 6)
            top, left = int(row), int(column)
            bottom, right = min(top + 1, 4), min(left + 1, 6)
            down, across = row - top, column - left
            upper = pixels[top, left] * (1 - across) + pixels[top, right] * across
            lower = pixels[bottom, left] * (1 - across) + pixels[bottom, right] * across
            assert made[y, x] == pytest.approx(upper * (1 - down) + lower * down, abs=0.51)


def test_changes_are_read_and_told() -> None:
    own = Preprocess()
    new = changed(
        own,
        {"size": 112, "mean": "0.5", "std": [0.5, 0.5, 0.25], "scale": "1/127.5", "fit": "crop"},
        "m",
    )
    assert (new.height, new.width, new.resize) == (112, 112, 128)
    assert new.mean == (0.5, 0.5, 0.5)
    assert new.scale == pytest.approx(1 / 127.5)
    assert differs(own, own) == []
    assert differs(own, new)[0] == "height: 224 -> 112"
    assert changed(own, {"size": "10x20"}, "m").width == 20
    assert new.describe() == (
        "shorter side 128 (bilinear), centre 112x112; rgb chw;"
        " (x * 0.00784314 - 0.5,0.5,0.5) / 0.5,0.5,0.25"
    )


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"size": "big"}, "'big' is no size"),
        ({"size": "0x3"}, "'0x3' is no size"),
        ({"fit": "crup"}, "Did you mean crop"),
        ({"mean": "a,b"}, "are no numbers"),
        ({"mean": "1,2"}, "2 numbers for 3 channels"),
        ({"std": "0"}, "divided by 0"),
        ({"interpolation": "magic"}, "interpolation=magic is unknown"),
    ],
)
def test_changes_that_are_wrong(extra: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        changed(Preprocess(), extra, "m")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"size": {"height": 32, "width": 48}, "resample": 3, "image_mean": [0.5] * 3,
             "image_std": [0.5] * 3},
            "32x48 (bicubic); rgb chw; (x * 0.00392157 - 0.5,0.5,0.5) / 0.5,0.5,0.5",
        ),
        (
            {"size": {"shortest_edge": 256}, "crop_size": 224, "do_center_crop": True},
            "shorter side 256 (bilinear), centre 224x224; rgb chw;"
            " (x * 0.00392157 - 0.485,0.456,0.406) / 0.229,0.224,0.225",
        ),
        (
            {"size": {"shortest_edge": 224}, "crop_pct": 0.875, "do_rescale": False,
             "do_normalize": False, "do_flip_channel_order": True},
            "shorter side 256 (bilinear), centre 224x224; bgr chw; (x * 1 - 0,0,0) / 1,1,1",
        ),
        (
            {"size": {"shortest_edge": 384}, "crop_pct": 0.875, "do_normalize": False},
            "384x384 (bilinear); rgb chw; (x * 0.00392157 - 0,0,0) / 1,1,1",
        ),
    ],
)  # fmt: skip
def test_processors_of_transformers(config: dict[str, object], expected: str) -> None:
    assert of_processor(config, Preprocess()).describe() == expected


@pytest.mark.parametrize(
    "config",
    [{"size": {"longest_edge": 5}}, {"size": 224, "resample": 9}, {"do_resize": False,
      "do_center_crop": True, "crop_size": 4}],
)  # fmt: skip
def test_processors_that_are_not_read(config: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        of_processor(config, Preprocess())
