"""COCO detection: find the objects of 80 categories, as boxes.

    julja score coco_detection --responses results.json          a COCO results file
    julja score coco_detection:annotations=mine/instances.json   any data set in COCO's form

Data: `coco/annotations/instances_val2017.json` as upstream's archive has it, pictures in
`coco/val2017/`. Paper: Lin et al., 2014.
"""

from julja.benchmarks.vision import coco
from julja.scoring.vision.coco import coco_boxes
from julja.tasks.task import Card, Check, Task, task
from julja.types import Row


@task
def coco_detection(annotations: str = coco.DEFAULT) -> Task:
    """The 5,000 pictures of val2017, or those of another instances file."""
    return coco.instances("coco_detection", annotations, "bbox", coco_boxes(), CARD, CHECKS)


CARD = Card(
    title="COCO detection",
    summary="Boxes of objects of 80 categories in 5,000 photographs, scored by average precision "
    "over ten IoU thresholds.",
    abilities=("vision", "detection"),
    languages=(),
    paper=coco.PAPER,
    licence=coco.LICENCE,
    official_scorer=coco.OFFICIAL,
    saturation="Progress is slow near AP 0.66 on val2017; large objects are close to their "
    "ceiling, small ones are not.",
    contamination="Pre-training sets (Objects365, web images) overlap with COCO's pictures; "
    "models are tuned on val2017 itself.",
    label_errors="Objects are missing and boxes are loose: re-annotations (COCO-ReM, Sama-COCO) "
    "move AP by points and change rankings.",
    notes="Twelve numbers: AP AP50 AP75 APs APm APl AR1 AR10 AR100 ARs ARm ARl, each with a "
    "bootstrap interval over pictures; AP, AP50 and AR100 by class. A picture without a result "
    "has no detection, as pycocotools takes it, and is counted. Detections of unknown categories, "
    "with a score that is no number, or without a box are left out, and told; boxes beyond their "
    "picture count as they are. test-dev has no public labels. hub copies that lost the crowd "
    "flags give other numbers, so none is named here.",
    rows=5000,
)

_CATEGORIES = [[1, "kite"], [3, "boat"]]


def _row(number: int, *objects: tuple[int, list[float], int]) -> Row:
    return {
        "image_id": number,
        "file_name": f"{number}.jpg",
        "width": 200,
        "height": 100,
        "categories": _CATEGORIES,
        "category_id": [kind for kind, _, _ in objects],
        "bbox": [box for _, box, _ in objects],
        "area": [box[2] * box[3] for _, box, _ in objects],
        "iscrowd": [crowd for _, _, crowd in objects],
    }


_KITE = _row(7, (1, [20.0, 10.0, 40.0, 30.0], 0))
_TWO = _row(8, (1, [0.0, 0.0, 10.0, 10.0], 0), (3, [50.0, 50.0, 100.0, 40.0], 0))
_FOUND = '{"boxes":[{"label":"kite","box":[20,10,40,30],"score":0.9}'
CHECKS = (
    Check(_KITE, f"{_FOUND}]}}", 1.0, "detect"),
    Check(_KITE, f'{_FOUND},{{"label":"boat","box":[0,0,9,9],"score":1}}]}}', 1.0, "detect"),
    Check(
        _TWO,
        '{"boxes":[{"category_id":3,"box":[50,50,100,40],"score":0.1},'
        '{"category_id":1,"box":[0,0,10,10],"score":0.2}]}',
        1.0,
        "detect",
    ),
    Check(_KITE, '{"boxes":[]}', 0.0, "detect"),
    Check(_KITE, '{"boxes":[{"label":"boat","box":[20,10,40,30],"score":0.9}]}', 0.0, "detect"),
    Check(_KITE, "There is a kite.", 0.0, "detect"),
)
