"""Corruptions of pictures: their formulas, sizes, draws, and the words that choose them."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL", reason="needs the vision extra: Pillow")

from PIL import Image

from julja.corruptions import (
    CORRUPTIONS,
    GROUPS,
    SEVERITIES,
    STANDARD,
    VERSION,
    Recipe,
    chosen,
    corrupt,
    named,
    severities,
)
from julja.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
SHA = hashlib.sha256(b"a picture").hexdigest()
OTHER = hashlib.sha256(b"another").hexdigest()
# These draw nothing: one picture has one result.
FIXED = {
    *("defocus_blur", "zoom_blur", "gaussian_blur", "brightness"),
    *("contrast", "pixelate", "jpeg_compression", "saturate"),
}


def made(width, height, seed=0):
    """A picture with smooth parts and edges."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    image.paste((240, 30, 10), (width // 3, height // 4, width // 2, height // 2))
    return image


def flat(value, width=200, height=150):
    return Image.new("RGB", (width, height), (value,) * 3)


def pixels(image):
    return np.asarray(image).astype(float) / 255


def run(image, name, severity, sha256=SHA):
    recipe = Recipe(name, severity)
    return pixels(corrupt(image, recipe, recipe.sha256_of(sha256)))


def test_the_fifteen_of_the_paper_in_its_four_groups():
    sizes = [sum(CORRUPTIONS[name].group == group for name in STANDARD) for group in GROUPS]
    assert (len(STANDARD), sizes, len(CORRUPTIONS)) == (15, [3, 4, 4, 4], 19)


@pytest.mark.parametrize("size", [(1, 1), (1, 70), (3, 2), (28, 28), (65, 9), (90, 70)])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_any_size_stays_the_same_size(name, size):
    for severity in SEVERITIES:
        recipe = Recipe(name, severity)
        found = corrupt(made(*size), recipe, recipe.sha256_of(SHA))
        assert (found.size, found.mode) == (size, "RGB")


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_black_and_white_pictures_are_no_division_by_zero(name, value):
    with np.errstate(all="raise"):
        for severity in SEVERITIES:
            assert np.isfinite(run(flat(value, 70, 20), name, severity)).all()


def test_another_process_makes_the_same_pictures():
    code = (
        "import hashlib\n"
        "from tests.corruptions.test_corruptions import *\n"
        "for name in CORRUPTIONS:\n"
        "    print(name, hashlib.sha256(run(made(90, 70), name, 3).tobytes()).hexdigest())\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    here = [
        f"{name} {hashlib.sha256(run(made(90, 70), name, 3).tobytes()).hexdigest()}"
        for name in CORRUPTIONS
    ]
    assert said.stdout.split("\n")[:-1] == here


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_draws_are_a_pictures_own(name):
    image = made(90, 70)
    same = (run(image, name, 3) == run(image, name, 3, OTHER)).all()
    assert same == (name in FIXED)


