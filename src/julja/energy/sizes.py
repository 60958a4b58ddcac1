"""How many parameters a model has, as far as its name says.

Open models mostly say it (8B, 30B-A3B, 8x7B). Makers of closed ones don't: those get the range of a
class, and an unknown name the widest of all.
"""

import re
from dataclasses import dataclass

_BILLIONS = r"(\d+(?:\.\d+)?)"
_EXPERTS = re.compile(rf"(?<![a-z0-9.]){_BILLIONS}x{_BILLIONS}b(?![a-z0-9])")
_ACTIVE = re.compile(rf"(?<![a-z0-9.]){_BILLIONS}b[-_]?a{_BILLIONS}b(?![a-z0-9])")
_PLAIN = re.compile(rf"(?<![a-z0-9.]){_BILLIONS}([bm])(?![a-z0-9])")


@dataclass(frozen=True, slots=True)
class Size:
    """Active and total parameters in billions, each (low, high); `name` says how they are known."""

    name: str
    active: tuple[float, float]
    total: tuple[float, float]
    is_known: bool = True


def _exactly(active: float, total: float) -> Size:
    name = f"{total:g}B parameters" + (f", {active:g}B active" if active != total else "")
    return Size(name, (active, active), (total, total))


# Mixtures of experts whose names don't say what is active (their model cards do).
_OPEN = (
    (r"gpt-oss-120b", 5.1, 117.0),
    (r"gpt-oss-20b", 3.6, 21.0),
    (r"deepseek-(?:v3|r1|chat|reasoner)(?!.*distill)", 37.0, 671.0),
    (r"mixtral-8x7b", 12.9, 46.7),
    (r"mixtral-8x22b", 39.0, 141.0),
    (r"llama-4-scout", 17.0, 109.0),
    (r"llama-4-maverick", 17.0, 400.0),
    (r"kimi-k2", 32.0, 1000.0),
    (r"glm-4\.[567](?!.*air)", 32.0, 355.0),
)
SMALL = Size("small model (class by name)", (3.0, 20.0), (8.0, 100.0))
MEDIUM = Size("medium model (class by name)", (15.0, 100.0), (60.0, 500.0))
LARGE = Size("large model (class by name)", (50.0, 400.0), (300.0, 2000.0))
UNKNOWN = Size("model of unknown size", (3.0, 400.0), (8.0, 2000.0), is_known=False)
# The first that fits: a mini of a large family is small.
_CLASSES = (
    (r"nano|mini|haiku|flash|lite|small|tiny|micro|fast", SMALL),
    (r"opus|ultra|large|gpt-4|gpt-4-turbo|gpt-4\.5|o1|o3|pro|grok-\d|max", LARGE),
    (r"sonnet|(?:chat)?gpt-4o|gpt-4\.1|gpt-5(?:\.\d)?|gpt-3\.5-turbo|medium|command-[ra]", MEDIUM),
)


def size_of(model: str) -> Size:
    """The size of a model by its name, without its provider; `UNKNOWN` where the name says nothing.

    >>> size_of("Qwen3-30B-A3B-Instruct").active, size_of("gpt-4o-mini").name
    ((3.0, 3.0), 'small model (class by name)')
    """
    name = model.lower().replace(":", "-").replace("_", "-")
    for pattern, active, total in _OPEN:
        if re.search(pattern, name):
            return _exactly(active, total)
    if found := _ACTIVE.search(name):
        return _exactly(float(found[2]), float(found[1]))
    if found := _EXPERTS.search(name):
        count, each = float(found[1]), float(found[2])
        # Experts share their attention, so there are fewer than count x each; two are active.
        said = f"{count:g} experts of {each:g}B"
        return Size(said, (each, 2 * each), (0.7 * count * each, count * each))
    if found := _PLAIN.search(name):
        billions = float(found[1]) * (1.0 if found[2] == "b" else 1e-3)
        return _exactly(billions, billions)
    for words, size in _CLASSES:
        if re.search(rf"(?<![a-z0-9.])(?:{words})(?![a-z0-9.])", name):
            return size
    return UNKNOWN
