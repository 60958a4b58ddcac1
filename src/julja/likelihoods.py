"""Log-likelihoods of many choices in one array: what a response of a thousand classes holds.

    Likelihoods(("cat", "dog"), logits, less=(normaliser,))[1].loglikelihood

A classifier of pictures scores every class, and 50,000 pictures of 1,000 classes are fifty million
numbers: as an object each they fill a machine. Readers that want all numbers take
`log_likelihoods`; all others see a sequence of `ChoiceLikelihood`s, each made when it is asked for.
"""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, overload

from julja.types import ChoiceLikelihood

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


class Likelihoods(Sequence[ChoiceLikelihood]):
    """The log-likelihoods of `texts`: `numbers` (choices,) as a model gives them, without `less`.

    The constants in `less` are subtracted one after the other, in double precision, whenever the
    values are asked for. So logits are kept as the single precision that they are: the differences
    are not, and rounding them to it could make two classes equal.

    `numbers` are kept in single precision where that loses nothing, else in double. An array in its
    precision is not copied, and must not be changed afterwards. Raises `ValueError`.
    """

    __slots__ = ("less", "numbers", "texts")

    def __init__(
        self, texts: tuple[str, ...], numbers: "ArrayLike", less: tuple[float, ...] = ()
    ) -> None:
        kept = _shortest(numbers)
        if kept.shape != (len(texts),):
            raise ValueError(f"{len(texts)} choices, and numbers of shape {kept.shape}")
        if not all(map(isfinite, less)):
            raise ValueError(f"the constants {less} are not all finite")
        self.texts = texts
        self.numbers = kept
        self.less = less

    @property
    def values(self) -> "NDArray[np.float64]":
        """The log-likelihoods (choices,)."""
        values = self.numbers.astype("float64")
        for constant in self.less:
            values -= constant
        return values

    def to_bytes(self) -> bytes:
        """The numbers, little-endian, in four or eight bytes each; without texts and constants."""
        return self.numbers.astype(self.numbers.dtype.newbyteorder("<"), copy=False).tobytes()

    @classmethod
    def from_bytes(
        cls, texts: tuple[str, ...], data: bytes, less: tuple[float, ...] = ()
    ) -> "Likelihoods":
        """The inverse of `to_bytes`."""
        import numpy as np

        size = len(data) // max(len(texts), 1)
        return cls(texts, np.frombuffer(data, "<f8" if size == 8 else "<f4"), less)

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[ChoiceLikelihood]:
        return map(ChoiceLikelihood, self.texts, self.values.tolist())

    @overload
    def __getitem__(self, place: int) -> ChoiceLikelihood: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[ChoiceLikelihood, ...]: ...
    def __getitem__(self, place: int | slice) -> ChoiceLikelihood | tuple[ChoiceLikelihood, ...]:
        if isinstance(place, slice):
            return tuple(self)[place]
        value = float(self.numbers[place])
        for constant in self.less:
            value -= constant
        return ChoiceLikelihood(self.texts[place], value)

    def __eq__(self, other: object) -> bool:
        """Equal to whatever holds the same choices, a tuple too."""
        if isinstance(other, Likelihoods):
            return self.texts == other.texts and bool((self.values == other.values).all())
        return tuple(self) == other

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"<{len(self)} likelihoods>"


def log_likelihoods(choices: Sequence[ChoiceLikelihood]) -> list[float]:
    """The log-likelihood of each choice."""
    if isinstance(choices, Likelihoods):
        found: list[float] = choices.values.tolist()
        return found
    return [choice.loglikelihood for choice in choices]


def likeliest(choices: Sequence[ChoiceLikelihood], most: int = 40) -> list[int]:
    """The places of the choices that a reader is shown: all as they stand, or the likeliest first.

    >>> likeliest([ChoiceLikelihood("a", -2.0), ChoiceLikelihood("b", -1.0)], most=1)
    [1]
    """
    places = list(range(len(choices)))
    if len(choices) <= most:
        return places
    values = log_likelihoods(choices)
    return sorted(places, key=lambda place: -values[place])[:most]


def _shortest(numbers: "ArrayLike") -> "NDArray[Any]":
    """Numbers in single precision, or in double where single would change one of them."""
    import numpy as np

    given = np.asarray(numbers)
    if given.dtype.kind == "f" and given.dtype.itemsize <= 4:
        return given.astype(np.float32, copy=False)
    double = given.astype(np.float64, copy=False)
    with np.errstate(over="ignore", under="ignore"):
        single = double.astype(np.float32)
    return single if np.array_equal(single, double, equal_nan=True) else double
