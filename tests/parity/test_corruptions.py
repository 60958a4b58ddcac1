"""Corruptions on real pictures: how far they move pixels, held to imagecorruptions 1.1.2.

MEASURED is the mean distance in levels from the clean picture, of the first ten of COCO's pictures
here, at severities 1 to 5: `imagecorruptions.corrupt(x, s, name)` after `np.random.seed(picture)`,
its results as bytes. Draws differ, so sums over ten pictures agree in a few hundredths. Glass was
measured on four crops of 224 by 224; CIFAR's glass by the same loop with make_cifar_c's parameters.
"""

import numpy as np
import pytest

from julja.corruptions import CORRUPTIONS, SEVERITIES, Recipe
from julja.pictures import changed, keep, open_rgb

pytestmark = [pytest.mark.mirror, pytest.mark.parity]

MEASURED = {
    "gaussian_noise": ((15.58, 22.73, 32.61, 44.33, 58.92), 0.02),
    "shot_noise": ((15.31, 23.17, 32.52, 48.29, 60.38), 0.02),
    "impulse_noise": ((3.81, 7.64, 11.47, 21.67, 34.45), 0.02),
    "defocus_blur": ((9.78, 10.81, 12.53, 13.82, 14.93), 0.02),
    "motion_blur": ((9.83, 12.17, 14.60, 16.86, 18.29), 0.05),
    "zoom_blur": ((16.89, 19.21, 20.27, 21.88, 23.00), 0.02),
    "snow": ((40.10, 64.13, 63.80, 77.19, 90.71), 0.08),
    "frost": ((57.37, 68.97, 74.92, 71.51, 74.78), 0.15),
    "fog": ((44.71, 49.68, 53.21, 53.32, 55.86), 0.25),
    "brightness": ((19.12, 36.55, 51.98, 65.68, 76.72), 0.03),
    "contrast": ((28.91, 33.73, 38.56, 43.37, 45.78), 0.02),
    "elastic_transform": ((10.11, 11.47, 12.87, 13.72, 14.71), 0.03),
    "pixelate": ((6.44, 7.38, 8.96, 9.69, 10.39), 0.03),
    "jpeg_compression": ((7.77, 8.59, 9.14, 10.49, 11.95), 0.01),
    "speckle_noise": ((12.10, 15.85, 26.46, 32.98, 41.56), 0.02),
    "gaussian_blur": ((7.22, 10.11, 11.78, 13.05, 15.00), 0.02),
    "saturate": ((14.16, 18.27, 13.99, 28.54, 38.10), 0.03),
}
GLASS_OF_224 = (11.55, 11.71, 15.48, 15.09, 16.24)
GLASS_OF_32 = (12.02, 12.05, 11.81, 19.34, 18.43)
# Their published severities don't move more pixels at each step: others of them change, a cloud is
# drawn anew, drops turn from water to mud, colours first grow pale.
UNEVEN = {"glass_blur", "motion_blur", "snow", "frost", "fog", "spatter", "saturate"}


def distances(pictures, name):
    """The mean distance from the clean pictures at each severity."""
    found = []
    for severity in SEVERITIES:
        recipe = Recipe(name, severity)
        moved = [levels(changed(media, recipe)) - levels(media) for media in pictures]
        found.append(float(np.mean([np.abs(item).mean() for item in moved])))
    return found


def levels(media):
    return np.asarray(open_rgb(media), dtype=float)


@pytest.fixture(scope="module")
def photographs(mirror):
    files = sorted((mirror / "coco_val128" / "images" / "val2017").glob("*.jpg"))[:10]
    return [keep(file) for file in files]


@pytest.fixture(scope="module")
def small(mirror):
    folder = mirror / "cifar10" / "test_png_first1000"
    return [keep(folder / f"{place:05d}.png") for place in range(40)]


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURED)
def test_photographs_are_moved_as_far_as_upstreams(name, photographs):
    wanted, near = MEASURED[name]
    assert distances(photographs, name) == pytest.approx(wanted, rel=near)


def test_glass_moves_pixels_about_as_far(photographs, small, tmp_path):
    crops = []
    for place, media in enumerate(photographs[:4]):
        path = tmp_path / f"{place}.png"
        open_rgb(media).crop((100, 100, 324, 324)).save(path)
        crops.append(keep(path))
    assert distances(crops, "glass_blur") == pytest.approx(GLASS_OF_224, rel=0.12)
    assert distances(small, "glass_blur") == pytest.approx(GLASS_OF_32, rel=0.12)


@pytest.mark.slow
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_severities_grow(name, photographs, small):
    for pictures in (photographs, small):
        found = distances(pictures, name)
        if name == "elastic_transform" and pictures is small:
            # CIFAR's tilts become smaller while its fields become rougher.
            assert found[0] > found[4]
        elif name in UNEVEN:
            assert found[4] > found[0] * 0.99
        else:
            assert found == sorted(found)
            assert len(set(found)) == 5
