"""COCO instance segmentation: find the objects of 80 categories, as masks.

    julja score coco_segmentation --responses results.json       a COCO results file with RLE masks

Data as coco_detection's; a mask is COCO run lengths or polygons. Paper: Lin et al., 2014.
"""

from dataclasses import replace

from julja.benchmarks.vision import coco
from julja.benchmarks.vision.coco_detection import CARD as _BOXES
from julja.scoring.vision.coco import coco_masks
from julja.tasks.task import Check, Task, task
from julja.types import Row


@task
def coco_segmentation(annotations: str = coco.DEFAULT) -> Task:
    """The 5,000 pictures of val2017, or those of another instances file."""
    scorer = coco_masks()
    return coco.instances("coco_segmentation", annotations, "segmentation", scorer, CARD, CHECKS)


CARD = replace(
    _BOXES,
    title="COCO instance segmentation",
    summary="Masks of objects of 80 categories in 5,000 photographs, scored by average precision "
    "over ten IoU thresholds.",
    abilities=("vision", "segmentation"),
    saturation="Near AP 0.57 on val2017; the outlines of the labels themselves are coarse.",
    label_errors="Masks are polygons drawn by hand: thin parts and holes are cut off. LVIS and "
    "COCO-ReM have finer ones.",
    notes=_BOXES.notes + " Sizes are told apart by the mask's area. Needs faster-coco-eval.",
)

_ROW: Row = {
    "image_id": 7,
    "file_name": "7.jpg",
    "width": 4,
    "height": 3,
    "categories": [[1, "kite"], [3, "boat"]],
    "category_id": [1],
    "bbox": [[1, 0, 2, 3]],
    "area": [6],
    "iscrowd": [0],
    "segmentation": [{"size": [3, 4], "counts": [3, 6, 3]}],
}


def _response(label: str, counts: str) -> str:
    mask = f'{{"size":[3,4],"counts":{counts}}}'
    return f'{{"boxes":[{{"label":"{label}","box":[1,0,2,3],"score":0.5,"mask":{mask}}}]}}'


CHECKS = (
    Check(_ROW, _response("kite", "[3,6,3]"), 1.0, "detect"),
    Check(_ROW, _response("boat", "[3,6,3]"), 0.0, "detect"),
    Check(_ROW, _response("kite", "[0,3,9]"), 0.0, "detect"),
    Check(_ROW, '{"boxes":[]}', 0.0, "detect"),
)
