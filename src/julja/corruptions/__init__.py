"""Common corruptions of pictures: noise, blur, weather, digital, at five severities.

    recipe = Recipe("fog", 3)
    sha256 = recipe.sha256_of(picture's own)    what the corrupted picture is known by; its seed
    corrupt(image, recipe, sha256)              the picture, in the same size

Hendrycks and Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations, ICLR 2019 (https://arxiv.org/abs/1903.12261), with the parameters of
hendrycks/robustness: those of ImageNet-C, and for pictures of at most 64 pixels those of
CIFAR-10-C. Pictures of any size are taken, and lengths stay in pixels, as in Michaelis et al., 2019
(https://arxiv.org/abs/1907.07484; bethgelab/imagecorruptions). Frost, spatter, trails and glass are
made in ways of our own and all draws are others, so no picture is one of ImageNet-C's, and numbers
can't be compared with published ones; the task `imagenet_c` has the original files.

A picture's draws come from its content and the recipe alone: the same on every machine, in any
order.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from julja.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from PIL.Image import Image

# A change of any picture that is made gets another number: it is part of every hash.
VERSION = 1
SEVERITIES = (1, 2, 3, 4, 5)
# Pictures whose longer side is at most this have CIFAR-10-C's parameters.
SMALL = 64


@dataclass(frozen=True, slots=True)
class Kind:
    """A corruption: its group, and in a few words what it does and what severities change.

    The paper's `extra` ones are for validation, and no part of its numbers.
    """

    group: str
    what: str
    extra: bool = False


CORRUPTIONS: Mapping[str, Kind] = {
    "gaussian_noise": Kind("noise", "normal noise; its spread"),
    "shot_noise": Kind("noise", "Poisson noise of few photons; ever fewer"),
    "impulse_noise": Kind("noise", "single values black or white; how many"),
    "defocus_blur": Kind("blur", "a disk; its radius"),
    "glass_blur": Kind("blur", "pixels take the colour of near ones; how far, how often"),
    "motion_blur": Kind("blur", "a slanted trail; its length"),
    "zoom_blur": Kind("blur", "a mean of enlargements; up to which"),
    "snow": Kind("weather", "flakes with a trail, whitened ground; how many, how white"),
    "frost": Kind("weather", "ice on the pane (drawn, no photograph); how thick"),
    "fog": Kind("weather", "a cloud of random heights; how dense"),
    "brightness": Kind("weather", "the value of HSV raised; by how much"),
    "contrast": Kind("digital", "all drawn to the mean; how near"),
    "elastic_transform": Kind("digital", "small parts moved about; how far"),
    "pixelate": Kind("digital", "shrunk and enlarged; how small"),
    "jpeg_compression": Kind("digital", "JPEG; its quality"),
    "speckle_noise": Kind("noise", "noise in proportion to the light; its spread", extra=True),
    "gaussian_blur": Kind("blur", "a Gaussian; its sigma", extra=True),
    "spatter": Kind("weather", "drops of water (1 to 3) or mud; how many", extra=True),
    "saturate": Kind("digital", "colours paler (1, 2) or stronger; how much", extra=True),
}
GROUPS = ("noise", "blur", "weather", "digital")
STANDARD = tuple(name for name, kind in CORRUPTIONS.items() if not kind.extra)
_SETS: Mapping[str, tuple[str, ...]] = {
    "all": STANDARD,
    **{group: tuple(n for n in STANDARD if CORRUPTIONS[n].group == group) for group in GROUPS},
    "extra": tuple(name for name, kind in CORRUPTIONS.items() if kind.extra),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One corruption at one severity. Its text, "fog-3", says it in a few letters."""

    corruption: str
    severity: int

    def __str__(self) -> str:
        return f"{self.corruption}-{self.severity}"

    @classmethod
    def parse(cls, text: str) -> "Recipe":
        """The recipe of its text. Raises ConfigError."""
        name, _, severity = text.rpartition("-")
        return cls(chosen(name)[0], severities(severity)[0])

    def sha256_of(self, sha256: str) -> str:
        """What stands for the content of the picture `sha256` after this was done to it."""
        return hashlib.sha256(f"{sha256} {self} v{VERSION}".encode()).hexdigest()


def chosen(wanted: str) -> tuple[str, ...]:
    """The corruptions that a word stands for: names and sets, joined by "+".

    >>> chosen("weather")
    ('snow', 'frost', 'fog', 'brightness')
    >>> chosen("fog+gaussian_blur")
    ('fog', 'gaussian_blur')
    """
    found: dict[str, None] = {}
    for word in str(wanted).split("+"):
        if word not in _SETS and word not in CORRUPTIONS:
            known = [*_SETS, *CORRUPTIONS]
            hint = did_you_mean(word, known) or f"There are {', '.join(known)}."
            raise ConfigError(f"corrupt={wanted}: there is no corruption {word!r}.", hint=hint)
        found |= dict.fromkeys(_SETS.get(word, (word,)))
    return tuple(name for name in CORRUPTIONS if name in found)


def named(corruptions: Sequence[str]) -> str:
    """The words for several corruptions: the names of whole sets ("corrupted" for all), and theirs.

    >>> named(STANDARD), named(chosen("fog+blur"))
    ('corrupted', 'blur+fog')
    """
    left = list(corruptions)
    words: list[str] = []
    for word, members in _SETS.items():
        if set(members) <= set(left):
            words.append("corrupted" if word == "all" else word)
            left = [name for name in left if name not in members]
    return "+".join([*words, *left])


def severities(wanted: int | str) -> tuple[int, ...]:
    """The severities that an option stands for: 1 to 5, several joined by "+", or "all".

    >>> severities("1+3")
    (1, 3)
    """
    if wanted == "all":
        return SEVERITIES
    found = tuple(
        int(word) if word.isdigit() and word.isascii() else 0 for word in str(wanted).split("+")
    )
    if not set(found) <= set(SEVERITIES):
        raise ConfigError(
            f"severity={wanted}: severities are 1 to 5.", hint="Several: severity=1+3, or all."
        )
    return tuple(sorted(set(found)))


def recipes(corruptions: Sequence[str], levels: Sequence[int]) -> tuple[Recipe, ...]:
    """Every corruption at every severity."""
    return tuple(Recipe(name, level) for name in corruptions for level in levels)


def corrupt(image: "Image", recipe: Recipe, sha256: str) -> "Image":
    """An RGB picture of eight bits, corrupted; `sha256` (`Recipe.sha256_of`) seeds its draws."""
    from julja.corruptions.pixels import corrupted

    return corrupted(image, recipe.corruption, recipe.severity, sha256)
