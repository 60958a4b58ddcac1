"""ImageNet-C's corruption error: errors over corruptions, measured in AlexNet's.

    CE of a corruption = sum over severities of the model's error / sum of AlexNet's
    mCE                = the mean of the 15 CEs, 1.0 for AlexNet itself; lower is better

Source: Hendrycks & Dietterich, 2019, section 4.2; AlexNet's errors are those of
hendrycks/robustness. The severities of a corruption have equally many pictures, so its error is
the mean over all of them.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from julja.scoring.base import FunctionScorer
from julja.scoring.vision.classes import image_classes
from julja.types import Metric, Response, Sample, Score, Scorer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Top-1 errors, mean over five severities.
ALEXNET: Mapping[str, float] = {
    "gaussian_noise": 0.886428,
    "shot_noise": 0.894468,
    "impulse_noise": 0.922640,
    "defocus_blur": 0.819880,
    "glass_blur": 0.826268,
    "motion_blur": 0.785948,
    "zoom_blur": 0.798360,
    "snow": 0.866816,
    "frost": 0.826572,
    "fog": 0.819324,
    "brightness": 0.564592,
    "contrast": 0.853204,
    "elastic_transform": 0.646056,
    "pixelate": 0.717840,
    "jpeg_compression": 0.606500,
}
_CODES = {name: float(code) for code, name in enumerate(ALEXNET)}


def corruption_error(whole: bool = True) -> Scorer:
    """mce (first; "ce" where not `whole`: fewer than the 15 corruptions), top1, top5.

    `Sample.fields["corruption"]` names a key of `ALEXNET`.
    """
    inner = image_classes()
    name = "mce" if whole else "ce"
    metric = Metric(
        name,
        source="top1",
        aggregate=mean_corruption_error,
        columns=("top1", "corruption"),
        higher_is_better=False,
    )

    def score(sample: Sample, response: Response) -> Score:
        found = inner(sample, response)
        code = _CODES[sample.fields["corruption"]]
        return Score(
            {**found.values, "corruption": code}, found.state, found.extracted, None,
            found.explanation,
        )  # fmt: skip

    plain = tuple(item for item in inner.metrics if item.aggregate is None)
    return FunctionScorer("corruption_error", {"whole": whole}, (*plain, metric), False, score)


def mean_corruption_error(columns: Mapping[str, "NDArray[np.float64]"]) -> float:
    """The mean over the corruptions that occur of error / AlexNet's error.

    Columns are `top1` (n,) and `corruption` (n,), the place of the corruption in `ALEXNET`.
    """
    import numpy as np

    codes = columns["corruption"].astype(int)
    counts = np.bincount(codes, minlength=len(ALEXNET))
    errors = np.bincount(codes, weights=1 - columns["top1"], minlength=len(ALEXNET))
    occurs = counts > 0
    base = np.array(list(ALEXNET.values()))
    return float((errors[occurs] / counts[occurs] / base[occurs]).mean())
