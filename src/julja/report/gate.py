"""A gate's object for people and for CI: a table, JUnit XML, and GitHub's annotations."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from julja.report.comparison import printable

Json = Mapping[str, Any]
_COLOURS = {"PASS": "green", "FAIL": "red", "INCONCLUSIVE": "yellow"}
_WIDE = 90
# What XML 1.0 can't hold.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def gate_lines(found: Json, width: int | None = None) -> str:
    """The gate's table as text: each rule with its number, the one-sided bounds and the status.

    With colour and boxes where that is for a terminal (`width` None), plain otherwise.
    """
    plain = width is not None
    console = Console(highlight=False, width=width, no_color=plain)
    with console.capture() as captured:
        _write(console, found, plain=plain)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _write(console: Console, found: Json, *, plain: bool) -> None:
    for role in ("baseline", "candidate"):
        run = found[role]
        if run is not None:
            console.print(Text(f"{role:9}  {run['run']}  {printable(run['model'])}"))
    table = Table(
        box=None if plain else box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=not plain,
        padding=(0, 2, 0, 0) if plain else (0, 1),
    )
    level = f"{100 * (1 - found['alpha']):g} %"
    heads = ("task", "metric", "rule", "value", f"{level} bounds", "n", "status")
    # On a narrow terminal the rule and its numbers are what is needed.
    kept = [i for i, head in enumerate(heads) if console.width >= _WIDE or head != "metric"]
    for head in (heads[i] for i in kept):
        table.add_column(head, justify="right" if head in ("value", "n") else "left", no_wrap=True)
    for check in found["checks"]:
        row = _cells(check)
        cells = [Text(row[i]) for i in kept]
        if not plain:
            cells[-1].stylize(f"bold {_COLOURS[check['status']]}")
        table.add_row(*cells)
    console.print(table)
    for check in found["checks"]:
        if check["status"] != "PASS" or check["lost"]:
            console.print(Text(f"{title(check)}: {printable(check['message'])}"), soft_wrap=True)
    style = "" if plain else f"bold {'green' if found['decision'] == 'GO' else 'red'}"
    console.print(Text(f"{found['decision']}  {summary(found)}", style=style), soft_wrap=True)


def summary(found: Json) -> str:
    """Why the gate decided so, in one line."""
    counts = found["counts"]
    told = ", ".join(f"{counts[name]} {name}" for name in counts if counts[name])
    if found["decision"] == "GO" and counts["INCONCLUSIVE"]:
        return f"{told}: what is not decided only warns ({found['policy']})"
    return f"{told} ({found['policy']})"


def title(check: Json) -> str:
    """What a check is called: the task (and subset) and its limit."""
    parts = [check["task"] or "run", check["subset"]]
    place = "/".join(printable(part) for part in parts if part)
    return f"{place} {_limit(check)}"


def _limit(check: Json) -> str:
    return str(check["kind"]) if check["limit"] is None else f"{check['kind']} {check['limit']:g}"


def _cells(check: Json) -> Sequence[str]:
    place = "/".join(part for part in (check["task"] or "(run)", check["subset"]) if part)
    relative = check["kind"] in ("max_drop", "min_gain")
    return (
        printable(place),
        check["metric"] or "",
        _limit(check),
        _number(check["value"], signed=relative, measured=check["metric"] is not None),
        _bounds(check["bounds"], signed=relative),
        "" if check["n"] is None else str(check["n"]),
        check["status"],
    )


def _number(value: float | None, *, signed: bool, measured: bool) -> str:
    if value is None:
        return "–" if measured else ""
    if not measured:
        return f"{value:.4g}" if value < 1000 else f"{value:.0f}"
    return f"{value:+.4f}" if signed else f"{value:.4f}"


def _bounds(ends: Sequence[float | None] | None, *, signed: bool) -> str:
    if ends is None or None in ends:
        return ""
    low, high = (f"{end:+.3f}" if signed else f"{end:.3f}" for end in ends)
    return f"[{low}, {high}]"


def junit(found: Json) -> str:
    """JUnit XML: a test case for each check.

    What is not decided is a failure where it blocks, and skipped where it only warns.
    """
    counts, blocks = found["counts"], found["inconclusive"] == "block"
    failures = counts["FAIL"] + (counts["INCONCLUSIVE"] if blocks else 0)
    skipped = 0 if blocks else counts["INCONCLUSIVE"]
    about = {
        "name": f"julja gate {_xml(found['policy'])}",
        "tests": str(len(found["checks"])),
        "failures": str(failures),
        "errors": "0",
        "skipped": str(skipped),
    }
    root = Element("testsuites")
    suite = SubElement(root, "testsuite", about)
    properties = SubElement(suite, "properties")
    for role in ("baseline", "candidate"):
        if found[role] is not None:
            value = _xml(f"{found[role]['run']} {found[role]['model']}")
            SubElement(properties, "property", {"name": role, "value": value})
    SubElement(properties, "property", {"name": "decision", "value": found["decision"]})
    for check in found["checks"]:
        place = ".".join(part for part in (check["task"] or "run", check["subset"]) if part)
        case = SubElement(
            suite,
            "testcase",
            {"classname": _xml(f"julja.{place}"), "name": _xml(title(check)), "time": "0"},
        )
        message = _xml(_told(check))
        if check["status"] == "FAIL" or (check["status"] == "INCONCLUSIVE" and blocks):
            SubElement(case, "failure", {"type": check["status"], "message": message})
        elif check["status"] == "INCONCLUSIVE":
            SubElement(case, "skipped", {"message": message})
        else:
            SubElement(case, "system-out").text = message
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _told(check: Json) -> str:
    """A check in one line: its number, the bounds, and why."""
    relative = check["kind"] in ("max_drop", "min_gain")
    measured = check["metric"] is not None
    number = _number(check["value"], signed=relative, measured=measured)
    parts = [number, _bounds(check["bounds"], signed=relative)]
    if check["n"] is not None:
        parts.append(f"n {check['n']}")
    return " ".join([part for part in parts if part] + [check["message"]])


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)


def annotations(found: Json) -> Iterator[str]:
    """GitHub's workflow commands: an error for what blocks, a warning for what doesn't."""
    for check in found["checks"]:
        if check["status"] == "PASS":
            continue
        blocks = check["status"] == "FAIL" or found["inconclusive"] == "block"
        about = _property(f"julja gate {check['status']}")
        text = _data(f"{title(check)}: {_told(check)}")
        yield f"::{'error' if blocks else 'warning'} title={about}::{text}"
    level = "notice" if found["decision"] == "GO" else "error"
    yield f"::{level} title=julja gate::{_data(found['decision'] + ' ' + summary(found))}"


def _data(text: str) -> str:
    """A message as GitHub's runner reads it: no line of it may be a command of its own."""
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
