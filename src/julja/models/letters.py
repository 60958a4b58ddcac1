"""Letter log-probabilities out of a server's list of likely first tokens."""

import math
from collections.abc import Iterable, Sequence

from julja.types import ChoiceLikelihood

# How tokenisers write a leading space: SentencePiece's U+2581 and byte-level BPE's U+0120.
_SPACES = " \t\n\r\u2581\u0120"


def letter_choices(
    top: Iterable[tuple[str, float]], letters: Sequence[str]
) -> tuple[ChoiceLikelihood, ...]:
    """The log-probability of each letter as the next token.

    "A" and " A" are two tokens but one answer: their probabilities are added. Case counts ("a" is
    not "A"), and a longer token that begins with the letter ("Apple") is another answer. A letter
    that the list doesn't hold gets `-inf`; `greedy` marks the letter of the single likeliest
    token.

    >>> [c.loglikelihood for c in letter_choices([("B", -0.5), ("The", -1.0)], ["A", "B"])]
    [-inf, -0.5]
    """
    tokens = dict(top)  # a server may list the chosen token twice
    best = max(tokens, key=tokens.__getitem__, default=None)
    found: dict[str, list[float]] = {letter: [] for letter in letters}
    for token, logprob in tokens.items():
        stripped = token.strip(_SPACES)
        if stripped in found:
            found[stripped].append(logprob)
    return tuple(
        ChoiceLikelihood(
            text=letter,
            loglikelihood=_log_sum_exp(found[letter]),
            tokens=1,
            greedy=best is not None and best.strip(_SPACES) == letter,
        )
        for letter in letters
    )


def _log_sum_exp(values: Sequence[float]) -> float:
    if len(values) < 2:
        return values[0] if values else -math.inf
    high = max(values)
    if math.isinf(high):
        return high
    return min(0.0, high + math.log(math.fsum(math.exp(value - high) for value in values)))
