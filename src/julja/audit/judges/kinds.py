"""From cells to values: are they scores, verdicts on pairs, or labels? The people's cells decide.

A judge's cell that is of another kind is unparsed: counted, and shown. A person's is an error in
the file, because nobody but its author can say what was meant.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from julja.audit.judges.sheet import Entry, Sheet, SheetKind, sheet_of
from julja.audit.judges.values import BINARY, Value, read_value
from julja.errors import ConfigError, DataError, did_you_mean
from julja.types import Json

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Raw:
    """A rating whose cell isn't understood yet; `place` is the file and row."""

    entry: Entry
    cell: Json
    place: str


@dataclass(frozen=True, slots=True)
class Scale:
    """What cells of a sheet mean: its kind, its labels in order, and how numbers are read."""

    kind: SheetKind
    labels: tuple[str, ...] = ()
    # Of a pair: 1 and 2 name the better answer (else 1, .5 and 0 are worth to A).
    one_or_two: bool = False
    positive: str | None = None


def to_sheet(
    raws: Sequence[Raw],
    threshold: float | None,
    positive: str | None,
    notes: Iterable[str],
    lost: Counter[str],
) -> Sheet:
    """Understand every cell and build the sheet; people's empty cells are no ratings."""
    values = [read_value(raw.cell) for raw in raws]
    scale = _scale(raws, values, positive)
    if threshold is not None and scale.kind != "score":
        raise ConfigError(
            f"--pass {threshold:g}: the ratings are no scores, but {_NAMES[scale.kind]}s.",
            hint="Leave --pass out; a label that counts as passed is named by --positive.",
        )
    entries: list[Entry] = []
    unreadable: dict[str, Counter[str]] = defaultdict(Counter)
    for raw, value in zip(raws, values, strict=True):
        entry = raw.entry
        if entry.person and value.kind == "nothing":
            continue
        number = _number(scale, value, entry)
        if number is None and entry.person:
            raise DataError(
                f"{raw.place}: {str(raw.cell)[:60]!r} by {entry.rater!r} is no"
                f" {_NAMES[scale.kind]}, as the other labels are.",
                hint="Correct the cell, or leave it empty if there is no label.",
            )
        if number is None and value.text:
            unreadable[entry.rater][value.text[:80]] += 1
        if number is not None and threshold is not None:
            number = float(number >= threshold)
        entry.value = math.nan if number is None else number
        entries.append(entry)
    if not entries:
        raise DataError("the files have no ratings.")
    shown = {
        rater: tuple(text for text, _ in texts.most_common(_EXAMPLES))
        for rater, texts in unreadable.items()
    }
    return sheet_of(
        entries, scale.kind, labels=scale.labels, notes=tuple(notes), lost=lost, unreadable=shown
    )


_NAMES = {"score": "score", "pair": "verdict", "label": "label"}


def _scale(raws: Sequence[Raw], values: Sequence[Value], positive: str | None) -> Scale:
    people = [value for raw, value in zip(raws, values, strict=True) if raw.entry.person]
    people = [value for value in people if value.kind != "nothing"]
    deciding = people or [value for value in values if value.kind != "nothing"]
    kinds = Counter(value.kind for value in deciding)
    paired = any(len(raw.entry.key) == 4 for raw in raws)
    if paired and positive is None and set(kinds) <= {"verdict", "shown", "label"}:
        # A word on two named models is a verdict (a model's name), or can't be read.
        return Scale("pair")
    if positive is not None:
        return _positive(deciding, positive)
    if not kinds:
        return Scale("pair" if paired else "score")
    most = kinds.most_common(1)[0][0]
    if most in ("verdict", "shown"):
        return Scale("pair")
    if most == "number":
        return _numbers(deciding, paired)
    labels = tuple(sorted({value.text for value in deciding if value.kind == "label"}))
    if {label.casefold() for label in labels} <= set(BINARY):
        return Scale("score")
    return Scale("label", labels)


def _numbers(deciding: Sequence[Value], paired: bool) -> Scale:
    if not paired:
        return Scale("score")
    numbers = {value.number for value in deciding if value.kind == "number"}
    if not (min(numbers) >= 0 and max(numbers) <= 2):
        return Scale("score")
    # AlpacaEval and LLMBar write 1 and 2 (1.5 a tie), others 1 and 0 (.5 a tie).
    return Scale("pair", one_or_two=max(numbers) > 1 and min(numbers) >= 1)


def _positive(deciding: Sequence[Value], positive: str) -> Scale:
    texts = {value.text.casefold() for value in deciding}
    if positive.casefold() not in texts:
        hint = did_you_mean(positive, texts) or f"There are: {', '.join(sorted(texts)[:12])}."
        raise ConfigError(f"--positive {positive}: no label is {positive!r}.", hint=hint)
    return Scale("score", tuple(sorted(texts)), positive=positive.casefold())


def _number(scale: Scale, value: Value, entry: Entry) -> float | None:
    """What a value is on the scale; None where it is of another kind."""
    if scale.positive is not None:
        known = value.text.casefold() in scale.labels
        return float(value.text.casefold() == scale.positive) if known else None
    if value.kind == "nothing":
        return None
    if scale.kind == "label":
        return float(scale.labels.index(value.text)) if value.text in scale.labels else None
    if scale.kind == "score":
        return value.number if value.kind == "number" else BINARY.get(value.text.casefold())
    if value.kind == "number":
        worth = 2 - value.number if scale.one_or_two else value.number
        return worth if 0 <= worth <= 1 else None
    if value.kind == "verdict":
        return value.number
    if value.kind == "shown":
        if entry.first is None:
            return None
        return value.number if entry.first == "a" else 1 - value.number
    named = {entry.model_b: 0.0, entry.model_a: 1.0} if entry.model_a != entry.model_b else {}
    return named.get(value.text)
