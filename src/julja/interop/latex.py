"""A result as a LaTeX table: booktabs, one row for each metric, with its interval.

The document needs \\usepackage{booktabs}.
"""

from collections.abc import Iterator, Mapping
from typing import Any

# In this order: the backslash first, so that what others become isn't escaped again.
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def escape(text: object) -> str:
    """A text as LaTeX prints it.

    >>> escape("50 % of a_b")
    '50 \\\\% of a\\\\_b'
    """
    return "".join(_SPECIAL.get(character, character) for character in str(text))


def render_run(result: Mapping[str, Any]) -> str:
    """The table of a run's results."""
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"  \centering",
        r"  \begin{tabular}{lllrcr}",
        r"    \toprule",
        r"    Task & Form & Metric & Value & 95\,\% interval & $n$ \\",
        r"    \midrule",
        *(f"    {row}" for row in _rows(result)),
        r"    \bottomrule",
        r"  \end{tabular}",
        f"  \\caption{{{escape(result['model'])}. {escape(result['signature'])}}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _rows(result: Mapping[str, Any]) -> Iterator[str]:
    for place, part in enumerate(result["results"]):
        if place:
            yield r"\addlinespace"
        form = str(part["form"] or "")
        if part["shots"] is not None:
            form += f", {part['shots']} shots"
        head = [escape(part["task"]), escape(form)]
        for name, found in part["metrics"].items():
            yield " & ".join([*head, escape(name), *_numbers(found)]) + r" \\"
            head = ["", ""]
    for suite in result["suites"]:
        if suite.get("score"):
            yield r"\midrule"
            cells = [escape(suite["suite"]), "suite", "", *_numbers(suite["score"])]
            yield " & ".join(cells) + r" \\"


def _numbers(found: Mapping[str, Any]) -> list[str]:
    value = "--" if found["value"] is None else f"{found['value']:.4f}"
    ci = found.get("ci")
    interval = f"[{ci[0]:.3f}, {ci[1]:.3f}]" if ci else "--"
    return [value, interval, str(found.get("n", ""))]
