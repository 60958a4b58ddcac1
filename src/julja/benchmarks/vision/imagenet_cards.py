"""What a reader must know of ImageNet and the sets made to test it."""

from dataclasses import replace

from julja.tasks.task import Card

IMAGENET = Card(
    title="ImageNet",
    summary="The class of 50,000 photographs among 1,000, by top-1 and top-5.",
    abilities=("vision", "classification"),
    languages=(),
    paper="https://arxiv.org/abs/1409.0575",
    licence="research only, after registration; each picture under its own terms",
    official_scorer="pytorch-image-models: validate.py, timm/data/real_labels.py",
    random_baseline=0.001,
    human=0.949,
    saturation="Near 0.90 top-1 of the original labels and 0.91 of ReaL's; both are at the ceiling"
    " of their labels.",
    contamination="Nearly every network of vision is trained on the training set; web sets hold"
    " validation pictures.",
    label_errors="About 5.8 % of the validation labels are wrong (Northcutt et al., 2021), and a"
    " fifth of the pictures show several classes (Shankar et al., 2020): labels=real takes all of"
    " them.",
    notes="Preprocessing belongs to the model: a wrong normalisation cost EfficientNet-Lite0 10"
    " points. Published (timm's tables, single crop): resnet50.a1_in1k at 224 0.8038 / 0.9460,"
    " eva02_large_patch14_448 0.9006 / 0.9905, and 0.9114 of ReaL's labels. ReaL leaves 3,163"
    " pictures without a label: they have no score. The human figure is one annotator's top-5.",
    rows=50000,
)
A = replace(
    IMAGENET,
    title="ImageNet-A",
    summary="7,500 unmodified photographs that ResNet-50 classified wrongly, 200 classes.",
    abilities=("vision", "classification", "robustness"),
    paper="https://arxiv.org/abs/1907.07174",
    licence="MIT (lists); each picture under its own terms",
    official_scorer="hendrycks/natural-adv-examples: eval.py",
    random_baseline=0.005,
    human=None,
    saturation="From 0 for ResNet-50 to 0.89 for the largest networks (timm's table).",
    label_errors="Chosen against one network: others' numbers depend on how like it they are.",
    notes="The scores of the 200 classes alone are compared, as upstream does; a list of classes"
    " chosen among 1,000 is a harder protocol, in which any other class is wrong.",
    rows=7500,
)
R = replace(
    A,
    title="ImageNet-R",
    summary="30,000 renditions (art, cartoons, sculptures, toys …) of 200 classes.",
    paper="https://arxiv.org/abs/2006.16241",
    official_scorer="hendrycks/imagenet-r: eval.py",
    saturation="Networks trained on web pictures are over 0.90; those of ImageNet near 0.45.",
    label_errors="No audit of its labels is published. What a drawing stands for is a matter of"
    " reading.",
    rows=30000,
)
C = replace(
    IMAGENET,
    title="ImageNet-C",
    summary="The validation set under 15 corruptions at five severities, by mean corruption error.",
    abilities=("vision", "classification", "robustness"),
    paper="https://arxiv.org/abs/1903.12261",
    licence="CC BY 4.0 (corruptions); the pictures as ImageNet's",
    official_scorer="hendrycks/robustness: ImageNet-C/test.py",
    human=None,
    saturation="From 1.0 (AlexNet) and 0.77 (ResNet-50) to under 0.3.",
    label_errors="Those of ImageNet's validation set (5.8 % by Northcutt et al., 2021).",
    notes="mce, lower is better, is in units of AlexNet's errors; top1 and top5 are plain. The"
    " files are JPEGs of 224 by 224 and must not be resized again. The four extra corruptions are"
    " for validation and count nowhere.",
    rows=3750000,
)
