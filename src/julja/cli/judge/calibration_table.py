"""A judge's calibration on a terminal: a line for each number, and in words what it means."""

from collections.abc import Iterator

from rich import box
from rich.table import Table
from rich.text import Text

from julja.audit.judge import Calibration, JudgeReport
from julja.audit.judges.means import Difference, Means
from julja.report.console import reader_console
from julja.stats.agreement import Agreement
from julja.types import Estimate

MOST_MEANS = 12
Line = tuple[str, str, str, str, str]
_HEADS = ("", "value", "95 % interval", "n", "")
_KINDS = {"score": "scores", "pair": "verdicts on pairs", "label": "labels"}


def print_calibration(found: Calibration) -> None:
    """Print a calibration on stdout, without box and colour where that is no terminal."""
    console, plain = reader_console()
    for text in _heading(found):
        console.print(Text(text))
    shared = _shared(found)
    for report in found.judges:
        counts = f"{report.ratings} ratings of {report.items} items"
        counts += f", {report.labelled} with a human label"
        counts += f", {report.unparsed} unparsed" if report.unparsed else ""
        console.print()
        console.print(Text.assemble((report.judge, "" if plain else "bold"), f"   {counts}"))
        table = Table(box=None if plain else box.SIMPLE_HEAD, pad_edge=not plain)
        for index, head in enumerate(_HEADS):
            table.add_column(
                head, justify="right" if index in (1, 3) else "left", no_wrap=index < 4
            )
        for row in _lines(found, report):
            table.add_row(*(Text(cell) for cell in row))
        if table.row_count:
            console.print(table)
        for remark in report.remarks:
            console.print(Text(f"  ! {remark}", style="" if plain else "yellow"))
        for part, why in report.missing.items():
            if (part, why) not in shared:
                console.print(Text(f"  {_no(part, why)}", style="" if plain else "dim"))
    if shared:
        console.print()
    for part, why in shared:
        console.print(Text(_no(part, why), style="" if plain else "dim"))


def _shared(found: Calibration) -> list[tuple[str, str]]:
    """What is missing for every judge for the same reason: said once."""
    first, *others = found.judges
    return [
        item for item in first.missing.items() if all(item in o.missing.items() for o in others)
    ]


def _no(part: str, why: str) -> str:
    return f"no {part.replace('_', '-')}: {why}"


def _heading(found: Calibration) -> Iterator[str]:
    parts = [f"{found.items} items", _KINDS[found.kind]]
    if found.clusters < found.items:
        parts.insert(1, f"in {found.clusters} clusters")
    if found.models > 1:
        parts.append(f"{found.models} models")
    yield ", ".join(parts) + f"; alpha is {found.level}, kappa's weights: {found.weights}"
    people = found.people
    if people is None:
        yield "no human labels: what follows is about the judge alone"
    else:
        yield (
            f"people: {people.raters} gave {people.ratings} labels of {people.items} items"
            f" ({people.several} by two or more){_inline(people.alpha, ', alpha ')}"
        )
    if found.judges_alpha is not None:
        yield f"the judges among themselves: alpha {_inline(found.judges_alpha, '')}"
    for what, count in found.lost.items():
        yield f"left out: {count} {what}"


def _inline(item: Estimate | None, before: str) -> str:
    if item is None or item.value is None:
        return ""
    return f"{before}{item.value:.3f} {_interval(item)}"


def _lines(found: Calibration, report: JudgeReport) -> Iterator[Line]:
    yield from _agreement(report, numbers=found.level != "nominal")
    yield from _biases(report)
    yield from _noise(report)
    for index, item in enumerate(report.means[:MOST_MEANS]):
        yield from _mean(item, first=index == 0)
    if len(report.means) > MOST_MEANS:
        yield (f"… {len(report.means) - MOST_MEANS} more (--json)", "", "", "", "")
    yield from map(_difference, report.differences[:MOST_MEANS])
    yield from _recalibration(report)


