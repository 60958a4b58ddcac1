"""From evidence to decisions: PASS, FAIL or INCONCLUSIVE for each rule, GO or NO-GO for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log
from statistics import NormalDist
from typing import Any, Literal, TypeAlias

from julja.run.gating.measure import Measured
from julja.run.gating.policy import Kind, Policy
from julja.stats.one_sided import Evidence, PairedShares, Share, Student, Tied
from julja.stats.paired import holm

Status: TypeAlias = Literal["PASS", "FAIL", "INCONCLUSIVE"]
Decision: TypeAlias = Literal["GO", "NO-GO", "INCONCLUSIVE"]
_POWER = 0.8


@dataclass(slots=True)
class Check:
    """One rule on one task. Those that test have `p_pass` and `p_fail`; a budget is only looked at.

    `threshold` is on the scale of `measured` turned so that higher is better.
    """

    task: str | None
    kind: Kind | Literal["required"]
    limit: float | None
    rule: str
    subset: str | None = None
    measured: Measured | None = None
    threshold: float = 0.0
    value: float | None = None
    status: Status = "INCONCLUSIVE"
    message: str = ""
    p_pass: float | None = None
    p_fail: float | None = None


def weigh(check: Check) -> None:
    """The p-values of a rule: for passing with all that is lost against it, for failing without."""
    seen = check.measured
    assert seen is not None
    if seen.at_worst is not None:
        check.p_pass = seen.at_worst.above(check.threshold)
    if seen.at_best is not None:
        check.p_fail = seen.at_best.below(check.threshold)


def decide(checks: Sequence[Check], policy: Policy) -> Decision:
    """Write the status of each tested rule, and say what all rules together mean.

    FAIL is by Holm over all tested rules, so that the chance of a false NO-GO stays below alpha.
    PASS is at alpha itself: a GO needs every rule to pass (Berger, "Multiparameter hypothesis
    testing and acceptance sampling", 1982), unless the policy wants Holm there too.
    """
    tested = [check for check in checks if check.measured is not None]
    passing = _adjusted([check.p_pass for check in tested], adjust=policy.adjust == "holm")
    failing = _adjusted([check.p_fail for check in tested], adjust=True)
    for check, p_pass, p_fail in zip(tested, passing, failing, strict=True):
        if p_pass is not None and p_pass <= policy.alpha:
            check.status = "PASS"
        elif p_fail is not None and p_fail <= policy.alpha:
            check.status = "FAIL"
        else:
            check.status = "INCONCLUSIVE"
        check.message = _message(check, policy)
    states = {check.status for check in checks}
    if "FAIL" in states:
        return "NO-GO"
    return "INCONCLUSIVE" if "INCONCLUSIVE" in states and policy.blocks else "GO"


def _adjusted(p_values: Sequence[float | None], *, adjust: bool) -> list[float | None]:
    known = [p for p in p_values if p is not None]
    made = iter(holm(known) if adjust else known)
    return [None if p is None else next(made) for p in p_values]


def _message(check: Check, policy: Policy) -> str:
    seen = check.measured
    assert seen is not None
    if seen.at_worst is None and seen.at_best is None:
        return seen.note or "no measure of error: too few samples, or none that differ"
    lost = f"; {seen.lost:g} lost samples are held against it" if seen.lost else ""
    if check.status == "PASS":
        return "holds" + lost
    if check.status == "FAIL":
        return "is broken"
    low, high = bounds(check, policy.alpha)
    if check.p_fail is not None and check.p_fail <= policy.alpha:
        return f"broken by itself, but not among all rules (Holm){lost}"
    if check.p_pass is not None and check.p_pass <= policy.alpha:
        return f"holds by itself, but not among all rules (Holm){lost}"
    takes = needs(check, policy.alpha)
    more = f": {takes} samples would show it with 80 % power" if takes else ""
    ends = " to ".join("–" if end is None else f"{end:.4g}" for end in (low, high))
    return f"the data allow {ends}, on both sides of the limit{more}{lost}"


def bounds(check: Check, alpha: float) -> tuple[float | None, float | None]:
    """The one-sided bounds (lowest, highest) as the number is reported."""
    seen = check.measured
    if seen is None:
        return None, None
    worst = None if seen.at_worst is None else seen.sign * seen.at_worst.lower(alpha)
    best = None if seen.at_best is None else seen.sign * seen.at_best.upper(alpha)
    return (worst, best) if seen.sign > 0 else (best, worst)


def needs(check: Check, alpha: float) -> int | None:
    """Samples that would show the rule to hold, if the true value is the one that was seen.

    None where more samples wouldn't: what was seen breaks the rule already.
    """
    seen = check.measured
    if seen is None or seen.at_worst is None:
        return None
    evidence = seen.at_worst
    if isinstance(evidence, Tied):
        share = -check.threshold
        return ceil(log(alpha) / log(1 - share)) if 0 < share < 1 else None
    if isinstance(evidence, Share) and evidence.successes == evidence.n:
        # Nothing but successes: share^n is the chance of that where the threshold is true.
        share = (check.threshold - evidence.low) / (evidence.high - evidence.low)
        return ceil(log(alpha) / log(share)) if 0 < share < 1 else None
    gap = evidence.value - check.threshold
    variance = _variance(evidence, seen.n)
    if gap <= 0 or variance <= 0:
        return None
    normal = NormalDist()
    reach = normal.inv_cdf(1 - alpha) + normal.inv_cdf(_POWER)
    return max(seen.n + 1, ceil(reach**2 * variance / gap**2))


def _variance(evidence: Evidence, n: int) -> float:
    """Of one sample's part in the value."""
    if isinstance(evidence, PairedShares):
        return (evidence.wins + evidence.losses) / evidence.n - evidence.value**2
    if isinstance(evidence, Share):
        share = evidence.successes / evidence.n
        return share * (1 - share) * (evidence.high - evidence.low) ** 2
    return evidence.stderr**2 * n if isinstance(evidence, Student) else 0.0


def check_json(check: Check, alpha: float) -> dict[str, Any]:
    """One check as the gate's object has it."""
    seen = check.measured
    made: dict[str, Any] = {
        "rule": check.rule,
        "task": check.task,
        "subset": check.subset,
        "kind": check.kind,
        "limit": check.limit,
        "status": check.status,
        "message": check.message,
        "metric": seen.metric if seen else None,
        "value": seen.value if seen else check.value,
        "bounds": list(bounds(check, alpha)) if seen else None,
        "p_pass": check.p_pass,
        "p_fail": check.p_fail,
        "n": seen.n if seen else None,
        "lost": seen.lost if seen else None,
        "method": _method(seen),
        "needs_samples": needs(check, alpha) if check.status == "INCONCLUSIVE" else None,
    }
    return made


def _method(seen: Measured | None) -> str | None:
    if seen is None or seen.at_worst is None:
        return None
    return seen.at_worst.method


def counted(checks: Sequence[Check]) -> Mapping[str, int]:
    """How many checks have each status."""
    names: tuple[Status, ...] = ("PASS", "FAIL", "INCONCLUSIVE")
    return {name: sum(check.status == name for check in checks) for name in names}
