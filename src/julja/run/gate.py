"""Holds a candidate run to a policy: GO, NO-GO or INCONCLUSIVE.

found = gate(read_policy(Path("policy.toml")), candidate=side, baseline=other)
found["decision"]        # "GO"
"""

from collections.abc import Mapping, Sequence
from typing import Any

from julja.errors import ConfigError
from julja.run.comparison.differences import SAMPLE_SET, Difference, differences, refuse, remarks
from julja.run.comparison.sides import Side
from julja.run.gating.decide import Check, check_json, counted, decide, weigh
from julja.run.gating.measure import measure_gain, measure_value
from julja.run.gating.policy import LIMITS, RELATIVE, Kind, Policy, Rule, each_limit
from julja.run.results import lost_samples

_RUN = "the whole run"


def gate(
    policy: Policy, candidate: Side, baseline: Side | None = None, *, force: bool = False
) -> dict[str, Any]:
    """The gate's object: the decision, and each rule with its numbers.

    Raises ConfigError where a rule compares and there is no baseline, or where the two runs weren't
    asked alike and `force` is off.
    """
    if policy.needs_baseline and baseline is None:
        raise ConfigError(
            f"{policy.source} has rules on max_drop or min_gain, which need a baseline.",
            hint="julja gate BASELINE CANDIDATE --policy FILE",
        )
    if baseline is not None and baseline.row.id == candidate.row.id:
        raise ConfigError("the baseline and the candidate are one run.", hint="Name two runs.")
    different = _check_alike(policy, candidate, baseline, force=force)
    checks = [*_required(policy, candidate), *_whole(policy, candidate)]
    for rule, task, kind, limit in each_limit(policy, candidate.tasks):
        shared = [item.task for item in different if item.what == SAMPLE_SET]
        checks.append(_check(rule, task, kind, limit, candidate, baseline, shared))
    decision = decide(checks, policy)
    return {
        "decision": decision,
        "blocks": decision != "GO",
        "policy": policy.source,
        "alpha": policy.alpha,
        "adjust": policy.adjust,
        "inconclusive": "block" if policy.blocks else "warn",
        "baseline": _run_json(baseline),
        "candidate": _run_json(candidate),
        "counts": dict(counted(checks)),
        "checks": [check_json(check, policy.alpha) for check in checks],
        "differences": [item.to_json() for item in different],
        "warnings": _warnings(candidate, baseline, different),
    }


def _run_json(side: Side | None) -> dict[str, str] | None:
    return None if side is None else {"run": side.row.id, "model": side.row.model}


def _warnings(candidate: Side, baseline: Side | None, different: Sequence[Difference]) -> list[str]:
    told = [item.said("the baseline", "the candidate") for item in different]
    if baseline is not None:
        common = [task for task in candidate.tasks if task in baseline.results]
        told += remarks(common, baseline, candidate, "the baseline", "the candidate")
    told += [
        f"run {side.row.id} is not complete: `julja resume {side.row.id}`"
        for side in (baseline, candidate)
        if side is not None and not side.result["complete"]
    ]
    return told


def _check_alike(
    policy: Policy, candidate: Side, baseline: Side | None, *, force: bool
) -> list[Difference]:
    """What makes the compared tasks incomparable."""
    if baseline is None:
        return []
    compared = {
        task for _, task, kind, _ in each_limit(policy, candidate.tasks) if kind in RELATIVE
    }
    found = [
        item
        for task in sorted(compared)
        if task in candidate.results and task in baseline.results
        for item in differences(task, baseline, candidate)
    ]
    if not force:
        refuse(found, [("the baseline", "the candidate")] * len(found))
    return found


def _required(policy: Policy, candidate: Side) -> list[Check]:
    """A required task must be there, and answered to its end."""
    checks = []
    for task in policy.required:
        check = Check(task, "required", None, "required", status="PASS", message="was run")
        result = candidate.results.get(task)
        if result is None:
            check.status = "FAIL"
            check.message = f"the run has no such task: it has {', '.join(candidate.tasks)}"
        elif result["counts"]["skipped"]:
            check.status = "FAIL"
            check.message = f"{result['counts']['skipped']} of its samples were never asked"
        checks.append(check)
    return checks


