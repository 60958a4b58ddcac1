"""ADE20K scene parsing: the class of every pixel, 150 classes.

    julja score ade20k --responses FOLDER       PNGs as the challenge takes them: 0 other, 1 … 150
    julja score ade20k:maps=ade20k/sampleData/annotations …

Data: upstream's ADEChallengeData2016 as `ade20k/`, with annotations/validation and
images/validation. Paper: Zhou et al., 2017.
"""

from dataclasses import replace

from julja.benchmarks.vision.label_maps import segmentation, split_folder
from julja.benchmarks.vision.label_names import NAMES
from julja.tasks.task import Card, Task, task

DEFAULT = "ade20k/annotations/validation"


@task
def ade20k(maps: str = DEFAULT) -> Task:
    """The 2,000 pictures of the validation set, or another folder of its label maps."""
    folder, path = split_folder(maps)
    files = (f"{path}/*.png", f"ADEChallengeData2016/{path}/*.png")
    images = path.replace("annotations", "images")
    folders = (images, f"ADEChallengeData2016/{images}")
    made = segmentation(
        "ade20k", folder, files, NAMES["ade20k"], folders, CARD, zero_is_other=True, mit=True
    )
    return replace(made, params={"maps": maps})


CARD = Card(
    title="ADE20K scene parsing",
    summary="The class of every pixel of 2,000 pictures of scenes, 150 classes, scored by mIoU.",
    abilities=("vision", "segmentation"),
    languages=(),
    paper="https://arxiv.org/abs/1608.05442",
    licence="BSD-3 (code); pictures and labels for research, not commercial",
    official_scorer="mmsegmentation: iou_metric.py (mIoU, mAcc, aAcc);"
    " CSAILVision/sceneparsing: evaluationCode (mIoU_mit, mit_score)",
    saturation="Slow near mIoU 0.63; rare classes are far from solved.",
    contamination="Pictures overlap with Places and web sets that backbones are trained on.",
    label_errors="One annotator; its own second pass agreed on 82 % of pixels, so a perfect score "
    "is out of reach.",
    notes="mIoU leaves out classes that occur nowhere; mIoU_mit, the challenge's own, counts them "
    "as 0 over all 150 (its three sample pictures with perfect predictions have mIoU 1.0 and "
    "mIoU_mit 0.1). The label 0 (other) counts nowhere. Predictions of an engine are places "
    "among the classes, from 0; PNGs have the challenge's numbers, from 1. Predictions are "
    "brought to the truth's size, never the reverse. The hub's copy needs a loading script.",
    rows=2000,
)
