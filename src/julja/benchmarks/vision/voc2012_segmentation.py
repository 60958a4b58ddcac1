"""PASCAL VOC 2012 segmentation: the class of every pixel, 20 objects and the background.

    julja score voc2012_segmentation --responses FOLDER       PNGs of labels 0 … 20

Data: upstream's VOC2012 as `voc2012_segmentation/`, with SegmentationClass and JPEGImages. Paper:
Everingham et al., 2015.
"""

from julja.benchmarks.vision.label_maps import segmentation
from julja.benchmarks.vision.label_names import NAMES
from julja.tasks.task import Card, Task, task


@task
def voc2012_segmentation() -> Task:
    """The pictures whose label maps lie in SegmentationClass."""
    files = ("SegmentationClass/*.png", "VOCdevkit/VOC2012/SegmentationClass/*.png")
    images = ("JPEGImages", "VOCdevkit/VOC2012/JPEGImages")
    return segmentation(
        "voc2012_segmentation", "voc2012_segmentation", files, NAMES["voc"], images, CARD
    )


CARD = Card(
    title="PASCAL VOC 2012 segmentation",
    summary="The class of every pixel of 2,913 pictures, 21 classes, scored by mIoU.",
    abilities=("vision", "segmentation"),
    languages=(),
    paper="https://doi.org/10.1007/s11263-014-0733-5",
    licence="images under the terms of Flickr",
    official_scorer="open-mmlab/mmsegmentation: mmseg/evaluation/metrics/iou_metric.py",
    saturation="Near mIoU 0.90: differences are in outlines.",
    contamination="Backbones are trained on COCO, whose classes and style are the same.",
    label_errors="Outlines are a band of ignored pixels (255), which hides part of the errors.",
    notes="SegmentationClass holds train and val together (2,913); keep the 1,449 of val for the "
    "usual number.",
    rows=2913,
)
