"""COCO panoptic segmentation: a class for every pixel, a segment for every thing.

    julja score coco_panoptic --responses FOLDER     the challenge's JSON with its folder of PNGs

Data: `coco/annotations/panoptic_val2017.json` and the folder of PNGs of that name beside it, as
upstream's archives have them. Paper: Kirillov et al., 2019.
"""

import base64
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from julja.benchmarks.vision.coco import LICENCE, split_place
from julja.benchmarks.vision.label_maps import content_of
from julja.benchmarks.vision.pictures import find_picture
from julja.errors import DataError
from julja.predictions import write_map
from julja.scoring.vision.panoptic import panoptic, read_ids
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Json, Row, Sample, Source

DEFAULT = "coco/annotations/panoptic_val2017.json"


@task
def coco_panoptic(annotations: str = DEFAULT) -> Task:
    """The 5,000 pictures of val2017, or those of another panoptic file."""
    folder, file = split_place(annotations)
    maps = file.removesuffix(".gz").removesuffix(".json")
    return Task(
        name="coco_panoptic",
        mirror=folder,
        rows=Source(split="val2017", files=(file,), adapt=rows_of, folder=True),
        sample=partial(to_sample, maps=maps),
        forms={"segment": Form(prompt="{{ input }}", inputs=inputs, scorer=panoptic())},
        responses=predictions,
        params={"annotations": annotations},
        card=CARD,
        checks=checks(),
    )


def rows_of(content: Json) -> list[Row]:
    """A row for each annotation of the challenge's JSON, in the file's order."""
    lists = ("annotations", "categories")
    if not isinstance(content, dict) or not all(isinstance(content.get(n), list) for n in lists):
        raise DataError(
            "the file has no annotations and categories.",
            hint="The JSON of COCO's panoptic challenge is wanted.",
        )
    categories = [
        [item["id"], item["name"], int(item["isthing"])] for item in content["categories"]
    ]
    return [
        {
            "image_id": item["image_id"],
            "file_name": item["file_name"],
            "segments": [
                {key: part.get(key, 0) for key in ("id", "category_id", "iscrowd")}
                for part in item["segments_info"]
            ],
            "categories": categories,
        }
        for item in content["annotations"]
    ]


def to_sample(row: Row, *, maps: str = "") -> Sample:
    """A row of `rows_of`; its PNG is in `maps`, or at hand as bytes under "map"."""
    name = str(row["file_name"])
    if "map" in row:
        data = content_of(row["map"])
    else:
        path = Path(row["_folder"], maps, name)
        if not path.is_file():
            raise DataError(
                f"{path}: the segments of the picture are not there.",
                hint="The PNGs lie in a folder of the JSON's name beside it.",
            )
        data = path.read_bytes()
    split = next((part for part in ("val2017", "train2017") if part in maps), "images")
    stem = PurePosixPath(name).stem
    media, reason = find_picture(row, f"{stem}.jpg", (split, f"images/{split}", "images"))
    return Sample(
        str(row["image_id"]),
        f"{stem}.jpg",
        choices=tuple(label for _, label, _ in row["categories"]),
        fields={
            "category_ids": [number for number, _, _ in row["categories"]],
            "things": [thing for _, _, thing in row["categories"]],
            "segments": row["segments"],
            "map": base64.b64encode(data).decode("ascii"),
            "no_picture": reason,
        },
        media=media,
    )


def inputs(sample: Sample) -> Mapping[str, Json]:
    """What a segmenter is told beside the picture: which classes are things."""
    reason = sample.fields["no_picture"]
    told = {"things": sample.fields["things"]}
    return {**told, "no_picture": reason} if reason else told


def predictions(content: Json, samples: Sequence[Sample]) -> list[Row]:
    """Reads the challenge's submission: a folder with one JSON and a PNG for each picture."""
    parts = content.values() if isinstance(content, dict) else ()
    tables = [part for part in parts if isinstance(part, dict) and "annotations" in part]
    pictures = {
        row["file"]: row["picture"]
        for part in parts
        for row in (part if isinstance(part, list) else ())
        if isinstance(row, dict) and "picture" in row
    }
    if len(tables) != 1 or not pictures:
        raise DataError(
            f"a folder with one panoptic JSON and its PNGs is wanted; there are {len(tables)} and"
            f" {len(pictures)}.",
            hint='Or write rows {"id", "response": {"size", "runs", "segments"}}.',
        )
    return [_answer(item, pictures) for item in tables[0]["annotations"]]


def _answer(item: Row, pictures: Mapping[str, Json]) -> Row:
    import json

    name = str(item["file_name"])
    if name not in pictures:
        raise DataError(f"the results name {name}, and there is no such PNG in the folder.")
    try:
        ids = read_ids(content_of(pictures[name]))
    except ValueError as error:
        raise DataError(f"{name}: {error}.") from error
    listed = [{"id": s["id"], "category_id": s["category_id"]} for s in item["segments_info"]]
    # The map's own JSON, with the list of segments put in before its end.
    text = f'{write_map(ids)[:-1]},"segments":{json.dumps(listed)}}}'
    return {"id": str(item["image_id"]), "response": text}


CARD = Card(
    title="COCO panoptic segmentation",
    summary="Every pixel of 5,000 photographs as a thing or stuff of 133 classes, scored by "
    "panoptic quality.",
    abilities=("vision", "segmentation"),
    languages=(),
    paper="https://arxiv.org/abs/1801.00868",
    licence=LICENCE,
    official_scorer="cocodataset/panopticapi: panopticapi/evaluation.py",
    saturation="Near PQ 0.60 on val2017.",
    contamination="Pre-training sets overlap with COCO's pictures; models are tuned on val2017.",
    label_errors="Stuff is labelled by superpixels, with ragged outlines; people disagree on "
    "its classes.",
    notes="PQ, SQ and RQ over the classes that occur, of all, things (_th) and stuff (_st), by "
    "class too. Segments of unknown categories are left out and told, where panopticapi stops.",
    rows=5000,
)


def _png(ids: list[list[int]]) -> bytes:
    import io

    import numpy as np

    from julja.pictures import pillow

    array = np.asarray(ids, dtype=np.int64)
    colours = np.stack([array % 256, array // 256 % 256, array // 65536], axis=2)
    out = io.BytesIO()
    pillow().fromarray(colours.astype(np.uint8)).save(out, format="PNG")
    return out.getvalue()


def checks() -> tuple[Check, ...]:
    """Self-checks on a made picture of three by four pixels."""
    row: Row = {
        "image_id": 7,
        "file_name": "7.png",
        "segments": [{"id": 300, "category_id": 1}, {"id": 4, "category_id": 9}],
        "categories": [[1, "kite", 1], [9, "sky", 0]],
        "map": _png([[300, 300, 4, 4], [300, 300, 4, 4], [4, 4, 4, 4]]),
    }
    return (
        Check(row, _response("kite", "sky"), 1.0, "segment"),
        Check(row, _response("sky", "kite"), 0.0, "segment"),
        Check(row, _response("boat", "sea"), 0.0, "segment"),
        Check(row, "a kite in the sky", 0.0, "segment"),
    )


def _response(first: str, second: str) -> str:
    runs = "[[1,2],[2,2],[1,2],[2,6]]"
    segments = f'[{{"id":1,"label":"{first}"}},{{"id":2,"label":"{second}"}}]'
    return f'{{"size":[3,4],"runs":{runs},"segments":{segments}}}'