def _whole(policy: Policy, candidate: Side) -> list[Check]:
    """Limits on the run as a whole."""
    parts = [candidate.results[task] for task in candidate.tasks]
    return [
        _budget(Check(None, kind, limit, _RUN), parts, candidate.result["seconds"])
        for kind, limit in policy.limits.items()
    ]


def _check(
    rule: Rule,
    task: str,
    kind: Kind,
    limit: float,
    candidate: Side,
    baseline: Side | None,
    shared: Sequence[str],
) -> Check:
    check = Check(task, kind, limit, rule.place, rule.subset)
    if task not in candidate.results:
        check.message = "the candidate has no such task"
        return check
    if kind in LIMITS:
        if rule.subset is not None:
            raise ConfigError(f"{rule.place}: {kind} is for a whole task, not for a subset.")
        return _budget(check, [candidate.results[task]], None)
    if kind in RELATIVE:
        assert baseline is not None
        if task not in baseline.results:
            check.message = "the baseline has no such task"
            return check
        check.measured = measure_gain(rule, task, baseline, candidate, shared=shared)
        check.threshold = -limit if kind == "max_drop" else limit
    else:
        check.measured = measure_value(rule, task, candidate)
        _check_direction(rule, task, kind, check.measured.sign)
        check.threshold = check.measured.sign * limit
    weigh(check)
    return check


def _check_direction(rule: Rule, task: str, kind: Kind, sign: int) -> None:
    wanted: Kind = "min_value" if sign > 0 else "max_value"
    if kind != wanted:
        better = "more" if sign > 0 else "less"
        raise ConfigError(
            f"{rule.place}: {kind} of {task}, of whose metric {better} is better.",
            hint=f"Use {wanted}.",
        )


def _budget(check: Check, parts: Sequence[Mapping[str, Any]], seconds: float | None) -> Check:
    """What was spent and lost is known: nothing is tested, unless it was never counted."""
    assert check.limit is not None
    value, note = _spent(str(check.kind), parts, seconds)
    check.value = value
    if value is None:
        check.message = note
    else:
        check.status = "PASS" if value <= check.limit else "FAIL"
        check.message = note or ("within" if check.status == "PASS" else "over")
    return check


def _spent(
    kind: str, parts: Sequence[Mapping[str, Any]], seconds: float | None
) -> tuple[float | None, str]:
    if kind == "max_errors":
        total = sum(part["counts"]["total"] for part in parts)
        lost = sum(map(lost_samples, parts))
        return (lost / total, f"{lost} of {total} samples lost") if total else (None, "no samples")
    usages = [part.get("usage") or {} for part in parts]
    cached = sum(usage.get("cached_requests") or 0 for usage in usages)
    note = f"{cached} answers came from the cache and cost nothing" if cached else ""
    if kind == "max_seconds":
        spent = [seconds] if seconds is not None else [part.get("seconds") for part in parts]
    elif kind == "max_tokens":
        spent = [_tokens(usage) for usage in usages]
    else:
        spent = [usage.get("cost_usd") for usage in usages]
    if not spent or None in spent:
        what = kind.removeprefix("max_")
        return None, f"{what} not known: the run didn't count it" + _priced(kind)
    return float(sum(value or 0.0 for value in spent)), note


def _tokens(usage: Mapping[str, Any]) -> float | None:
    """Tokens in and out; an engine that was asked and counted none doesn't count."""
    asked, said = usage.get("input_tokens"), usage.get("output_tokens")
    if asked is None or said is None or (asked + said == 0 and usage.get("requests")):
        return None
    return float(asked + said)


def _priced(kind: str) -> str:
    return " (no price for this model: --prices FILE)" if kind == "max_cost_usd" else ""
