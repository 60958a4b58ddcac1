"""`python -m tests.stats.coverage`: measure all cases and write their table."""

from pathlib import Path

from tests.stats.coverage import CASES
from tests.stats.coverage.case import Case

PAGE = Path(__file__).parents[3] / "docs" / "design" / "statistics.md"
BEGIN, END = "<!-- coverage -->\n", "<!-- end of coverage -->\n"
MORE = 8
TITLES = {
    "coverage": "Intervals: how often they hold the truth",
    "errors": "Tests: how often they decide what is not so",
    "power": "Planning: how often the planned size shows the difference",
}


def row(case: Case) -> str:
    """One line of the table."""
    value, runs = case.measure(MORE)
    print(f"{case.method} | {case.setting} | {value:.3f}", flush=True)
    count = "exact" if runs == 1 else f"{runs:,}"
    return f"| {case.method} | {case.setting} | {case.nominal:.0%} | {value:.1%} | {count} |\n"


def table() -> str:
    """All tables, by what was measured."""
    found = []
    for kind, title in TITLES.items():
        head = "| method | setting | nominal | measured | runs |\n|---|---|---|---|---|\n"
        rows = "".join(row(case) for case in CASES if case.kind == kind)
        found.append(f"\n**{title}.**\n\n{head}{rows}")
    return "".join(found)


def main() -> None:
    """Replace what is between the marks."""
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}{table()}\n{END}{after}")


if __name__ == "__main__":
    main()
