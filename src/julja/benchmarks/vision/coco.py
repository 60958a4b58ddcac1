"""What coco_detection and coco_segmentation share: rows of an instances file, forms, submissions.

An instances file is upstream's JSON {"images", "annotations", "categories"}: any data set in this
form can be scored, by the option `annotations=FOLDER/FILE` below the data folder.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from julja.benchmarks.vision.pictures import find_picture
from julja.errors import ConfigError, DataError
from julja.scoring.vision.boxes import from_coco, to_coco
from julja.tasks.task import Answered, Card, Check, Form, Task
from julja.types import Json, Row, Sample, Scorer, Source

DEFAULT = "coco/annotations/instances_val2017.json"
PAPER = "https://arxiv.org/abs/1405.0312"
LICENCE = "annotations CC BY 4.0; images under the terms of Flickr"
OFFICIAL = "cocodataset/cocoapi: PythonAPI/pycocotools/cocoeval.py"
_SPLIT = re.compile(r"(?:train|val|test)[0-9]{4}")


def instances(
    name: str, annotations: str, key: str, scorer: Scorer, card: Card, checks: Sequence[Check]
) -> Task:
    """The task of an instances file; `key` is "bbox" or "segmentation"."""
    folder, file = split_place(annotations)
    keep_masks = key == "segmentation"
    found = _SPLIT.search(file)
    split = found.group() if found else "test"
    return Task(
        name=name,
        mirror=folder,
        rows=Source(
            split=split, files=(file,), adapt=partial(rows_of, masks=keep_masks), folder=True
        ),
        sample=partial(to_sample, split=split),
        forms={"detect": Form(prompt="{{ input }}", inputs=inputs, scorer=scorer)},
        responses=partial(from_coco, key=key),
        submission=submission(key),
        params={"annotations": annotations},
        card=card,
        checks=tuple(checks),
    )


def split_place(annotations: str) -> tuple[str, str]:
    """(folder of the mirror, file below it) of "coco/annotations/instances_val2017.json"."""
    folder, slash, file = str(annotations).partition("/")
    if not slash or not folder or not file:
        raise ConfigError(
            f"annotations={annotations}: it names a folder of the data and a file in it.",
            hint=f"For example annotations={DEFAULT}.",
        )
    return folder, file


def rows_of(content: Json, *, masks: bool) -> list[Row]:
    """A row for each picture, with its objects as columns, in the file's order.

    Annotations of pictures that the file does not list belong to no sample.
    """
    lists = ("images", "annotations", "categories")
    if not isinstance(content, dict) or not all(isinstance(content.get(n), list) for n in lists):
        raise DataError(
            "the file has no images, annotations and categories.",
            hint="An instances file of COCO is wanted.",
        )
    names = ("bbox", "area", "category_id", "iscrowd", *(("segmentation",) if masks else ()))
    categories = [[item["id"], item["name"]] for item in content["categories"]]
    known = {number for number, _ in categories}
    objects: dict[Json, list[Mapping[str, Json]]] = defaultdict(list)
    for place, item in enumerate(content["annotations"]):
        if item["category_id"] not in known:
            raise DataError(f"annotation {place} has the unknown category {item['category_id']!r}.")
        if masks and not item.get("segmentation"):
            raise DataError(
                f"annotation {place}, of picture {item['image_id']}, has no segmentation, and"
                " masks are compared.",
                hint="Take an instances file with polygons or run lengths, or score the boxes:"
                " coco_detection.",
            )
        objects[item["image_id"]].append(_object(item))
    return [
        {
            "image_id": image["id"],
            "file_name": image.get("file_name", ""),
            "width": image["width"],
            "height": image["height"],
            "categories": categories,
            **{name: [item[name] for item in objects[image["id"]]] for name in names},
        }
        for image in content["images"]
    ]


def _object(item: Mapping[str, Json]) -> dict[str, Json]:
    box = item["bbox"]
    return {
        "bbox": box,
        "area": item.get("area", box[2] * box[3]),
        "category_id": item["category_id"],
        "iscrowd": int(bool(item.get("iscrowd", 0))),
        "segmentation": item.get("segmentation"),
    }


def to_sample(row: Row, *, split: str = "val2017") -> Sample:
    """A row of `rows_of`."""
    name = str(row["file_name"])
    folders = (split, f"images/{split}", "images", ".")
    media, reason = find_picture(row, name, folders)
    kept = ("width", "height", "bbox", "area", "category_id", "iscrowd", "segmentation")
    return Sample(
        str(row["image_id"]),
        name,
        choices=tuple(str(label) for _, label in row["categories"]),
        fields={
            "category_ids": [number for number, _ in row["categories"]],
            "file_name": name,
            "no_picture": reason,
            **{key: row[key] for key in kept if key in row},
        },
        media=media,
    )


def inputs(sample: Sample) -> Mapping[str, Json]:
    """What a detector is told beside the picture: its file's name, and why it is missing."""
    told = {"file_name": sample.fields["file_name"]}
    reason = sample.fields["no_picture"]
    return {**told, "no_picture": reason} if reason else told


def submission(key: str) -> Callable[[Sequence[Answered]], Mapping[str, str]]:
    """The way back: one COCO results file, detections that can't be scored left out."""

    def write(answers: Sequence[Answered]) -> Mapping[str, str]:
        found: list[Json] = []
        for item in answers:
            if item.score.state == "scored":
                found += to_coco(item.sample, item.response.text, key=key)
        return {"results.json": json.dumps(found, separators=(",", ":"))}

    return write
