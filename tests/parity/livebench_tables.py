"""LiveBench's data analysis: column types, joins, streaks and tables in six formats, drawn."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .livebench_answers import NEW, Case, framed, question_of


def columns(rng: random.Random) -> Case:
    """cta."""
    pool = ("Postal Code", "Street Address", "Country", "URL")
    truth = rng.choice(pool)
    said = truth if rng.random() < 0.6 else rng.choice(pool)
    said = rng.choice((said, said.lower(), said.replace(" ", ""), f"{said}.", f"'{said}'"))
    return question_of(truth), framed(rng, said, "{}")


def joins(rng: random.Random) -> Case:
    """tablejoin."""
    keys, values = ("id", "city", "name", "nullable"), ("key", "town", "who", "a null b", "")
    truth = {key: rng.choice(values[:4]) for key in rng.sample(keys, rng.randint(1, 4))}
    said: dict[str, Any] = {
        key: truth[key] if rng.random() < 0.6 else rng.choice((*values, None)) for key in truth
    }
    if rng.random() < 0.3:
        said[rng.choice(("extra", *keys))] = rng.choice(values)
    text = rng.choice((str(said), json.dumps(said)))
    frame = rng.choice(
        (
            "{}",
            "```python\n{}\n```",
            "So:\n```json\n{}\n```",
            "```\n{}\n```",
            "<solution>\n{}\n</solution>",
        )
    )
    if rng.random() < 0.1:
        text = f"$\\boxed{{{text}}}$"
    return question_of(rng.choice((truth, str(truth)))), frame.format(text)


def streaks(rng: random.Random) -> Case:
    """consecutive_events."""
    truth = {user: rng.randint(1, 5) for user in range(rng.randint(0, 5))}
    said = {user: n if rng.random() < 0.7 else n + 1 for user, n in truth.items()}
    if rng.random() < 0.3:
        said[rng.randint(0, 9)] = 2
    name = "max_consecutive_growth_months"
    rows = [[{"user_id": u, name: n} for u, n in one.items()] for one in (truth, said)]
    shown: Any = rows[1]
    if rng.random() < 0.1:
        shown = rng.choice(([*rows[1], 3, {"user": 1}], {"user_id": 1}, [], 0, "none", [[1]]))
    text = json.dumps(shown) if rng.random() < 0.95 else str(shown)
    return question_of(rng.choice((rows[0], json.dumps(rows[0])))), framed(rng, text)


_CELLS = ("Oslo", "a b", "N/A", "x,y", "7", "12.5", "-3", "true", "")
_LINED = "2025-04-25"
FORMATS = ("csv", "tsv", "json", "jsonl", "html", "markdown")


def reformatted(rng: random.Random) -> Case:
    """tablereformat, before and since April 2025, in all formats."""
    target, lined = rng.choice(FORMATS), rng.random() < 0.5
    names = rng.sample(("city", "rate", "Name", "n of m"), rng.randint(2, 3))
    # A column is of one kind: in mixed ones pandas' guess depends on its version.
    pools = [rng.choice((_CELLS[:2], _CELLS[4:7], ("7", "8", "-3"))) for _ in names]
    table = [[rng.choice(pool) for pool in pools] for _ in range(rng.randint(1, 4))]
    said, order = [list(row) for row in table], list(range(len(names)))
    change = rng.random()
    if change < 0.3:
        row, place = rng.randrange(len(said)), rng.randrange(len(names))
        said[row][place] = rng.choice(pools[place])
    elif change < 0.4:
        said = said[:-1] or said * 2
    elif change < 0.5:
        said = [[f"{cell}.0" if cell in ("7", "8", "-3") else cell for cell in row] for row in said]
    if rng.random() < 0.3:
        rng.shuffle(order)
    text = written(target, [names[n] for n in order], [[row[n] for n in order] for row in said])
    frame = rng.choice(
        ("{}",) * 4
        + ("<solution>\n{}\n</solution>", f"```{target}\n{{}}\n```", "```\n{}\n```")
        + ("Here is the table in a new format:\n{}", "{}\nI hope that helps.", "So:\n{}")
    )
    if target == "tsv" and frame.startswith("So"):
        frame = "{}"  # what LiveBench doesn't look for, and julja does: its card says so
    turn = (
        f"Source Format: XML\nTarget Format: {target.upper()}"
        if lined
        else f"Please convert the Input Table from XML format to {target.upper()} format."
    )
    asked = question_of(written(target, names, table), turn, _LINED if lined else NEW)
    return asked, frame.format(text)


def written(target: str, names: Sequence[str], table: Sequence[Sequence[str]]) -> str:
    """A table as text."""
    if target in ("csv", "tsv"):
        mark = "," if target == "csv" else "\t"
        return "\n".join(mark.join(row) for row in (names, *table))
    if target == "markdown":
        rule = [":---"] * len(names)
        return "\n".join(f"| {' | '.join(row)} |" for row in (names, rule, *table))
    if target == "html":
        head = "".join(f"<th>{name}</th>" for name in names)
        body = ["".join(f"<td>{cell}</td>" for cell in row) for row in table]
        rows = "".join(f"<tr>{cells}</tr>" for cells in body)
        head, rows = f"<thead><tr>{head}</tr></thead>", f"<tbody>{rows}</tbody>"
        return f"<table>{head}{rows}</table>"
    rows = [dict(zip(names, map(_typed, row), strict=True)) for row in table]
    if target == "jsonl":
        return "\n".join(map(json.dumps, rows))
    return json.dumps({str(place): row for place, row in enumerate(rows)})


def _typed(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        return cell


TABLES: Mapping[str, Callable[[random.Random], Case]] = {
    "cta": columns,
    "tablejoin": joins,
    "tablereformat": reformatted,
    "consecutive_events": streaks,
}