def _agreement(report: JudgeReport, *, numbers: bool) -> Iterator[Line]:
    found = report.agreement
    if found is None:
        return
    if found.single is not None and found.exact is not None:
        yield _line("agreement with people", found.exact)
        yield _line("  kappa", found.single.kappa)
    yield from _both("  all verdicts together", found.combined)
    yield from _both("  without ties", found.without_ties)
    yield _line("  alpha", found.alpha)
    for name, item in (("Pearson", found.pearson), ("Spearman", found.spearman)):
        if item is not None and numbers:
            yield _line(f"  {name}", item)
    if found.bias is not None:
        yield _line("  judge - people", found.bias, f"rmse {found.rmse:.3f}")
    top = found.ceiling
    if top is not None:
        # Weighted like kappa, so it isn't the raw agreement above.
        yield from _both("person with person", top.people)
        yield _line("  judge - ceiling", top.difference.raw, "on items that two people labelled")
        yield _line("  the same, kappa", top.difference.kappa)


def _both(name: str, item: Agreement | None) -> Iterator[Line]:
    if item is not None:
        yield _line(name, item.raw)
        yield _line("  kappa", item.kappa)


def _biases(report: JudgeReport) -> Iterator[Line]:
    position = report.position
    if position is not None:
        yield _line("shown first is preferred", position.first_preferred, position.design)
        if position.consistency is not None:
            yield _line("  the same in both orders", position.consistency)
        if position.to_first is not None and position.to_second is not None:
            yield _line("  twice the first one", position.to_first)
            yield _line("  twice the second one", position.to_second)
        if position.excess is not None:
            yield _line("  more than by people", position.excess)
    length = report.length
    if length is not None:
        pairs = length.judge.metric == "longer_preferred"
        name = "longer is preferred" if pairs else "score by length"
        alone = "" if length.people is not None else "no labels: longer may be better"
        yield _line(name, length.judge, alone)
        if length.people is not None:
            yield _line("  by people", length.people)
        if length.excess is not None:
            yield _line("  more than by people", length.excess)
        if length.adjusted_for:
            beside = f"per SD, beside {' and '.join(length.adjusted_for)}"
            yield _line("  coefficient of length", length.coefficient, beside)
    favour = report.self_preference
    if favour is not None:
        yield _line("its own family", favour.judge, f"{favour.own} items")
        for name, item in (
            ("by people", favour.people),
            ("more than by people", favour.excess),
            ("more than by other judges", favour.over_judges),
            ("at equal labels", favour.coefficient),
        ):
            if item is not None:
                yield _line(f"  {name}", item)


def _noise(report: JudgeReport) -> Iterator[Line]:
    noise = report.noise
    if noise is None:
        return
    about = f"variance: {noise.between:.4g} items, {noise.within:.4g} repeats"
    yield _line("reliability of one score", noise.reliability, about)


def _mean(item: Means, *, first: bool) -> Iterator[Line]:
    yield _line(item.what, item.judge_only, "judge only: no human label in it")
    if item.human_only is not None:
        yield _line("  people", item.human_only, f"{item.labelled} labels")
    if item.ppi_plus is not None and item.unlabelled:
        worth = "" if item.worth is None else f", a label is worth {item.worth:.2f}"
        yield _line("  PPI++", item.ppi_plus, f"λ {item.power:.2f}{worth}")
    if item.rogan_gladen is not None and first:
        yield _line("  Rogan-Gladen", item.rogan_gladen)


def _difference(item: Difference) -> Line:
    name = f"{item.b} - {item.a}"
    if item.ppi_plus is None or item.p_holm is None:
        return _line(name, item.judge_only, "judge only")
    return _line(name, item.ppi_plus, f"PPI++, p (Holm) {item.p_holm:.3g}")


def _recalibration(report: JudgeReport) -> Iterator[Line]:
    found = report.recalibration
    if found is None:
        return
    ece = "" if found.ece is None else f"ECE {found.ece:.3f}"
    yield ("error of its scores", f"{found.rmse:.4f}", "rmse", str(found.n), ece)
    for item in found.methods:
        after = "" if item.ece is None else f"ECE {item.ece:.3f}, "
        mark = ", used" if item.method == found.best else ""
        note = f"{after}cross-fitted{mark}"
        yield (f"  {item.method}", f"{item.rmse:.4f}", "rmse", str(found.n), note)


def _line(name: str, item: Estimate, note: str = "") -> Line:
    if item.value is None:
        return name, "–", "", str(item.n), item.method
    return name, f"{item.value:.4f}", _interval(item), str(item.n), note


def _interval(item: Estimate) -> str:
    return "" if item.ci is None else f"[{item.ci[0]:.3f}, {item.ci[1]:.3f}]"
