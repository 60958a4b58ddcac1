"""What a picture model's outputs stand for, and which of them a benchmark asks for.

A model names its classes in its own words (`n01440764`, "tench, Tinca tinca", "tench"); a request
names `choices`. Outputs are found by name; by place only where a model has no names at all.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from julja.errors import ProviderError, did_you_mean
from julja.imagenet import WNIDS

_WNID = re.compile(r"n\d{8}")
_NAMELESS = re.compile(r"(label|class)?[_ ]?\d+", re.IGNORECASE)
BACKGROUND = ("background", "__background__", "dummy")


def plain(label: str) -> str:
    """A label as it is compared: `Not_Entailment` is `not entailment` is `notentailment`."""
    return re.sub(r"[\W_]+", "", label).casefold()


@lru_cache(maxsize=64)
def places_of(
    model: str, labels: tuple[tuple[str, ...], ...], choices: tuple[str, ...]
) -> tuple[int, ...]:
    """Which of the model's outputs stands for each choice.

    `labels` has all names of each output (its wnid, its description …), none where it has none.
    Models without names must have as many outputs as there are choices, or one more in front:
    the background class of TensorFlow's 1,001-class ImageNet models. Where wnids are asked for, a
    model of ImageNet's 1,000 classes has them in their sorted order. Raises `ProviderError`.
    """
    if all(map(_WNID.fullmatch, choices)):
        labels = _with_wnids(labels)
    nameless = all(_NAMELESS.fullmatch(name) for names in labels for name in names)
    if nameless:
        return _by_place(model, len(labels), choices)
    known = names_of(labels)
    found = [_find(known, choice) for choice in choices]
    missing = [choice for choice, place in zip(choices, found, strict=True) if place is None]
    if missing:
        raise _missing(model, missing, labels, choices)
    return tuple(place for place in found if place is not None)


def _with_wnids(labels: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """The labels with ImageNet's wnids, if they are those of ImageNet without them.

    Names are held to the first two classes, tench and goldfish: a model of 1,000 other classes, or
    in another order, is not taken for one of these.
    """
    shift = len(labels) - len(WNIDS)
    if shift not in (0, 1) or any(_WNID.fullmatch(name) for names in labels for name in names):
        return labels
    for names, first in zip(labels[shift:], ("tench", "goldfish"), strict=False):
        said = {plain(part) for name in names for part in name.split(",")}
        if first not in said and not all(_NAMELESS.fullmatch(name) for name in names):
            return labels
    own = labels[shift:]
    named = tuple((wnid, *names) for wnid, names in zip(WNIDS, own, strict=True))
    return (*((("background",),) * shift), *named)


def names_of(labels: Sequence[Sequence[str]]) -> Mapping[str, int]:
    """Every name of every output, as it is compared, with the output's place.

    A whole name counts before one of its synonyms, and a name that two outputs share is neither's
    (ImageNet has two classes "crane" and two "maillot"), unless one has it whole.
    """
    whole: dict[str, set[int]] = {}
    parts: dict[str, set[int]] = {}
    for place, names in enumerate(labels):
        for name in names:
            whole.setdefault(plain(name), set()).add(place)
            for synonym in name.split(","):
                parts.setdefault(plain(synonym), set()).add(place)
    sure = {name: next(iter(places)) for name, places in whole.items() if len(places) == 1}
    more = {name: next(iter(places)) for name, places in parts.items() if len(places) == 1}
    return {name: place for name, place in {**more, **sure}.items() if name}


def _find(known: Mapping[str, int], choice: str) -> int | None:
    place = known.get(plain(choice))
    if place is not None:
        return place
    found = {known[name] for name in map(plain, choice.split(",")) if name in known}
    return found.pop() if len(found) == 1 else None


def _by_place(model: str, outputs: int, choices: Sequence[str]) -> tuple[int, ...]:
    if outputs == len(choices):
        return tuple(range(outputs))
    if outputs == len(choices) + 1 and outputs == 1001:
        return tuple(range(1, outputs))
    raise ProviderError(
        f"{model} has {outputs} outputs without names; asked for were {len(choices)} classes.",
        hint="Name its outputs, one a line, in their order: -M labels=FILE",
    )


def _missing(
    model: str,
    missing: Sequence[str],
    labels: Sequence[Sequence[str]],
    choices: Sequence[str],
) -> ProviderError:
    own = [names[0] for names in labels if names]
    near = did_you_mean(missing[0], own)
    shown = ", ".join(map(repr, missing[:3]))
    return ProviderError(
        f"{model} has no output for {len(missing)} of the {len(choices)} classes that are asked"
        f" for ({shown}{' …' if len(missing) > 3 else ''}); its own {len(labels)} begin with"
        f" {', '.join(map(repr, own[:3]))}.",
        hint=f"{near or ''} Say what its outputs stand for, one a line: -M labels=FILE".strip(),
    )
