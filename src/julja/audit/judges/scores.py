"""Recalibrated scores as rows for a file."""

from typing import TYPE_CHECKING

import numpy as np

from julja.audit.judges.sheet import Sheet
from julja.types import Json

if TYPE_CHECKING:
    from julja.audit.judge import Calibration


def recalibrated_rows(sheet: Sheet, found: "Calibration") -> list[dict[str, Json]]:
    """One row for each item and judge: its score, the recalibrated one, the human label.

    `recalibrated` is cross-fitted where there is a label; both are null where unparsed.
    """
    rows: list[dict[str, Json]] = []
    truth = sheet.mean(sheet.by_people())
    for report in found.judges:
        made = report.recalibration
        if made is None:
            continue
        places = sheet.of(sheet.raters.index(report.judge))
        scores = sheet.mean(places)
        for unit in np.unique(sheet.unit[places]).tolist():
            row: dict[str, Json] = {"item": sheet.task[unit], "judge": report.judge}
            for role, codes in (("model", sheet.a), ("model_b", sheet.b)):
                if codes[unit] >= 0:
                    row[role] = sheet.models[codes[unit]]
            row["score"] = _number(scores[unit])
            row["recalibrated"] = _number(made.scores[unit])
            row["human"] = _number(truth[unit])
            rows.append(row)
    return rows


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
