"""Which means of a sheet are worth estimating: of all answers, and of each model."""

from collections.abc import Hashable

import numpy as np

from julja.audit.judges.agree import Bootstrap
from julja.audit.judges.means import Answers, Difference, Means, differences, means
from julja.audit.judges.scales import Scales, ends_of
from julja.audit.judges.sheet import Ints, Sheet
from julja.stats.intervals import Floats

# More models than this make too many pairs to be read.
MOST_COMPARED = 12


def sheet_means(sheet: Sheet, places: Ints, scales: Scales, how: Bootstrap) -> tuple[Means, ...]:
    """The means of a judge: all answers', then each model's (of pairs: its win rate)."""
    if sheet.kind == "label":
        return ()
    asked = np.zeros(len(sheet), dtype=bool)
    asked[sheet.unit[places]] = True
    judged, people = sheet.mean(places), sheet.mean(sheet.by_people())
    low, high = ends_of(sheet, scales)

    def of(what: str, units: Floats, turned: Floats) -> Means:
        used = units.astype(bool) & asked
        flip = turned.astype(bool)
        return means(
            what,
            np.where(flip, 1 - judged, judged)[used],
            np.where(flip, 1 - people, people)[used],
            sheet.cluster[used].tolist(),
            low=low,
            high=high,
            of_many=max(1, len(sheet.models)),
            resamples=how.resamples,
            seed=how.seed,
        )

    everything, never = np.ones(len(sheet)), np.zeros(len(sheet))
    names = list(enumerate(sheet.models))
    if sheet.kind == "score":
        found = [of("mean", everything, never)]
        if len(names) > 1:
            found += [of(name, sheet.a == code, never) for code, name in names]
        return tuple(found)
    if len(names) < 2 or (sheet.a < 0).any():
        return (of("A is better", everything, never),)
    if len(names) == 2:
        return (of(sheet.models[0], everything, sheet.b == 0),)
    return tuple(
        of(name, (sheet.a == code) | (sheet.b == code), sheet.b == code) for code, name in names
    )


def model_differences(sheet: Sheet, places: Ints) -> tuple[Difference, ...]:
    """Pairs of models that a judge scored on the same items; none where there are very many."""
    if sheet.kind != "score" or not 2 <= len(sheet.models) <= MOST_COMPARED:
        return ()
    asked = set(sheet.unit[places].tolist())
    judged, people = sheet.mean(places), sheet.mean(sheet.by_people())
    answers: dict[str, Answers] = {}
    for code, name in enumerate(sheet.models):
        units = [unit for unit in np.flatnonzero(sheet.a == code).tolist() if unit in asked]
        answers[name] = Answers(
            {sheet.task[unit]: float(judged[unit]) for unit in units},
            {sheet.task[unit]: float(people[unit]) for unit in units if np.isfinite(people[unit])},
        )
    clusters: dict[Hashable, Hashable] = dict(zip(sheet.task, sheet.cluster.tolist(), strict=True))
    return differences(answers, clusters)
