"""MMBench's CircularEval: a question counts when it is right in every rotation of its options.

Liu et al., MMBench, ECCV 2024 (https://arxiv.org/abs/2307.06281); open-compass/VLMEvalKit,
vlmeval/dataset/utils/multiple_choice.py and vlmeval/utils/matching_util.py. A sample is one
rotation: its `fields["group"]` names the question, `group_size` says how many rotations there are,
`rotation` which one it is (0 as the question was written).

Choices are read by rule: one letter of the options as a word, else one option's text. Upstream asks
a language model about all other answers; here they are unparsed, and wrong.
"""

from collections.abc import Sequence

from julja.scoring.base import FunctionScorer, unparsed
from julja.scoring.groups import all_right, grouped
from julja.types import Metric, Response, Sample, Score, Scorer

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACC = (Metric("acc"),)
_SEPARATORS = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))


def circular() -> Scorer:
    """CircularEval (first), VanillaEval (the question as written) and the mean of all rotations."""
    inner = grouped(FunctionScorer("option", {}, _ACC, False, _score), all_right("circular"))
    vanilla = Metric("vanilla", source="acc", weight=_is_first)
    metrics = (inner.metrics[1], vanilla, inner.metrics[0])
    return FunctionScorer("circular", {}, metrics, False, inner)


def _is_first(sample: Sample) -> float:
    return float(sample.fields["rotation"] == 0)


def _score(sample: Sample, response: Response) -> Score:
    found = read_option(response.text, sample.choices)
    if found is None:
        return unparsed(_ACC, "No option is named, or several.")
    return Score({"acc": float(found in sample.answer)}, extracted=_LETTERS[found])


def read_option(text: str, options: Sequence[str]) -> int | None:
    """The place of the option that an answer names, None where it is none or not one alone."""
    words = set(text.translate(_SEPARATORS).split())
    named = [n for n in range(len(options)) if _LETTERS[n] in words]
    if len(named) == 1:
        return named[0]
    # A long answer that repeats an option's words isn't a choice of it.
    if len(text) > 2 * sum(len(option) for option in options):
        return None
    lower = text.lower()
    told = [n for n, option in enumerate(options) if option and option.lower() in lower]
    return told[0] if len(told) == 1 else None
