"""Noise: normal, Poisson, impulses, speckles. Values and channels are drawn one by one.

Parameters: hendrycks/robustness, ImageNet-C/create_c/make_imagenet_c.py and make_cifar_c.py.
"""

from collections.abc import Mapping

import numpy as np

from julja.corruptions.pixels import Corruption, Draws, Floats, normal


def gaussian_noise(picture: Floats, draws: Draws, spread: float) -> Floats:
    """x + N(0, spread²)."""
    return picture + np.float32(spread) * normal(draws, picture.shape)


def shot_noise(picture: Floats, draws: Draws, photons: float) -> Floats:
    """Poisson(x · photons) / photons: `photons` arrive at a white value."""
    made = np.empty_like(picture)
    for row, light in zip(made, picture, strict=True):
        row[...] = draws.poisson(light * np.float64(photons))
    return made / np.float32(photons)


def impulse_noise(picture: Floats, draws: Draws, share: float) -> Floats:
    """A share of the values becomes 0 or 1, each half of the time (salt and pepper)."""
    made = picture.copy()
    for row in made:
        drawn = draws.random_sample(row.shape)
        row[drawn < share] = 0
        row[drawn < share / 2] = 1
    return made


def speckle_noise(picture: Floats, draws: Draws, spread: float) -> Floats:
    """x + x · N(0, spread²)."""
    return picture * (1 + np.float32(spread) * normal(draws, picture.shape))


ALL: Mapping[str, Corruption] = {
    "gaussian_noise": Corruption(
        gaussian_noise, (0.08, 0.12, 0.18, 0.26, 0.38), (0.04, 0.06, 0.08, 0.09, 0.10)
    ),
    "shot_noise": Corruption(shot_noise, (60, 25, 12, 5, 3), (500, 250, 100, 75, 50)),
    "impulse_noise": Corruption(
        impulse_noise, (0.03, 0.06, 0.09, 0.17, 0.27), (0.01, 0.02, 0.03, 0.05, 0.07)
    ),
    "speckle_noise": Corruption(
        speckle_noise, (0.15, 0.2, 0.35, 0.45, 0.6), (0.06, 0.1, 0.12, 0.16, 0.2)
    ),
}
