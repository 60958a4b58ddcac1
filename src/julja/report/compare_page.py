"""A comparison of runs as one HTML file: differences, verdicts, and both answers of the flips."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from julja.report import charts
from julja.report.comparison import takes_lines
from julja.report.page import render, visible
from julja.report.table import interval, number

Json = Mapping[str, Any]
TONES = {"BETTER": "good", "WORSE": "bad", "EQUIVALENT": "same", "INCONCLUSIVE": "none"}
FLIPS = 500
_PARTS = 200


def render_comparison(
    found: Json, *, title: str = "", generated: str | None = None, limit: int = FLIPS
) -> str:
    """The page of the object of `julja compare --json`; at most `limit` flips of each task.

    Flips whose answers the object doesn't hold are shown with their scores.
    """
    labels = {run["run"]: run["label"] for run in found["runs"]}
    many = len(labels) > 2
    entries = found["comparisons"]
    models = [visible(run["model"]) for run in found["runs"]]
    return render(
        "comparison.html",
        styles=("run.css", "charts.css", "leaderboard.css", "comparison.css"),
        script="comparison.js",
        title=title or f"{' against '.join(reversed(models)) if not many else ', '.join(models)}",
        generated=generated or time.strftime("%Y-%m-%d %H:%M"),
        runs=[
            {"label": r["label"], "run": r["run"], "model": m}
            for r, m in zip(found["runs"], models, strict=True)
        ],
        many=many,
        verdicts=_counted(entries),
        warnings=[visible(text) for text in found["warnings"]],
        charts=_charts(entries, labels, many=many),
        rows=[_row(entry, labels, many=many) for entry in entries],
        suites=[_suite(item, labels, many=many) for item in found["suites"]],
        standings=found["standings"],
        labels=labels,
        under=_under(found),
        parts=[item for entry in entries if (item := _subsets(entry, labels, many=many))],
        flips=[item for entry in entries if (item := _flips(entry, labels, limit, many=many))],
        number=number,
        tones=TONES,
    )


def _name(entry: Json, labels: Mapping[str, str], *, many: bool) -> str:
    runs = f" · {labels[entry['run_a']]} → {labels[entry['run_b']]}" if many else ""
    return visible(entry["task"]) + runs


def _counted(entries: Sequence[Json]) -> list[tuple[str, int, str]]:
    verdicts = [entry["verdict"] for entry in entries]
    return [(name, verdicts.count(name), tone) for name, tone in TONES.items() if name in verdicts]


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.4f}"


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"


def _charts(
    entries: Sequence[Json], labels: Mapping[str, str], *, many: bool
) -> list[dict[str, Any]]:
    """Forest plots of the differences: shares on one axis, other scales each on its own."""
    known = [entry for entry in entries if entry["difference"] is not None]
    shares = [e for e in known if all(-1 <= value <= 1 for value in (*_ends(e), e["a"], e["b"]))]
    others = [[entry] for entry in known if entry not in shares]
    return [_chart(part, labels, many=many) for part in (shares, *others) if part]


def _ends(entry: Json) -> list[float]:
    ci = [end for end in entry["ci"] or () if end is not None]
    return [entry["difference"], *ci]


def _chart(entries: Sequence[Json], labels: Mapping[str, str], *, many: bool) -> dict[str, Any]:
    axis = charts.linear([0.0, *(end for entry in entries for end in _ends(entry))])
    rows = []
    for entry in entries:
        text = f"{_signed(entry['difference'])} {interval(entry)}"
        track = charts.track(
            axis,
            value=entry["difference"],
            ci=entry["ci"],
            label=f"{text}, {entry['verdict']}",
            zero=0.0,
            tone=TONES[entry["verdict"]],
        )
        name = _name(entry, labels, many=many)
        tone = TONES[entry["verdict"]]
        rows.append(
            {"name": name, "verdict": entry["verdict"], "tone": tone, "track": track, "text": text}
        )
    return {"rows": rows, "ruler": charts.ruler(axis)}


def _row(entry: Json, labels: Mapping[str, str], *, many: bool) -> dict[str, Any]:
    bounds, lost = entry["bounds"], entry["lost"]
    gone = [f"{lost[side]:g} in {side.upper()} only" for side in ("b", "a") if lost[side]]
    remarks = [visible(entry["reason"]), *takes_lines(entry)]
    if bounds and bounds[0] != bounds[1]:
        remarks.append(f"with all that was lost, between {bounds[0]:+.4f} and {bounds[1]:+.4f}")
    if gone:
        remarks.append(f"samples with a score in one run only: {', '.join(gone)}")
    if not entry["higher_is_better"]:
        remarks.append("lower is better")
    clusters = f" in {entry['clusters']} clusters" if entry["clusters"] else ""
    return {
        "name": _name(entry, labels, many=many),
        "metric": visible(entry["metric"]),
        "n": f"{entry['n']:,}{clusters}",
        "a": number(entry["a"]),
        "b": number(entry["b"]),
        "difference": _signed(entry["difference"]),
        "ci": interval(entry),
        "p": _p(entry["p"]),
        "adjusted": _p(entry["p_adjusted"]),
        "counts": f"{entry['wins']} / {entry['losses']} / {entry['ties']}",
        "mde": "–" if entry["mde"] is None else f"{entry['mde']:.4f}",
        "verdict": entry["verdict"],
        "tone": TONES[entry["verdict"]],
        "remarks": remarks,
        "test": entry["test"],
    }


def _suite(item: Json, labels: Mapping[str, str], *, many: bool) -> dict[str, Any]:
    return {
        "name": visible(item["suite"])
        + (f" · {labels[item['run_a']]} → {labels[item['run_b']]}" if many else ""),
        "a": number(item["a"]),
        "b": number(item["b"]),
        "difference": _signed(item["difference"]),
        "ci": interval(item),
        "p": _p(item["p_adjusted"]),
        "verdict": item["verdict"],
        "tone": TONES[item["verdict"]],
        "reason": visible(item["reason"]),
    }


def _under(found: Json) -> list[str]:
    adjust = found["adjust"]
    lines = []
    if adjust["comparisons"] > 1:
        lines.append(f"p is adjusted ({adjust['chosen']}). {adjust['about']} {adjust['alpha']:g}")
    if found["margin"] is not None:
        lines.append(f"differences within {found['margin']:g} count as EQUIVALENT")
    return lines


def _subsets(entry: Json, labels: Mapping[str, str], *, many: bool) -> dict[str, Any] | None:
    """The differences by part of a task, the largest first."""
    parts = [part for part in entry["subsets"] if part["difference"] is not None]
    if len(parts) < 2:
        return None
    shown = sorted(parts, key=lambda part: -abs(part["difference"]))[:_PARTS]
    axis = charts.linear([0.0, *(end for part in shown for end in _ends(part))])
    rows = []
    for part in shown:
        sign = 1 if entry["higher_is_better"] else -1
        sure = part.get("p_holm") is not None and part["p_holm"] < 0.05
        tone = "none" if not sure else "good" if sign * part["difference"] > 0 else "bad"
        text = f"{_signed(part['difference'])} {interval(part)} n {part['n']}"
        rows.append(
            {
                "name": visible(part["subset"]),
                "text": text,
                "track": charts.track(
                    axis,
                    value=part["difference"],
                    ci=part["ci"],
                    label=text,
                    zero=0.0,
                    tone=tone,
                ),
            }
        )
    return {
        "name": _name(entry, labels, many=many),
        "rows": rows,
        "ruler": charts.ruler(axis),
        "left_out": len(parts) - len(shown),
    }


def _flips(
    entry: Json, labels: Mapping[str, str], limit: int, *, many: bool
) -> dict[str, Any] | None:
    """The samples whose scores differ, with what both runs said where it is known."""
    flips = entry["flips"]
    if not flips:
        return None
    sign = 1 if entry["higher_is_better"] else -1
    worse = sum(sign * (flip["b"] - flip["a"]) < 0 for flip in flips)
    items = []
    for flip in flips[:limit]:
        better = sign * (flip["b"] - flip["a"]) > 0
        items.append(
            {
                "place": f"{visible(flip['task'])}/{visible(flip['sample'])}",
                "better": better,
                "change": f"{flip['a']:g} → {flip['b']:g}",
                "target": visible("\n".join(flip.get("target") or ())),
                "answers": [
                    _answer(labels[entry[run]], flip[side])
                    for run, side in (("run_a", "answer_a"), ("run_b", "answer_b"))
                    if flip.get(side)
                ],
            }
        )
    return {
        "name": _name(entry, labels, many=many),
        "first": labels[entry["run_a"]],
        "second": labels[entry["run_b"]],
        "worse": worse,
        "better": len(flips) - worse,
        "items": items,
        "left_out": len(flips) - len(items),
    }


def _answer(label: str, answer: Json) -> dict[str, str]:
    state = "" if answer["state"] == "scored" else f", {answer['state']}"
    read = answer["extracted"]
    return {
        "who": label + state,
        "read": "" if read is None else visible(read),
        "text": visible(answer["text"]),
    }
