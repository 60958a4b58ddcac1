"""Is a judge any good? Its agreement with people, its biases, and what its scores are worth.

    found = calibrate(read_sheet(["judged.csv"], human=["labels.csv"]))
    found.judges[0].agreement

Everything is computed from the columns that the files have; what they don't allow is named in
`missing`, with the column that would.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from julja.audit.judges.agree import (
    Bootstrap,
    JudgeAgreement,
    Measure,
    People,
    alpha_of_judges,
    judge_agreement,
    measure_of,
    people_agreement,
)
from julja.audit.judges.estimands import model_differences, sheet_means
from julja.audit.judges.favour import SelfPreference, own_side, self_preference
from julja.audit.judges.length import LengthBias, length_bias
from julja.audit.judges.means import Difference, Means
from julja.audit.judges.position import PositionBias, position_bias
from julja.audit.judges.recalibration import Recalibration, recalibration
from julja.audit.judges.remarks import missing, remarks
from julja.audit.judges.scales import Scales, on_people_scale
from julja.audit.judges.sheet import Ints, Sheet, SheetKind
from julja.stats.estimate import estimate_json
from julja.stats.intervals import Floats
from julja.stats.krippendorff import Level
from julja.stats.variance import VarianceComponents, judge_variance
from julja.types import Estimate, Json


@dataclass(frozen=True, slots=True)
class Options:
    """`own` maps patterns of judges to patterns of the models of their own family."""

    level: Level | None = None
    how: Bootstrap = field(default_factory=Bootstrap)
    scales: Scales = field(default_factory=Scales)
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JudgeReport:
    """One judge. `ratings` it was asked for, of which `unparsed` gave no value (`examples`).

    `missing` says for each part that there is none why, `remarks` what a reader must know.
    """

    judge: str
    ratings: int
    unparsed: int
    examples: tuple[str, ...]
    items: int
    labelled: int
    agreement: JudgeAgreement | None
    means: tuple[Means, ...]
    differences: tuple[Difference, ...]
    position: PositionBias | None
    length: LengthBias | None
    self_preference: SelfPreference | None
    noise: VarianceComponents | None
    recalibration: Recalibration | None
    missing: Mapping[str, str]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """All judges of a sheet, and the people they are held against.

    `kind` is what was rated, `level` and `weights` how alpha and kappa compare values;
    `judges_alpha` is how far the judges agree with each other.
    """

    kind: SheetKind
    items: int
    clusters: int
    models: int
    level: Level
    weights: str
    labels: tuple[str, ...]
    people: People | None
    judges: tuple[JudgeReport, ...]
    judges_alpha: Estimate | None
    lost: Mapping[str, int]
    notes: tuple[str, ...]


def calibrate(sheet: Sheet, options: Options | None = None) -> Calibration:
    """Hold all judges of a sheet against its people."""
    options = options or Options()
    measure = measure_of(sheet, options.level)
    people = people_agreement(sheet, _of_people(sheet, options), options.how)
    return Calibration(
        kind=sheet.kind,
        items=len(sheet),
        clusters=len(set(sheet.cluster.tolist())),
        models=len(sheet.models),
        level=measure.level,
        weights=measure.weights,
        labels=sheet.labels,
        people=people,
        judges=tuple(_report(sheet, judge, measure, people, options) for judge in sheet.judges),
        judges_alpha=alpha_of_judges(sheet, measure, options.how),
        lost=sheet.lost,
        notes=sheet.notes,
    )


def _of_people(sheet: Sheet, options: Options) -> Measure:
    """How people's own ratings are compared: by the values that people gave."""
    places = sheet.by_people()
    only = replace(sheet, value=sheet.value[places], unit=sheet.unit[places])
    return measure_of(only, options.level)


