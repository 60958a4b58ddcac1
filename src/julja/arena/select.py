"""Which battles are rated, which of them repeat another, and which go together."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from julja.arena.battles import UNKNOWN, VERDICTS, Battles
from julja.errors import ConfigError, did_you_mean
from julja.stats.ratings.pairs import Ints
from julja.types import Json

# What a field is called that is no column: the table's own codes.
_CODED = ("prompt", "judge", "verdict", "model_a", "model_b", "first")


def values(battles: Battles, name: str) -> list[str]:
    """A field of every battle as text, "" where it is not recorded; raises ConfigError for none."""
    sides = ("a", "b", "")
    if name == "prompt":
        return [battles.prompts[code] for code in battles.prompt.tolist()]
    if name == "judge":
        return [battles.judges[code] for code in battles.judge.tolist()]
    if name == "verdict":
        return ["" if code == UNKNOWN else VERDICTS[code] for code in battles.verdict.tolist()]
    if name in ("model_a", "model_b"):
        codes = battles.a if name == "model_a" else battles.b
        return [battles.models[code] for code in codes.tolist()]
    if name == "first":
        return [sides[code] for code in battles.first.tolist()]
    if name not in battles.columns:
        known = [*_CODED, *battles.columns]
        raise ConfigError(
            f"the battles have no field {name!r}.",
            hint=did_you_mean(name, known) or f"They have {', '.join(known)}.",
        )
    return [_text(value) for value in battles.columns[name].tolist()]


def _text(value: Json) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def where(battles: Battles, wanted: Mapping[str, str]) -> Battles:
    """The battles whose fields have the wanted values; ConfigError where there is none."""
    for name, value in wanted.items():
        column = values(battles, name)
        kept = np.array([text == value for text in column], bool)
        if not kept.any():
            known = sorted(set(column))
            shown = ", ".join(repr(text) for text in known[:8])
            raise ConfigError(
                f"no battle has {name} = {value!r}.",
                hint=did_you_mean(value, known) or f"There are {shown}.",
            )
        battles = battles.take(kept)
    return battles


def split(battles: Battles, name: str) -> dict[str, Battles]:
    """The battles by the values of a field, in the order of the values; "" where not recorded."""
    column = np.array(values(battles, name))
    return {str(value): battles.take(column == value) for value in np.unique(column)}


def duplicates(battles: Battles) -> NDArray[np.bool_]:
    """Battles that repeat an earlier one in all that is known of them; shape (n,).

    Those without a prompt are never taken for repeats: two votes may well be equal.
    """
    codes: list[Ints] = [battles.prompt, battles.a, battles.b, battles.judge, battles.verdict + 1]
    joint, size = np.zeros(len(battles), np.int64), 1
    for column in [*codes, battles.first + 1, *_optional(battles)]:
        code = column.astype(np.int64)
        width = int(code.max(initial=0)) + 1
        if size > 2**62 // width:
            # Numbered anew before the product of the sizes runs over.
            _, joint = np.unique(joint, return_inverse=True)
            size = len(battles)
        joint, size = joint * width + code, size * width
    _, first, group, count = np.unique(
        joint, return_index=True, return_inverse=True, return_counts=True
    )
    repeats = np.ones(len(battles), bool)
    repeats[first] = False
    nameless = np.array([not name for name in battles.prompts], bool)
    repeats &= ~nameless[battles.prompt]
    if battles.columns and repeats.any():
        repeats &= _same_fields(battles, np.flatnonzero(count[group] > 1), group)
    return repeats


def _same_fields(
    battles: Battles, rows: NDArray[np.int64], group: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Of some rows those whose further fields are equal to an earlier row's of the group."""
    seen: set[tuple[Json, ...]] = set()
    found = np.zeros(len(battles), bool)
    columns = list(battles.columns.values())
    for row in rows.tolist():
        key = (group[row], *(_text(column[row]) for column in columns))
        found[row] = key in seen
        seen.add(key)
    return found


def _optional(battles: Battles) -> list[NDArray[np.int64]]:
    """Codes of the time and the score, where any battle has them."""
    floats = [battles.time] if not np.isnan(battles.time).all() else []
    floats += [battles.score] if battles.score is not None else []
    return [np.unique(column, return_inverse=True)[1].astype(np.int64) for column in floats]


def clusters(battles: Battles, name: str | None) -> tuple[Ints | None, str, int]:
    """Which battles go together: (codes (n) or None for each its own, the unit's name, how many).

    None as a name means prompts where they repeat. Battles without a value are a cluster of their
    own each.
    """
    size = len(battles)
    if name == "none" or (name is None and not size):
        return None, "battle", size
    wanted = name or "prompt"
    if wanted in ("prompt", "judge"):
        names = battles.prompts if wanted == "prompt" else battles.judges
        codes = (battles.prompt if wanted == "prompt" else battles.judge).astype(np.int64)
        nameless = np.array([not text for text in names], bool)[codes]
    else:
        texts = np.array(values(battles, wanted))
        codes = np.unique(texts, return_inverse=True)[1].astype(np.int64)
        nameless = texts == ""
    if nameless.all() and name is not None:
        raise ConfigError(
            f"no battle records its {wanted}: errors can't be clustered by it.",
            hint="Leave --cluster away, or name another field.",
        )
    codes = np.where(nameless, codes.max() + 1 + np.arange(size), codes)
    codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    count = int(codes.max()) + 1
    if name is None and count == size:
        return None, "battle", size
    return codes, wanted, count
