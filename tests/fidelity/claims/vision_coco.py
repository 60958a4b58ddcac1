"""COCO's official fake results, real detectors, DeepLabv3 and MIT's sample pictures."""

from tests.fidelity.claim import Claim

NAMES = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")
FAKE = "coco_api/faster_coco_eval/tests/dataset/cocoapi/instances_val2014_100.json"
FIRST = "coco_val128/instances_val2017_first128_rebuilt.json"
PYCOCOTOOLS = "pycocotools on the same file (pred_expected_bbox_stats_pycocotools.json)"

# results/val2014_fake_eval_res.txt of cocodataset/cocoapi.
OFFICIAL = {
    "coco_detection": "0.505 0.697 0.573 0.586 0.519 0.501 0.387 0.594 0.595 0.640 0.566 0.564",
    "coco_segmentation": "0.320 0.562 0.299 0.387 0.310 0.327 0.268 0.415 0.417 0.469 0.377 0.381",
}
FILES = {
    "coco_detection": "coco_api/results/instances_val2014_fakebbox100_results.json.gz",
    "coco_segmentation": "coco_api/results/instances_val2014_fakesegm100_results.json.gz",
}
DETECTORS = {
    "yolo11n": "0.455131 0.607994 0.508995 0.237909 0.428709 0.627561 "
    "0.408015 0.617319 0.653846 0.386470 0.626058 0.768953",
    "yolov8n": "0.435447 0.599791 0.481323 0.254950 0.406672 0.599758 "
    "0.365997 0.608853 0.643248 0.375341 0.602628 0.779823",
}
VOC21 = "label_maps:maps=coco_val128/gt_voc21,classes=voc"
DEEPLAB = "coco_val128/pred_deeplabv3_voc21"
MMSEG = "mmsegmentation's rule on the same maps (pred_deeplabv3_voc21_expected.json)"
SAMPLE = "ade20k:maps=ade20k/sceneparsing/sampleData/annotations"
PERFECT = "ade20k/sceneparsing/sampleData/predictions"
MIT = "CSAILVision/sceneparsing: evaluationCode on its own sampleData"


def _claims() -> list[Claim]:
    made = [
        Claim(f"{task}:annotations={FAKE}", FILES[task], name, value, 3, "cocodataset/cocoapi")
        for task, values in OFFICIAL.items()
        for name, value in zip(NAMES, map(float, values.split()), strict=True)
    ]
    made += [
        Claim(
            f"coco_detection:annotations={FIRST}",
            f"coco_val128/pred_{model}.json.gz",
            name,
            value,
            6,
            PYCOCOTOOLS,
        )
        for model, values in DETECTORS.items()
        for name, value in zip(NAMES, map(float, values.split()), strict=True)
    ]
    return [
        *made,
        Claim(VOC21, DEEPLAB, "mIoU", 0.344473, 6, MMSEG),
        Claim(VOC21, DEEPLAB, "mAcc", 0.461838, 6, MMSEG),
        Claim(VOC21, DEEPLAB, "aAcc", 0.837520, 6, MMSEG),
        Claim(SAMPLE, PERFECT, "mIoU_mit", 0.1000, 4, MIT, "classes that never occur count as 0"),
        Claim(SAMPLE, PERFECT, "aAcc", 1.0, 4, MIT),
        Claim(SAMPLE, PERFECT, "mIoU", 1.0, 4, "nanmean over the same files"),
    ]


CLAIMS = tuple(_claims())