# The mean and two pixels of `made(90, 70)` at severity 3. Where they change, so does VERSION.
GOLDEN = {
    "gaussian_noise": (127.0, [86, 130, 219], [200, 104, 0]),
    "shot_noise": (124.0, [64, 170, 106], [106, 106, 42]),
    "impulse_noise": (126.9, [100, 137, 200], [188, 94, 255]),
    "defocus_blur": (127.5, [104, 142, 204], [175, 102, 30]),
    "glass_blur": (127.4, [100, 135, 198], [165, 110, 30]),
    "motion_blur": (127.8, [147, 162, 217], [154, 116, 43]),
    "zoom_blur": (125.1, [119, 148, 211], [181, 98, 27]),
    "snow": (196.9, [170, 196, 240], [221, 156, 109]),
    "frost": (198.7, [189, 232, 255], [255, 213, 177]),
    "fog": (117.4, [157, 167, 185], [110, 83, 64]),
    "brightness": (164.3, [128, 175, 255], [255, 128, 37]),
    "contrast": (127.5, [115, 147, 131], [133, 138, 97]),
    "elastic_transform": (127.7, [120, 147, 208], [183, 99, 28]),
    "pixelate": (127.9, [106, 143, 204], [197, 88, 27]),
    "jpeg_compression": (127.9, [101, 133, 194], [184, 84, 32]),
    "speckle_noise": (123.6, [41, 73, 174], [111, 39, 31]),
    "gaussian_blur": (127.5, [104, 141, 203], [176, 102, 30]),
    "spatter": (135.9, [106, 145, 208], [188, 94, 27]),
    "saturate": (98.8, [0, 74, 200], [188, 78, 0]),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_pictures_are_those_of_version_1(name):
    found = run(made(90, 70), name, 3) * 255
    mean, first, second = GOLDEN[name]
    assert VERSION == 1
    assert found.mean() == pytest.approx(mean, abs=0.2)
    # A decoder of JPEG may round in another way.
    assert np.abs(found[[10, 40], [10, 60]] - [first, second]).max() <= 2


def test_each_recipe_has_a_hash_of_its_own():
    found = {Recipe(n, s).sha256_of(SHA) for n in CORRUPTIONS for s in SEVERITIES}
    assert len(found) == 19 * 5
    assert SHA not in found
    assert Recipe("fog", 1).sha256_of(SHA) != Recipe("fog", 1).sha256_of(OTHER)


@pytest.mark.parametrize("severity, spread", [(1, 0.08), (2, 0.12), (3, 0.18)])
def test_normal_noise_has_the_published_spread(severity, spread):
    noise = run(flat(128), "gaussian_noise", severity) - 128 / 255
    assert noise.std() == pytest.approx(spread, rel=0.02)
    assert abs(noise.mean()) < 0.002
    # Channels are drawn apart.
    assert abs(np.corrcoef(noise[:, :, 0].ravel(), noise[:, :, 1].ravel())[0, 1]) < 0.03


def test_small_pictures_have_the_parameters_of_cifar():
    spread = [run(flat(128, n, n), "gaussian_noise", 1).std() for n in (64, 65)]
    assert spread == pytest.approx([0.04, 0.08], rel=0.05)


def test_few_photons_vary_as_poissons_law_says():
    found = run(flat(102), "shot_noise", 2)
    assert found.mean() == pytest.approx(0.4, rel=0.01)
    assert found.var() == pytest.approx(0.4 / 25, rel=0.05)


def test_impulses_are_black_or_white_in_equal_parts():
    found = run(flat(128), "impulse_noise", 4)
    assert (found == 0).mean() == pytest.approx(0.085, rel=0.1)
    assert (found == 1).mean() == pytest.approx(0.085, rel=0.1)
    assert (found == 128 / 255).mean() == pytest.approx(0.83, rel=0.02)


def test_speckles_grow_with_the_light():
    dark, light = (run(flat(v), "speckle_noise", 1).std() for v in (51, 102))
    assert (dark, light) == pytest.approx((0.03, 0.06), rel=0.03)


def test_a_point_out_of_focus_is_a_disk():
    image = flat(0, 101, 101)
    image.putpixel((50, 50), (255, 255, 255))
    # Severity 1: radius 3, 29 pixels, and a rim so thin that it is none.
    found = run(image, "defocus_blur", 1)[:, :, 0]
    assert set(np.unique(found).tolist()) == {0.0, 9 / 255}
    assert (found > 0).sum() == 29
    assert found[50, 53] > 0
    assert found[52, 52] > 0
    assert found[53, 52] == 0


def test_a_moving_point_leaves_a_one_sided_trail():
    image = flat(0, 201, 201)
    image.paste((255, 255, 255), (99, 99, 102, 102))
    found = run(image, "motion_blur", 5)[:, :, 0]
    down, right = np.nonzero(found)
    # The light comes from where a pixel looks: along the angle, so that the trail lies before it.
    assert right.max() <= 102
    assert right.min() < 90
    assert found.sum() == pytest.approx(9, rel=0.15)
    assert abs(down - 100).max() <= 41


@pytest.mark.parametrize("name", ["defocus_blur", "glass_blur", "motion_blur", "zoom_blur"])
def test_blur_leaves_a_flat_picture_alone(name):
    assert np.abs(run(flat(77), name, 5) - 77 / 255).max() <= 1.5 / 255


def test_contrast_draws_to_the_mean():
    image = flat(0)
    image.paste((200, 100, 40), (0, 0, 100, 150))
    found = run(image, "contrast", 1)
    wanted = np.array([100, 50, 20]) + 0.4 * np.array([100, 50, 20])
    assert np.abs(found[0, 0] * 255 - wanted).max() <= 0.5


def test_brightness_raises_the_value_and_keeps_hue_and_saturation():
    image = Image.new("RGB", (80, 80), (100, 50, 20))
    found = run(image, "brightness", 2)[0, 0]
    assert found == pytest.approx(np.array([151, 75.5, 30.2]) / 255, abs=0.6 / 255)
    assert run(flat(0), "brightness", 2)[0, 0].tolist() == [51 / 255] * 3


def test_saturation_as_hsv_has_it():
    image = Image.new("RGB", (80, 80), (200, 150, 100))
    # s = 0.5; a tenth of it, and twice it.
    assert run(image, "saturate", 2)[0, 0] * 255 == pytest.approx([200, 195, 190], abs=0.6)
    assert run(image, "saturate", 3)[0, 0] * 255 == pytest.approx([200, 100, 0], abs=0.6)
    # A grey has no hue, which is the red one, and severity 5 adds a part of 0.2.
    assert run(flat(100), "saturate", 5)[0, 0] * 255 == pytest.approx([100, 80, 80], abs=0.6)


def test_pixels_become_boxes_of_their_means():
    image = made(80, 80)
    # A quarter of 80 is 20: boxes of 4 by 4.
    found = run(image, "pixelate", 5).reshape(20, 4, 20, 4, 3)
    means = pixels(image).reshape(20, 4, 20, 4, 3).mean(axis=(1, 3), keepdims=True)
    # Pillow rounds across and then down.
    assert np.abs(found - means).max() <= 1.01 / 255


def test_fog_and_frost_lie_over_the_picture_and_snow_whitens_it():
    image = made(120, 90)
    for name, severity in (("fog", 5), ("frost", 3), ("snow", 4)):
        assert run(image, name, severity).std() < pixels(image).std()
    assert run(flat(100), "snow", 3).mean() > run(flat(100), "snow", 1).mean() > 100 / 255


def test_elastic_pixels_move_by_the_published_distance():
    # A ramp shows how far each pixel was moved along it.
    ramp = np.broadcast_to(np.arange(250, dtype=np.uint8)[None, :, None], (250, 250, 3))
    image = Image.fromarray(np.ascontiguousarray(ramp))
    moved = run(image, "elastic_transform", 5)[50:200, 50:200, 0] * 255 - np.arange(50, 200)
    # U(-1.25, 1.25) smoothed by sigma 2.5 has 1.25 / sqrt(3) / (2 sqrt(pi) 2.5), times alpha 30.
    assert moved.std() == pytest.approx(30 * 1.25 / 3**0.5 / (2 * np.pi**0.5 * 2.5), rel=0.1)


def test_words_choose_corruptions():
    assert chosen("all") == STANDARD
    assert chosen("noise") == ("gaussian_noise", "shot_noise", "impulse_noise")
    # In the order of the list, whatever the order of the words.
    assert chosen("fog+snow") == chosen("snow+fog+snow") == ("snow", "fog")
    assert chosen("extra") == ("speckle_noise", "gaussian_blur", "spatter", "saturate")
    words = ("all", "blur", "fog+snow", "fog+blur", "noise+extra")
    wanted = ["corrupted", "blur", "snow+fog", "blur+fog", "noise+extra"]
    assert [named(chosen(word)) for word in words] == wanted


@pytest.mark.parametrize(
    "text, hint", [("fgo", "Did you mean fog?"), ("wether", "Did you mean weather?"), ("", "all")]
)
def test_an_unknown_corruption_is_told_with_what_was_meant(text, hint):
    with pytest.raises(ConfigError, match="there is no corruption") as caught:
        chosen(text)
    assert hint in str(caught.value.hint)


def test_severities_are_one_to_five():
    assert severities("all") == (1, 2, 3, 4, 5)
    assert severities(3) == (3,)
    assert severities("5+1") == (1, 5)
    for wrong in (0, 6, "1+6", "high", 2.5, True, "²", -1, ""):
        with pytest.raises(ConfigError, match="severities are 1 to 5"):
            severities(wrong)


def test_a_recipe_is_read_from_its_text():
    assert Recipe.parse("gaussian_noise-4") == Recipe("gaussian_noise", 4)
    for wrong in ("fog", "fog-9", "smog-1"):
        with pytest.raises(ConfigError):
            Recipe.parse(wrong)
