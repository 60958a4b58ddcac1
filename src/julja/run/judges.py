"""What a run's judges did, task by task: verdicts, failures, position bias, their own variance."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import numpy as np

from julja.stats.intervals import wilson
from julja.stats.variance import judge_variance
from julja.store.rows import Judgement
from julja.types import Json

# Below this many verdicts nothing is said of a judge's habits.
FEW = 8


@dataclass(slots=True)
class _Judge:
    """One judge's answers in one task."""

    name: str
    items: list[Judgement] = field(default_factory=list)

    @property
    def read(self) -> list[Judgement]:
        return [item for item in self.items if item.value is not None]


def judge_reports(
    judgements: Iterable[Judgement], tasks: Mapping[str, str]
) -> dict[str, list[dict[str, Json]]]:
    """For each task the reports of its judges; `tasks` names the task of each leaf."""
    found: dict[str, dict[str, _Judge]] = defaultdict(dict)
    for item in judgements:
        if item.task in tasks:
            judges = found[tasks[item.task]]
            judges.setdefault(item.judge, _Judge(item.judge)).items.append(item)
    return {task: [_report(judge) for judge in judges.values()] for task, judges in found.items()}


def judge_report(name: str, judgements: Iterable[Judgement]) -> dict[str, Json]:
    """The report of one judge's answers."""
    return _report(_Judge(name, list(judgements)))


def _report(judge: _Judge) -> dict[str, Json]:
    items, read = judge.items, judge.read
    errors = Counter(item.error for item in items if item.error is not None)
    asked = [item for item in items if item.error is None and not item.cached]
    costs = [item.cost_usd for item in asked if item.cost_usd is not None]
    position = _position(read)
    variance = _variance(read)
    return {
        "judge": judge.name,
        "questions": len(items),
        "verdicts": len(read),
        "unparsed": len(items) - len(read) - sum(errors.values()),
        "errors": dict(sorted(errors.items())),
        "mean": fmean(item.value for item in read if item.value is not None) if read else None,
        "said": dict(Counter(str(item.verdict) for item in read).most_common(12)),
        "position": position,
        "variance": variance,
        "remarks": _remarks(judge, errors, position),
        "usage": {
            "requests": len(asked),
            "cached_requests": sum(item.cached for item in items),
            "input_tokens": sum(item.input_tokens or 0 for item in asked),
            "output_tokens": sum(item.output_tokens or 0 for item in asked),
            "cost_usd": sum(costs) if costs else None,
            "seconds": sum(item.seconds or 0.0 for item in asked),
        },
    }


def _side(item: Judgement) -> int:
    """1 where the answer that was shown first was preferred, -1 for the second, 0 for a tie."""
    assert item.value is not None
    better = (item.value > 0.5) - (item.value < 0.5)
    return better if item.first == "answer" else -better


def _position(read: Sequence[Judgement]) -> dict[str, Json] | None:
    """How often the first-shown answer won, of all decided, and how often both orders agree."""
    shown = [item for item in read if item.first is not None]
    decided = [_side(item) for item in shown if _side(item)]
    if not decided:
        return None
    first = sum(side > 0 for side in decided)
    pairs: dict[tuple[Any, ...], dict[str | None, int]] = defaultdict(dict)
    for item in shown:
        key = (item.task, item.sample, item.epoch, item.part, item.repeat)
        # In the answer's terms, so that one verdict in both orders is one value.
        pairs[key][item.first] = _side(item) if item.first == "answer" else -_side(item)
    both = [pair for pair in pairs.values() if len(pair) == 2]
    same = sum(len(set(pair.values())) == 1 for pair in both)
    return {
        "first_preferred": first / len(decided),
        "first_preferred_ci": list(wilson(first, len(decided))),
        "decided": len(decided),
        "consistent": same / len(both) if both else None,
        "consistent_ci": list(wilson(same, len(both))) if both else None,
        "pairs": len(both),
    }


def _variance(read: Sequence[Judgement]) -> dict[str, Json] | None:
    """The judge's own variance beside that between questions; None where nothing was asked twice.

    From the repeats of a question, or from the judge's own probabilities where it gave them.
    """
    groups: dict[tuple[Any, ...], list[Judgement]] = defaultdict(list)
    for item in read:
        groups[item.task, item.sample, item.epoch, item.question].append(item)
    repeats = max((len(group) for group in groups.values()), default=0)
    if repeats > 1:
        table = np.full((len(groups), repeats), np.nan)
        for row, group in zip(table, groups.values(), strict=True):
            row[: len(group)] = [item.value for item in group]
        found = judge_variance(table, resamples=100)
        if found is None:
            return None
        return {
            "within": found.within,
            "between": found.between,
            "repeats": found.scores / found.items,
            "from": "repeats",
        }
    spreads = [item.spread for item in read if item.spread is not None]
    if not spreads:
        return None
    values = [item.value for item in read if item.value is not None]
    return {
        "within": fmean(spread**2 for spread in spreads),
        "between": float(np.var(values, ddof=1)) if len(values) > 1 else None,
        "repeats": 1,
        "from": "probabilities",
    }


def _remarks(judge: _Judge, errors: Counter[str], position: Mapping[str, Any] | None) -> list[str]:
    """What a reader must know before believing this judge, in words."""
    items, read = judge.items, judge.read
    found: list[str] = []
    if errors:
        kinds = ", ".join(f"{count} {kind}" for kind, count in errors.most_common())
        failed = sum(errors.values())
        message = next(item.message for item in items if item.error is not None)
        found.append(f"{failed} of {len(items)} questions have no answer ({kinds}: {message})")
    unparsed = len(items) - len(read) - sum(errors.values())
    if unparsed:
        found.append(f"no verdict could be read in {unparsed} of {len(items)} answers")
    if position and position["decided"] >= FEW:
        low, high = position["first_preferred_ci"]
        share = position["first_preferred"]
        if share in (0.0, 1.0):
            found.append(f"always prefers the answer shown {'first' if share else 'second'}")
        elif low > 0.5 or high < 0.5:
            side = "first" if low > 0.5 else "second"
            part = share if low > 0.5 else 1 - share
            found.append(f"prefers the answer shown {side} ({part:.0%} of what it decides)")
    alike = len({item.value for item in read}) == 1 and all(item.first is None for item in read)
    if len(read) >= FEW and alike:
        found.append(f"gives the same verdict every time ({read[0].verdict})")
    return found
