"""What a model says of a picture, as the text of a response: objects, masks, label maps.

Engines write these forms and scorers read them; both are JSON:

    detections  {"size": [height, width], "boxes": [{"label": "cat" or "category_id": 17,
                 "box": [x, y, width, height], "score": 0.93, "mask": {"size", "counts"}?}, …]}
    label map   {"size": [height, width], "runs": [[label, length], …]}   row by row
                or {"png": "…"}: a grey PNG of the labels in base64

Boxes are in pixels of the picture as it is shown (upright), from its upper left corner. A mask's
`counts` are COCO's run lengths, down the columns, zeros first: a list, or its compressed text.

Of a request that names its `choices`, engines write labels as the choices are spelled, and a label
map holds places among them (0 is the first choice); a model's class that is none of them keeps its
own name, and is `len(choices)` in a label map: a wrong answer there, never an ignored one.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from julja.types import Json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Labels: TypeAlias = NDArray[np.integer[Any]]

# A response beyond it is no answer but an attack on memory.
MOST_PIXELS = 200_000_000


@dataclass(frozen=True, slots=True)
class Detection:
    """One object that was found: its class by name or by the data set's id, and where it is."""

    box: tuple[float, float, float, float]
    score: float
    label: str | None = None
    category_id: int | None = None
    mask: Mapping[str, Json] | None = None


def write_detections(size: tuple[int, int], found: Sequence[Detection]) -> str:
    """Objects as a response's text; `size` is (height, width)."""
    boxes = []
    for item in found:
        made: dict[str, Json] = {"box": list(item.box), "score": item.score}
        if item.label is not None:
            made["label"] = item.label
        if item.category_id is not None:
            made["category_id"] = item.category_id
        if item.mask is not None:
            made["mask"] = dict(item.mask)
        boxes.append(made)
    return _json({"size": list(size), "boxes": boxes})


def write_map(labels: "NDArray[np.integer[Any]]") -> str:
    """A label map (height, width) as a response's text.

    >>> import numpy as np
    >>> write_map(np.array([[0, 0, 7], [7, 7, 7]]))
    '{"size":[2,3],"runs":[[0,2],[7,4]]}'
    """
    import numpy as np

    flat = np.asarray(labels).ravel()
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    lengths = np.diff(np.concatenate([starts, [flat.size]]))
    runs = np.stack([flat[starts], lengths], axis=1).tolist() if flat.size else []
    return _json({"size": list(labels.shape), "runs": runs})


def write_png(labels: "NDArray[np.integer[Any]]") -> str:
    """A label map as a response's text, packed as PNG: smaller where regions are ragged."""
    import numpy as np

    from julja.pictures import pillow

    wide = int(labels.max(initial=0)) > 255
    out = io.BytesIO()
    pillow().fromarray(labels.astype(np.uint16 if wide else np.uint8)).save(out, format="PNG")
    return _json({"png": base64.b64encode(out.getvalue()).decode("ascii")})


def read_map(text: str) -> "Labels":
    """The label map (height, width) of a response, bytes where they do.

    Raises ValueError that says what is wrong.
    """
    content = read_json(text)
    if not isinstance(content, dict):
        raise ValueError("a label map is an object with size and runs, or with png")
    if "png" in content:
        return _read_png(content["png"])
    return _read_runs(content)


def _read_runs(content: Mapping[str, Json]) -> "Labels":
    import numpy as np

    height, width = read_size(content)
    try:
        runs = np.asarray(content.get("runs"), dtype=np.int64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError("runs are pairs [label, length] of whole numbers") from error
    # Lengths are compared with the size before anything of that size is made.
    total = int(runs[:, 1].sum())
    if (runs < 0).any() or (runs[:, 1] > height * width).any() or total != height * width:
        raise ValueError(f"the runs have {total} pixels, the size {height} x {width}")
    values = runs[:, 0].astype(np.uint8 if runs[:, 0].max(initial=0) < 256 else np.int32)
    labels: Labels = np.repeat(values, runs[:, 1]).reshape(height, width)
    return labels


def _read_png(packed: Json) -> "Labels":
    try:
        data = base64.b64decode(packed, validate=True)
    except (TypeError, ValueError) as error:
        raise ValueError("png is no base64 text") from error
    return read_label_picture(data)


def read_label_picture(data: bytes) -> "Labels":
    """The label map that a PNG's bytes hold: grey values, or the places in its palette."""
    import numpy as np

    from julja.pictures import pillow

    try:
        with pillow().open(io.BytesIO(data)) as image:
            image.load()
            if image.mode not in ("L", "P", "I;16", "I;16B", "I", "1"):
                raise ValueError(f"a label map is a grey or palette picture, not {image.mode}")
            found = np.asarray(image)
            labels: Labels = found if found.dtype == np.uint8 else found.astype(np.int32)
    except ValueError:
        raise
    except Exception as error:  # Pillow raises whatever a format's reader stumbles over
        raise ValueError(f"no picture, or a damaged one ({error})") from error
    return labels


def read_json(text: str) -> Json:
    """A response's JSON, NaN and infinity with it. Raises ValueError."""
    import json

    import orjson

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return json.loads(text)
        except RecursionError as error:
            raise ValueError("JSON nested too deeply") from error


def read_size(content: Mapping[str, Json]) -> tuple[int, int]:
    """(height, width) of a form that has a `size`. Raises ValueError."""
    size = content.get("size")
    if not isinstance(size, list) or len(size) != 2 or not all(type(n) is int for n in size):
        raise ValueError("size is [height, width] in pixels")
    height, width = size
    if height < 1 or width < 1 or height * width > MOST_PIXELS:
        raise ValueError(f"a size of {height} x {width} pixels")
    return height, width


def mask_runs(mask: "NDArray[Any]") -> dict[str, Json]:
    """A mask (height, width) of zeros and others as {"size", "counts"}, counts not compressed.

    >>> import numpy as np
    >>> mask_runs(np.array([[0, 1], [0, 1]]))
    {'size': [2, 2], 'counts': [2, 2]}
    """
    import numpy as np

    flat = (np.asarray(mask) != 0).ravel(order="F")
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    if flat.size and flat[0]:
        counts = [0, *counts]
    return {"size": [int(mask.shape[0]), int(mask.shape[1])], "counts": counts}


def packed(mask: Mapping[str, Json]) -> dict[str, Json]:
    """A mask with its counts as COCO's compressed text, about a third as long.

    Differences to the count before the last (from the fourth on), five bits to a character from
    "0" on, the sixth bit where more follow (cocoapi, common/maskApi.c, rleToString).

    >>> packed({"size": [4, 8], "counts": [16, 2, 2, 2, 10]})
    {'size': [4, 8], 'counts': '`02208'}
    """
    counts = mask["counts"]
    if isinstance(counts, str):
        return dict(mask)
    out = bytearray()
    for place, count in enumerate(counts):
        rest = count - counts[place - 2] if place > 2 else count
        more = True
        while more:
            bits = rest & 31
            rest >>= 5
            more = rest != (-1 if bits & 16 else 0)
            out.append((bits | 32 if more else bits) + 48)
    return {**mask, "counts": out.decode("ascii")}


def _json(value: Json) -> str:
    import orjson

    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()