def _report(
    sheet: Sheet, judge: int, measure: Measure, people: People | None, options: Options
) -> JudgeReport:
    places = sheet.of(judge)
    values = sheet.value[places]
    noise = _noise(sheet, places, options.how)
    scaled, note, same = on_people_scale(sheet, places, options.scales)
    if not same:
        measure = Measure("interval", "quadratic", ())
    truth = sheet.mean(sheet.by_people())
    clusters = sheet.cluster.tolist()
    judged = scaled.mean(places)
    labels = sheet.kind == "label"
    found = JudgeReport(
        judge=sheet.raters[judge],
        ratings=len(places),
        unparsed=int(np.isnan(values).sum()),
        examples=tuple(sheet.unreadable.get(sheet.raters[judge], ())),
        items=len(set(sheet.unit[places].tolist())),
        labelled=int((np.isfinite(judged) & np.isfinite(truth)).sum()),
        agreement=judge_agreement(scaled, places, measure, options.how),
        means=sheet_means(scaled, places, options.scales, options.how),
        differences=model_differences(scaled, places),
        position=position_bias(sheet, places, truth) if sheet.kind == "pair" else None,
        length=length_bias(scaled, places, truth),
        self_preference=_favour(scaled, judge, places, truth, options),
        noise=noise,
        recalibration=None
        if labels
        else recalibration(judged, truth, clusters, seed=options.how.seed),
        missing={},
        remarks=(note,) if note else (),
    )
    return replace(
        found,
        missing=missing(sheet, found, people, same),
        remarks=(*found.remarks, *remarks(sheet, found)),
    )


def _noise(sheet: Sheet, places: Ints, how: Bootstrap) -> VarianceComponents | None:
    """The judge's own variance: repeats of one unit shown in the same order."""
    if sheet.kind == "label":
        return None
    kept = places[np.isfinite(sheet.value[places])]
    group = sheet.unit[kept] * 3 + sheet.first[kept] + 1
    order = np.argsort(group, kind="stable")
    names, starts = np.unique(group[order], return_index=True)
    row = np.searchsorted(names, group[order])
    column = np.arange(len(order)) - starts[row]
    table = np.full((len(names), int(column.max(initial=-1)) + 1), np.nan)
    table[row, column] = sheet.value[kept][order]
    return judge_variance(
        table,
        clusters=sheet.cluster[names // 3].tolist(),
        resamples=how.resamples,
        seed=how.seed,
    )


def _favour(
    sheet: Sheet, judge: int, places: Ints, truth: Floats, options: Options
) -> SelfPreference | None:
    family = sheet.family[judge]
    patterns = [
        pattern
        for name, models in options.own.items()
        if fnmatchcase(sheet.raters[judge], name)
        for pattern in models
    ]
    if patterns:
        inside = np.array([any(fnmatchcase(m, p) for p in patterns) for m in sheet.models], float)
        inside = np.append(inside, 0.0)
        own = inside[sheet.a] - inside[sheet.b] if sheet.kind == "pair" else inside[sheet.a]
    elif family and (any(sheet.family_a) or any(sheet.family_b)):
        own = own_side(sheet, family)
    else:
        return None
    strangers = [
        j for j in sheet.judges if j != judge and (not family or sheet.family[j] != family)
    ]
    others = sheet.mean(np.flatnonzero(np.isin(sheet.rater, strangers)))
    return self_preference(sheet, places, truth, others, own)


def calibration_json(found: Calibration) -> dict[str, Json]:
    """The object of `julja judge calibrate --json`; recalibrated scores are not in it."""
    made = _json(found)
    assert isinstance(made, dict)
    return made


def _json(value: Any) -> Json:
    if isinstance(value, Estimate):
        return estimate_json(value)
    if is_dataclass(value) and not isinstance(value, type):
        kept = {item.name: getattr(value, item.name) for item in fields(value)}
        return {name: _json(part) for name, part in kept.items() if not _is_array(part)}
    if isinstance(value, Mapping):
        return {str(name): _json(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [_json(part) for part in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)
