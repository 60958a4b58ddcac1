"""What a reader must know of a judge, in words; and why a part of its report is missing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from julja.audit.judges.estimands import MOST_COMPARED
from julja.audit.judges.recalibration import FEWEST
from julja.audit.judges.sheet import Sheet
from julja.types import Estimate

if TYPE_CHECKING:
    from julja.audit.judge import JudgeReport
    from julja.audit.judges.agree import People

# Below this many values nothing is said of habits.
FEW = 8
NO_LABELS = "no item that this judge rated has a human label (--human FILE, or a column `human`)"


def missing(
    sheet: Sheet, report: "JudgeReport", people: "People | None", same_scale: bool
) -> dict[str, str]:
    """Part -> why it isn't there."""
    found: dict[str, str] = {}
    if report.agreement is None:
        found["agreement"] = NO_LABELS
    elif report.agreement.single is None:
        found["kappa"] = (
            "values are measurements, not categories"
            if same_scale
            else "the judge's scale is not the people's"
        )
    if report.agreement is not None and report.agreement.ceiling is None:
        few = people is None or not people.several
        found["ceiling"] = (
            "no item was labelled by two people" if few else "no categories to compare people by"
        )
    if report.position is None and sheet.kind == "pair":
        found["position"] = (
            "no rating says which answer was shown first (column `first` or `swapped`, --a-first)"
        )
    if report.length is None:
        found["length"] = (
            "labels have no direction"
            if sheet.kind == "label"
            else "no lengths of ten different answers or more (columns `length`, or `length_a` and"
            " `length_b`, or the answers' texts)"
        )
    if report.self_preference is None:
        found["self_preference"] = _no_favour(sheet)
    if report.noise is None:
        found["noise"] = "no item was judged twice in the same way"
    if report.recalibration is None:
        found["recalibration"] = (
            "labels have no direction"
            if sheet.kind == "label"
            else f"fewer than {FEWEST} items with a score and a label, or all labels are the same"
        )
    if sheet.kind == "label":
        found["means"] = "labels have no mean; --positive LABEL counts one of them as 1"
    elif sheet.kind == "score" and len(sheet.models) > MOST_COMPARED:
        found["differences"] = f"more than {MOST_COMPARED} models"
    return found


def _no_favour(sheet: Sheet) -> str:
    if sheet.kind == "label":
        return "labels have no direction"
    if any(sheet.family_a) or any(sheet.family_b):
        return "the judge's family is not known, or has no answer here (column `judge_family`)"
    return (
        "no column says whose the models are (family_a, family_b or family, and judge_family);"
        " --family PATTERN names those of the judge's own"
    )


def remarks(sheet: Sheet, report: "JudgeReport") -> tuple[str, ...]:
    """Findings that an average would hide."""
    found: list[str] = []
    if report.unparsed:
        shown = f", such as {report.examples[0]!r}" if report.examples else ""
        found.append(f"no value could be read in {report.unparsed} of {report.ratings}{shown}")
    found += _constant(sheet, report)
    found += _position(report)
    if report.length is not None and report.length.excess is not None:
        side = _side(report.length.excess, 0.0)
        if side:
            more = "more" if side > 0 else "less"
            found.append(f"likes longer answers {more} than people do")
    if report.self_preference is not None and report.self_preference.excess is not None:
        side = _side(report.self_preference.excess, 0.0)
        if side > 0:
            found.append("favours its own family more than people do")
    found += _against_people(report)
    if report.recalibration is not None and report.recalibration.best is None:
        found.append("no recalibration makes its scores better")
    return tuple(dict.fromkeys(found))


def _constant(sheet: Sheet, report: "JudgeReport") -> list[str]:
    values = sheet.value[sheet.of(sheet.raters.index(report.judge))]
    values = values[np.isfinite(values)]
    if len(values) >= FEW and np.ptp(values) == 0:
        shown = f"{values[0]:g}" if not sheet.labels else repr(_label(sheet.labels, values[0]))
        return [f"gives {shown} every time"]
    return []


def _label(labels: tuple[str, ...], code: float) -> str:
    return labels[int(code)] if int(code) < len(labels) else f"{code:g}"


def _position(report: "JudgeReport") -> list[str]:
    bias = report.position
    if bias is None or bias.first_preferred.n < FEW:
        return []
    share = bias.first_preferred
    if bias.design == "fixed order":
        known = bias.excess
        if known is None:
            return [
                "the order of the answers was not drawn by lot: what the first one wins mixes"
                " position with the models"
            ]
        side = _side(known, 0.0)
    else:
        side = _side(share, 0.5)
    if not side:
        return []
    which = "first" if side > 0 else "second"
    if share.value in (0.0, 1.0):
        return [f"always prefers the answer shown {which}"]
    return [f"prefers the answer shown {which}"]


def _against_people(report: "JudgeReport") -> list[str]:
    found: list[str] = []
    agreement = report.agreement
    if agreement is None:
        return found
    if agreement.ceiling is not None:
        side = _side(agreement.ceiling.difference.raw, 0.0)
        if side:
            more = "more" if side > 0 else "less"
            found.append(f"agrees with a person {more} than two people agree with each other")
    kappa = None if agreement.single is None else agreement.single.kappa
    if kappa is not None and kappa.ci is not None and kappa.ci[0] <= 0:
        found.append("its agreement with people may be chance: the interval of kappa holds 0")
    for index, item in enumerate(report.means):
        found += [f"{item.what}: {remark}" if index else remark for remark in item.remarks]
    return found


def _side(item: Estimate, middle: float) -> int:
    """1 where the whole interval is above, -1 where below, else 0."""
    if item.ci is None:
        return 0
    return int(item.ci[0] > middle) - int(item.ci[1] < middle)


def lost_lines(lost: Mapping[str, int]) -> list[str]:
    """What was left out while reading, a line each."""
    return [f"{count} {what}" for what, count in lost.items()]
