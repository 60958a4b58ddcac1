"""Exact match and token F1 as the SQuAD evaluation scripts define them.

Rajpurkar et al., 2016 (https://arxiv.org/abs/1606.05250) and 2018 (arXiv 1806.03822). Values are
fractions in 0..1; the scripts print percent. The two versions differ in one case: where no words
are left in both texts, F1 is 1 by evaluate-v2.0.py (no answer is right) and 0 by evaluate-v1.1.py.
"""

import re
import string
from collections import Counter
from collections.abc import Iterable

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def normalise_answer(text: str) -> str:
    """Lower case, no ASCII punctuation, no English articles, single spaces (in that order).

    >>> normalise_answer("The  U.S. president's house")
    'us presidents house'
    """
    plain = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", plain).split())


def exact_match(response: str, reference: str) -> float:
    """1.0 if both texts are equal once normalised."""
    return float(normalise_answer(response) == normalise_answer(reference))


def token_f1(response: str, reference: str, *, both_empty: float = 0.0) -> float:
    """The harmonic mean of precision and recall over normalised words, as bags.

    `both_empty` is the value where neither text has a word: 0 in SQuAD 1.1, 1 in SQuAD 2.0.

    >>> token_f1("in the north sea", "the North Sea coast")
    0.6666666666666666
    """
    given, wanted = normalise_answer(response).split(), normalise_answer(reference).split()
    if not given and not wanted:
        return both_empty
    shared = (Counter(given) & Counter(wanted)).total()
    if shared == 0:
        return 0.0
    precision, recall = shared / len(given), shared / len(wanted)
    return (2 * precision * recall) / (precision + recall)


def best_exact_match(response: str, references: Iterable[str]) -> float:
    """The exact match with the nearest reference."""
    return max(exact_match(response, reference) for reference in references)


def best_token_f1(response: str, references: Iterable[str], *, both_empty: float = 0.0) -> float:
    """The F1 with the nearest reference."""
    return max(token_f1(response, item, both_empty=both_empty) for item in references)


def answerable_references(references: Iterable[str]) -> tuple[str, ...]:
    """References that have words, or ("",) where there are none: SQuAD 2.0's "no answer"."""
    return tuple(item for item in references if normalise_answer(item)) or ("",)
