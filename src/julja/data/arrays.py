"""Arrays that data sets of pictures and predictions come in, as rows.

    t10k-labels-idx1-ubyte     MNIST's IDX: {"index", "label"} or {"index", "picture"} a row
    labels.npy, logits.npy     NumPy's: the same, or {"index", "scores"}
    test_batch.bin, test.bin   the binary versions of CIFAR-10, CIFAR-100: {"index", "label",
                               "picture"}, and "coarse" of CIFAR-100

A picture is the bytes of a PNG; scores are a row of the array itself, for as objects the numbers
of 50,000 pictures of 1,000 classes would fill a machine. Pickles (CIFAR's Python version, `.npy` of
objects) can run programs when they are read, and are refused.
"""

import io
import math
import re
from typing import TYPE_CHECKING, Any

from julja.errors import DataError
from julja.types import Json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_IDX = re.compile(r"idx\d[-.]ubyte(\.gz)?$")
_CIFAR = re.compile(r"(^|/)((data_batch_\d|test_batch)|train|test)\.bin(\.gz)?$")
_SIDE = 32
# The type byte of an IDX header: unsigned bytes, the only one that MNIST's relatives use.
_BYTES = 0x08


def is_array(name: str) -> bool:
    """True for a file name that `array_rows` reads."""
    lower = name.lower()
    npy = lower.removesuffix(".gz").endswith(".npy")
    return npy or bool(_IDX.search(lower) or _CIFAR.search(lower))


def array_rows(place: str, data: bytes) -> list[Json]:
    """The rows of an unpacked file; see the module. Raises `DataError`."""
    lower = place.lower()
    if lower.removesuffix(".gz").endswith(".npy"):
        return _rows(_npy(place, data), place)
    if _IDX.search(lower):
        return _rows(_idx(place, data), place)
    found = _CIFAR.search(lower)
    return _cifar(place, data, 1 if found and found[3] else 2)


def _npy(place: str, data: bytes) -> "NDArray[Any]":
    import numpy as np

    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError) as error:
        raise DataError(
            f"{place}: no array of numbers, or a damaged one ({error}).",
            hint="Write it with numpy.save, an array of numbers and not of objects.",
        ) from error
    if not isinstance(array, np.ndarray):
        raise DataError(f"{place}: an archive of arrays; one array is wanted.")
    return array


def _idx(place: str, data: bytes) -> "NDArray[Any]":
    """An array of LeCun's IDX: 0 0 type dimensions, each size in four bytes, the bytes."""
    import numpy as np

    if len(data) < 4 or data[:2] != b"\0\0" or data[3] not in (1, 3):
        raise DataError(f"{place}: no IDX file of labels or pictures (it begins {data[:4]!r}).")
    if data[2] != _BYTES:
        raise DataError(f"{place}: an IDX file of type 0x{data[2]:02x}; bytes (0x08) are read.")
    start = 4 + 4 * data[3]
    shape = tuple(int.from_bytes(data[i : i + 4], "big") for i in range(4, start, 4))
    if len(data) != start + math.prod(shape):
        raise DataError(
            f"{place}: the header says {' x '.join(map(str, shape))} bytes, and there are"
            f" {max(0, len(data) - start):,}.",
            hint="The file may be cut or damaged: get it again.",
        )
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(shape)


def _rows(array: "NDArray[Any]", place: str) -> list[Json]:
    kind, dimensions = array.dtype.kind, array.ndim
    if dimensions == 1 and kind in "iu":
        return [{"index": i, "label": value} for i, value in enumerate(array.tolist())]
    if dimensions == 2 and kind in "iuf":
        return [{"index": i, "scores": values} for i, values in enumerate(array)]
    colours = dimensions == 4 and array.shape[3] == 3
    if array.dtype == "uint8" and (dimensions == 3 or colours) and 0 not in array.shape:
        return [{"index": i, "picture": _png(values)} for i, values in enumerate(array)]
    raise DataError(
        f"{place}: an array of {array.dtype} with the shape {array.shape}.",
        hint="Labels (n,), scores (n, classes) or bytes (n, height, width[, 3]) are read.",
    )


def _cifar(place: str, data: bytes, labels: int) -> list[Json]:
    """Records of one label byte (CIFAR-100: coarse, fine) and three planes of 32 by 32."""
    import numpy as np

    size = labels + 3 * _SIDE * _SIDE
    if not data or len(data) % size:
        raise DataError(
            f"{place}: {len(data):,} bytes are no whole number of records of {size:,}.",
            hint="The file may be cut, or is not CIFAR's binary version.",
        )
    records = np.frombuffer(data, dtype=np.uint8).reshape(-1, size)
    planes = records[:, labels:].reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1)
    return [
        {
            "index": i,
            "label": int(record[labels - 1]),
            **({"coarse": int(record[0])} if labels > 1 else {}),
            "picture": _png(planes[i]),
        }
        for i, record in enumerate(records)
    ]


def _png(pixels: "NDArray[np.uint8]") -> bytes:
    import numpy as np

    from julja.pictures import pillow

    out = io.BytesIO()
    pillow().fromarray(np.ascontiguousarray(pixels)).save(out, format="PNG", compress_level=1)
    return out.getvalue()
