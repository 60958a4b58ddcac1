"""A judge's scores and people's may be on two scales: 1 to 10 here, 0 or 1 there."""

from dataclasses import dataclass, replace

import numpy as np

from julja.audit.judges.sheet import Ints, Sheet


@dataclass(frozen=True, slots=True)
class Scales:
    """The ends of both scales, where the user gave them."""

    judge: tuple[float, float] | None = None
    people: tuple[float, float] | None = None


def on_people_scale(sheet: Sheet, places: Ints, scales: Scales) -> tuple[Sheet, str, bool]:
    """(the sheet with a judge's scores on people's scale, what was done, was it one scale).

    Scores are stretched, end to end, where the two scales differ: where the user says so, or
    where the judge's values reach beyond twice the range of people's.
    """
    if sheet.kind != "score":
        return sheet, "", True
    ours = sheet.value[places]
    ours = ours[np.isfinite(ours)]
    theirs = sheet.value[sheet.by_people()]
    if not len(ours) or not len(theirs):
        return sheet, "", True
    seen = (float(ours.min()), float(ours.max())), (float(theirs.min()), float(theirs.max()))
    judge, people = scales.judge or seen[0], scales.people or seen[1]
    given = scales.judge is not None or scales.people is not None
    if judge == people or not (given or _differ(*seen)):
        return sheet, "", True
    low, high = judge
    if high <= low:
        return sheet, "", True
    value = sheet.value.copy()
    value[places] = people[0] + (value[places] - low) / (high - low) * (people[1] - people[0])
    told = "" if given else " (the ends seen; --judge-scale and --human-scale name others)"
    note = f"scores are stretched from {_span(judge)} to people's {_span(people)}{told}"
    return replace(sheet, value=value), note, False


def _differ(ours: tuple[float, float], theirs: tuple[float, float]) -> bool:
    apart = ours[0] > theirs[1] or ours[1] < theirs[0]
    return apart or (ours[1] - ours[0]) > 2 * (theirs[1] - theirs[0])


def _span(ends: tuple[float, float]) -> str:
    return f"{ends[0]:g}–{ends[1]:g}"


def ends_of(sheet: Sheet, scales: Scales) -> tuple[float, float]:
    """The ends between which a mean must lie: known for pairs, 0/1 labels and given scales."""
    if sheet.kind == "pair":
        return 0.0, 1.0
    if scales.people is not None:
        return scales.people
    labels = sheet.value[sheet.by_people()]
    if len(labels) and np.all((labels == 0) | (labels == 1)):
        return 0.0, 1.0
    return -np.inf, np.inf
