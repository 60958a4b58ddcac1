"""Blur: out of focus, through glass, in motion, zooming, Gaussian.

Parameters: hendrycks/robustness, ImageNet-C/create_c/make_imagenet_c.py and make_cifar_c.py. A
trail is one-sided: ImageMagick's motion blur looks along one direction alone.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as image_module
from scipy import ndimage

from julja.corruptions.pixels import Corruption, Draws, Floats, from_image, to_image


def gaussian_blur(picture: Floats, _: Draws, sigma: float) -> Floats:
    """A Gaussian, cut at four sigmas; the edges go on."""
    made: Floats = ndimage.gaussian_filter(picture, (sigma, sigma, 0), mode="nearest")
    return made


def defocus_blur(picture: Floats, _: Draws, parameters: tuple[float, float]) -> Floats:
    """The mean over a disk of `radius`, its rim softened by a Gaussian of a few pixels.

    A disk is a row of each width: sums along the lines, of whole numbers so that they are exact.
    """
    radius, soft = parameters
    reach = int(radius)
    height, width, _channels = picture.shape
    levels = np.rint(picture * 255).astype(np.int32)
    padded = np.pad(levels, ((reach, reach), (reach + 1, reach), (0, 0)), mode="reflect")
    sums = np.cumsum(padded, axis=1, dtype=np.int32)
    total = np.zeros(picture.shape, dtype=np.int32)
    count = 0
    for down in range(-reach, reach + 1):
        half = int((radius**2 - down**2) ** 0.5)
        rows = sums[reach + down : reach + down + height]
        right = rows[:, reach + half + 1 : reach + half + 1 + width]
        total += right - rows[:, reach - half : reach - half + width]
        count += 2 * half + 1
    rim = _kernel(soft, 1 if radius <= 8 else 2)
    made = (total / np.float32(255 * count)).astype(np.float32)
    for axis in (0, 1):
        made = ndimage.correlate1d(made, rim, axis=axis, mode="mirror")
    return made


def _kernel(sigma: float, reach: int) -> NDArray[np.float64]:
    steps = np.arange(-reach, reach + 1)
    kernel = np.exp(-(steps**2) / (2 * sigma**2))
    made: NDArray[np.float64] = kernel / kernel.sum()
    return made


def glass_blur(picture: Floats, draws: Draws, parameters: tuple[float, int, int]) -> Floats:
    """Between two Gaussians, every pixel takes the colour of a random near one, several times.

    All of them at once; upstream goes through the picture pixel by pixel.
    """
    sigma, reach, times = parameters
    soft = gaussian_blur(picture, draws, sigma)
    height, width, _ = picture.shape
    rows, columns = np.indices((height, width), dtype=np.int32)
    for _time in range(times):
        down, right = draws.randint(-reach, reach, size=(2, height, width), dtype=np.int32)
        down += np.arange(height, dtype=np.int32)[:, None]
        right += np.arange(width, dtype=np.int32)
        np.clip(down, 0, height - 1, out=down)
        np.clip(right, 0, width - 1, out=right)
        rows, columns = rows[down, right], columns[down, right]
    return gaussian_blur(soft[rows, columns], draws, sigma)


def motion_blur(picture: Floats, draws: Draws, parameters: tuple[int, float]) -> Floats:
    """A trail of (reach, sigma) at an angle between -45 and 45 degrees."""
    reach, sigma = parameters
    return trailed(picture, reach, sigma, draws.uniform(-45, 45))


def trailed(picture: Floats, reach: int, sigma: float, angle: float) -> Floats:
    """The mean along a line from each pixel, 2·reach + 1 long, weighted by half a Gaussian.

    The angle is in degrees. Edges go on; what lies outside is never nearer than they are.
    """
    steps = np.arange(2 * reach + 1)
    weights = np.exp(-(steps**2) / (2 * sigma**2))
    weights = (weights / weights.sum()).astype(np.float32)
    down = np.rint(steps * np.sin(np.deg2rad(angle))).astype(int)
    right = np.rint(steps * np.cos(np.deg2rad(angle))).astype(int)
    height, width = picture.shape[:2]
    far = 2 * reach
    around = [(far, far), (far, far), *[(0, 0)] * (picture.ndim - 2)]
    padded = np.pad(picture, around, mode="edge")
    made = np.zeros_like(picture)
    for weight, top, left in zip(weights, far + down, far + right, strict=True):
        made += weight * padded[top : top + height, left : left + width]
    return made


def zoom_blur(picture: Floats, _: Draws, factors: Sequence[float]) -> Floats:
    """The mean of the picture and of its enlargements by each factor, about its middle."""
    image = to_image(picture)
    total = picture.copy()
    for factor in factors:
        total += from_image(enlarged(image, factor))
    return total / np.float32(len(factors) + 1)


def enlarged(image: image_module.Image, factor: float) -> image_module.Image:
    """The middle of a picture in the size of the whole, by linear interpolation."""
    width, height = image.size
    left, top = (width - width / factor) / 2, (height - height / factor) / 2
    box = (left, top, width - left, height - top)
    return image.resize(image.size, image_module.Resampling.BILINEAR, box=box)


def _factors(last: float, step: float) -> tuple[float, ...]:
    return tuple(np.arange(1, last, step).tolist())


ALL: Mapping[str, Corruption] = {
    "gaussian_blur": Corruption(gaussian_blur, (1, 2, 3, 4, 6), (0.4, 0.6, 0.7, 0.8, 1)),
    "defocus_blur": Corruption(
        defocus_blur,
        ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
        ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
    ),
    "glass_blur": Corruption(
        glass_blur,
        ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
        ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)),
    ),
    "motion_blur": Corruption(
        motion_blur,
        ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
        ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)),
    ),
    "zoom_blur": Corruption(
        zoom_blur,
        (
            _factors(1.11, 0.01),
            _factors(1.16, 0.01),
            _factors(1.21, 0.02),
            _factors(1.26, 0.02),
            _factors(1.31, 0.03),
        ),
        (
            _factors(1.06, 0.01),
            _factors(1.11, 0.01),
            _factors(1.16, 0.01),
            _factors(1.21, 0.01),
            _factors(1.26, 0.01),
        ),
    ),
}
