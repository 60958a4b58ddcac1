"""Verdicts over a family of comparisons, and what it would take where there is none."""

from collections.abc import Callable, Sequence
from math import ceil, log2
from statistics import NormalDist
from typing import Any

from julja.run.comparison.entries import Entry
from julja.run.comparison.options import FEW, POWER, Adjust, Options
from julja.stats.paired import Verdict, benjamini_hochberg, holm
from julja.stats.power import (
    Design,
    detectable,
    mcnemar_samples,
    paired_design,
    samples_needed,
)

_RULES: dict[str, Callable[[Sequence[float]], list[float]]] = {
    "holm": holm,
    "bh": benjamini_hochberg,
    "none": list,
}
_TOLD = {
    "holm": "Holm: the chance of any false BETTER or WORSE among them stays below alpha",
    "bh": "Benjamini-Hochberg: of what is called BETTER or WORSE, a share of alpha is false",
    "max-t": "max-T: as Holm, sharper where runs share their samples; all pairs of a task at once",
    "none": "not adjusted: each comparison is judged as if it were the only one",
}
# More epochs than this are no advice.
_MOST_EPOCHS = 1000


def chosen(options: Options, count: int) -> Adjust:
    """The adjustment that was asked for, or the one that fits so many comparisons."""
    return options.adjust or ("holm" if count <= FEW else "bh")


def family(method: Adjust, options: Options, count: int) -> dict[str, Any]:
    """What is said of the adjustment."""
    how = "asked for" if options.adjust else f"{count} comparisons: at most {FEW}"
    if options.adjust is None and count > FEW:
        how = f"{count} comparisons: more than {FEW}"
    return {
        "method": method,
        "chosen": how,
        "comparisons": count,
        "alpha": options.alpha,
        "about": _TOLD[method],
    }


def settle(
    entries: Sequence[Entry], method: Adjust, options: Options, p_max_t: Sequence[float | None] = ()
) -> None:
    """Write each comparison's adjusted p-value, verdict, the reason for it, and what it takes.

    `p_max_t` are the adjusted p-values of max-T, one for each entry.
    """
    if method == "max-t":
        adjusted = [
            None if entry.p is None or p is None else max(entry.p, p)
            for entry, p in zip(entries, p_max_t, strict=True)
        ]
    else:
        adjusted = _over([entry.p for entry in entries], _RULES[method])
    # Equivalence has no resampled family of its own.
    same = _over([entry.p_same for entry in entries], _RULES.get(method, holm))
    for entry, p, p_same in zip(entries, adjusted, same, strict=True):
        entry.json["p_adjusted"] = p
        if method == "holm":
            entry.json["p_holm"] = p
        entry.json["equivalence"]["p_adjusted"] = p_same
        verdict = _verdict(entry, p, p_same, options.alpha)
        entry.json["verdict"] = verdict
        entry.json["reason"] = _reason(entry, verdict, p, method, options)
        count = len(entries) if method in ("holm", "max-t") else 1
        entry.json["needs"] = _needs(entry, options, options.alpha / count)


def settle_suites(suites: Sequence[dict[str, Any]], options: Options) -> None:
    """Verdicts of suites, by Holm among themselves (or without, where that was asked for)."""
    rule = _RULES["none" if options.adjust == "none" else "holm"]
    adjusted = _over([suite["p"] for suite in suites], rule)
    same = _over([suite.pop("p_same", None) for suite in suites], rule)
    for suite, p, p_same in zip(suites, adjusted, same, strict=True):
        suite["p_adjusted"] = p
        difference = suite["difference"]
        if p_same is not None and p_same <= options.alpha:
            suite["verdict"] = "EQUIVALENT"
        elif p is None or p >= options.alpha or not difference:
            suite["verdict"] = "INCONCLUSIVE"
        else:
            suite["verdict"] = "BETTER" if difference > 0 else "WORSE"
        suite.setdefault("reason", f"p {_p(p)}")


def _over(
    p_values: Sequence[float | None], rule: Callable[[Sequence[float]], list[float]]
) -> list[float | None]:
    """A rule over the p-values that there are."""
    known = [place for place, p in enumerate(p_values) if p is not None]
    found: list[float | None] = [None] * len(p_values)
    values = rule([p for p in p_values if p is not None])
    for place, value in zip(known, values, strict=True):
        found[place] = value
    return found


