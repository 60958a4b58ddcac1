"""CIFAR-10 and CIFAR-10.1: the accuracies of the authors' files of predictions."""

from tests.fidelity.claim import Claim

SOURCE = "modestyachts/CIFAR-10.1: model_predictions; accuracies counted apart from julja"
OLD = "cifar10/model_predictions/original_predictions/{}_predictions.json"
NEW = "cifar10/model_predictions/v6_predictions/{}_predictions.json"

# On CIFAR-10 (None: its file is in no mirror) and on CIFAR-10.1 v6.
PUBLISHED: dict[str, tuple[float | None, float]] = {
    "darc": (0.9657, 0.8990),
    "nas": (0.9543, 0.8920),
    "pyramidnet_basic_110_84": (0.9573, 0.8960),
    "random_features_256k_no_aug": (0.8420, 0.7045),
    "resnet_basic_32": (0.9252, 0.8520),
    "resnext_29_4x64d": (0.9639, 0.9015),
    "shake_shake_26_2x64d_SSI_cutout16": (0.9711, 0.9310),
    "wrn_28_10": (None, 0.9015),
}

CLAIMS = (
    *(
        Claim("cifar10", OLD.format(name), "top1", old, 4, SOURCE)
        for name, (old, _) in PUBLISHED.items()
        if old is not None
    ),
    *(
        Claim("cifar10_1", NEW.format(name), "top1", new, 4, SOURCE)
        for name, (_, new) in PUBLISHED.items()
    ),
    Claim(
        "cifar10",
        "cifar10/pred_cifar_10_model_7.4.0_test10000.json",
        "top1",
        0.8014,
        4,
        "PyPI cifar-10-model 7.4.0, run apart from julja on all 10,000 pictures",
    ),
)
