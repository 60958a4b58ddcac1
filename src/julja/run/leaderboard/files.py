"""A leaderboard's sheet out of files: published tables, and what julja writes itself."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from julja.audit.scores.battles import is_battles
from julja.audit.scores.columns import name_column
from julja.audit.scores.prompts import is_long
from julja.audit.scores.read import read_content, read_tables, split_part
from julja.data.files import read_rows
from julja.errors import DataError, did_you_mean
from julja.run.leaderboard import exports, tables
from julja.run.leaderboard.sheet import Cell, Column, Protocol, Sheet, Spent
from julja.stats.intervals import wilson
from julja.types import Json, Row


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How tables are read: `n` items behind each share where a file says no error.

    `cluster` names the column of the prompt in a file with a row for each model and prompt.
    """

    n: int | None = None
    lower_is_better: tuple[str, ...] = ()
    groups: Mapping[str, Sequence[str]] | None = None
    floors: Mapping[str, float] | None = None
    only: tuple[str, ...] = ()
    cluster: str | None = None


def read_groups(path: str) -> dict[str, list[str]]:
    """Groups of columns from a JSON file: {group: [columns]} (LiveBench's categories are so)."""
    content = read_rows(path)
    lists = isinstance(content, Mapping) and all(isinstance(v, list) for v in content.values())
    if not lists or not content:
        raise DataError(f"{path}: no groups of columns.", hint='It is {"group": ["column", …]}.')
    return {str(group): [str(name) for name in names] for group, names in content.items()}


def sheet_of_files(paths: Sequence[str], options: FileOptions) -> Sheet:
    """All files' columns side by side; the same column of several files is one column."""
    sheets = [_read(path, options) for path in paths]
    columns = _joined([column for sheet in sheets for column in sheet.columns])
    if not any(column.cells for column in columns):
        raise DataError(f"{', '.join(paths)}: there are no scores.", hint="julja show RUN --json")
    spent: dict[str, Spent] = {}
    for sheet in sheets:
        spent.update(sheet.spent)
    remarks = [text for sheet in sheets for text in sheet.remarks]
    left = {reason: names for sheet in sheets for reason, names in sheet.left_out.items()}
    _check_names(columns, options)
    columns = [c for c in columns if not options.only or c.name in options.only]
    columns = [_told(column, options) for column in columns]
    source = ", ".join(Path(path).name for path in paths)
    return Sheet(tuple(columns), source, spent=spent, left_out=left, remarks=tuple(remarks))


def _read(place: str, options: FileOptions) -> Sheet:
    path, part = split_part(place)
    content, remark = read_content(path)
    sheet = _sheet_in(content, place, part, options)
    return replace(sheet, remarks=(remark, *sheet.remarks)) if remark else sheet


def _sheet_in(content: Json, place: str, part: str | None, options: FileOptions) -> Sheet:
    """The sheet of a file's content, by what it is."""
    if isinstance(content, Mapping) and exports.is_board(content):
        return exports.sheet_of_board(content, place)
    results = exports.results_in(content)
    if results:
        return exports.sheet_of_results(results, place)
    if exports.is_records(content):
        return exports.sheet_of_records(content, place)
    helm = tables.helm_tables(content)
    if helm:
        return tables.sheet_of_rows(tables.helm_rows(helm, place, part), place)
    # A file of several lists: {"performances": [rows], "models": […]}.
    inner = content.get(part) if isinstance(content, Mapping) and part is not None else None
    rows = _mappings(content if part is None else inner)
    sheet = _of_rows(rows, place, options) if rows else None
    if sheet is not None:
        return sheet
    found = read_tables(place, cluster=options.cluster)
    return Sheet(
        tuple(tables.column_of(table) for table in found), place, remarks=tables.remarks_of(found)
    )


def _joined(columns: Sequence[Column]) -> list[Column]:
    """Columns of one name and protocol as one; of other protocols under names that say so."""
    found: dict[tuple[str, Protocol], Column] = {}
    for column in columns:
        key = (column.name, column.protocol)
        if key not in found:
            found[key] = column
            continue
        both = set(found[key].cells) & set(column.cells)
        if both:
            raise DataError(
                f"{sorted(both)[0]} has two scores for {column.name!r}.",
                hint="Leave one of the files out, or rename the model or the column in it.",
            )
        cells = {**found[key].cells, **column.cells}
        found[key] = replace(
            found[key], cells=cells, items=None, no_items="its scores are of several files"
        )
    names = [name for name, _ in found]
    return [
        replace(column, name=f"{name} ({protocol.words() or 'as recorded'})")
        if names.count(name) > 1
        else column
        for (name, protocol), column in found.items()
    ]


def _mappings(rows: Json) -> list[Row]:
    """The rows of a table; none where it is no list of them."""
    is_table = isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows)
    return list(rows) if is_table else []


def _of_rows(rows: list[Row], place: str, options: FileOptions) -> Sheet | None:
    """A table of models, of scores one by one, or of prompts; None where it is none of these."""
    key = name_column(rows)
    if key is None or is_battles(rows):
        return None
    kind = tables.kind_column(rows, key)
    if kind is not None:
        return tables.sheet_of_long(rows, place, key, kind)
    if is_long(rows, key):
        score = options.only[0] if len(options.only) == 1 else None
        return tables.sheet_of_prompts(rows, place, key, cluster=options.cluster, score=score)
    return tables.sheet_of_rows(rows, place)


def _check_names(columns: Sequence[Column], options: FileOptions) -> None:
    names = [column.name for column in columns]
    grouped = [name for several in (options.groups or {}).values() for name in several]
    for asked in (*options.only, *options.lower_is_better, *(options.floors or {}), *grouped):
        if asked not in names:
            hint = did_you_mean(asked, names) or f"There is {', '.join(names[:12])}."
            raise DataError(f"there is no column {asked!r}.", hint=hint)


def _told(column: Column, options: FileOptions) -> Column:
    """What the user says of a column: its group, its direction, guessing, its number of items."""
    if options.groups is not None:
        group = next((g for g, names in options.groups.items() if column.name in names), "")
        outside = "" if group else "it is in no group"
        column = replace(column, group=group, why_not=column.why_not or outside)
    if column.name in options.lower_is_better:
        column = replace(column, higher_is_better=False, why_not="lower is better")
    if options.floors and column.name in options.floors:
        column = replace(column, floor=options.floors[column.name])
    if options.n and column.high is not None:
        cells = {model: _with_error(c, column.high, options.n) for model, c in column.cells.items()}
        column = replace(column, cells=cells)
    return column


def _with_error(cell: Cell, high: float, n: int) -> Cell:
    """The error of a share of n items, where the file states none (Wilson's interval)."""
    if cell.value is None or cell.stderr is not None or cell.ci is not None:
        return cell
    share = cell.value / high
    low, top = wilson(share * n, n)
    stderr = high * math.sqrt(share * (1 - share) / n)
    return replace(cell, stderr=stderr, ci=(high * low, high * top), n=n)