def _verdict(entry: Entry, p: float | None, p_same: float | None, alpha: float) -> Verdict:
    if p_same is not None and p_same <= alpha:
        return "EQUIVALENT"
    difference = entry.json["difference"]
    if p is None or p >= alpha or not difference:
        return "INCONCLUSIVE"
    return "BETTER" if (difference > 0) == entry.metric.higher_is_better else "WORSE"


def _reason(
    entry: Entry, verdict: Verdict, p: float | None, method: Adjust, options: Options
) -> str:
    """Why this verdict, in one line."""
    json = entry.json
    raw, margin = json["p"], options.margin
    if verdict == "EQUIVALENT":
        return f"the difference lies within {margin:g} (two one-sided tests)"
    if verdict != "INCONCLUSIVE":
        return f"p {_p(p)}" + (f" after {method}" if method != "none" and p != raw else "")
    lost = json["lost"]["a"] + json["lost"]["b"]
    if json["difference"] is None:
        return str(json["test"])
    if raw is None:
        return "no measure of error: too few samples, or none that differ in more than one way"
    if entry.p is None:
        return f"{lost:g} samples have a score in one run only: what they are worth is not known"
    if json["difference"] == 0 and raw == 1:
        return "no difference was seen"
    if raw < options.alpha <= entry.p:
        return f"p {_p(raw)}, but not if what one run lost had gone against it"
    if p is not None and entry.p < options.alpha <= p:
        return f"p {_p(entry.p)} alone, {_p(p)} after {method}"
    return f"p {_p(p)}"


def _p(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"


def _needs(entry: Entry, options: Options, alpha: float) -> dict[str, Any] | None:
    """What an INCONCLUSIVE comparison would take to be decided with 80 % power."""
    json = entry.json
    n, stderr, difference = json["n"], json["stderr"], json["difference"]
    if json["verdict"] != "INCONCLUSIVE" or not n or not stderr:
        return None
    design = paired_design(stderr, n)
    found: dict[str, Any] = {
        "power": POWER,
        "alpha": alpha,
        "detectable": detectable(design, n, alpha=alpha, power=POWER),
        "samples": None,
        "more_samples": None,
        "epochs": None,
        "samples_for_margin": None,
    }
    if difference:
        found["samples"] = _samples(json, design, alpha)
        found["more_samples"] = max(0, found["samples"] - n)
        found["epochs"] = _epochs(entry, alpha)
    if options.margin is not None and abs(difference) < options.margin:
        found["samples_for_margin"] = _for_margin(design, difference, options, alpha)
    return found


def _samples(json: dict[str, Any], design: Design, alpha: float) -> int:
    """Samples that show the seen difference; of 0/1 scores by Connor's formula for McNemar's test.

    However few differ, so many must be expected to that the exact test can reach alpha at all.
    """
    n: int = json["n"]
    difference: float = json["difference"]
    if json["test"] != "exact McNemar":
        return samples_needed(design, difference, alpha=alpha, power=POWER)
    differing = (json["wins"] + json["losses"]) / n
    fewest: int = ceil((1 + log2(1 / alpha)) / differing)
    return max(fewest, mcnemar_samples(differing, difference, alpha=alpha, power=POWER))


def _for_margin(design: Design, difference: float, options: Options, alpha: float) -> int:
    """Samples for two one-sided tests at the seen difference (Chow, Shao and Wang 2008, 3.2.2)."""
    assert options.margin is not None
    normal = NormalDist()
    reach = normal.inv_cdf(1 - alpha) + normal.inv_cdf((1 + POWER) / 2)
    return ceil(reach**2 * design.variance / (options.margin - abs(difference)) ** 2)


def _epochs(entry: Entry, alpha: float) -> int | None:
    """Epochs of the same samples that would do; None where not known, or where none would."""
    if entry.within is None:
        return None
    json = entry.json
    within_a, within_b, epochs_a, epochs_b = entry.within
    noise = within_a / epochs_a + within_b / epochs_b
    between = max(0.0, json["stderr"] ** 2 * json["n"] - noise)
    normal = NormalDist()
    reach = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(POWER)
    room = (json["difference"] / reach) ** 2 * json["n"] - between
    if room <= 0 or within_a + within_b <= 0:
        return None
    epochs = ceil((within_a + within_b) / room)
    return epochs if epochs <= _MOST_EPOCHS else None
