"""Finds the evaluations among files and folders: which files belong together, in which format.

found = find(paths)
for one in found.logs: one.read()          # -> Log
found.refused, found.left_out              # what can't be read, what is of no known format
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from julja.data.files import members
from julja.errors import ConfigError, DataError
from julja.interop.log import Log
from julja.interop.sniff import FORMATS, READABLE, Format, sniff

HINT = (
    "julja import takes results of lm-eval, inspect, HELM, evalscope, Every Eval Ever and its own"
    " exports."
)


@dataclass(frozen=True, slots=True)
class Pending:
    """One evaluation that was found and not read yet; `place` names it for the reader."""

    format: Format
    place: Path
    read: Callable[[], Log]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that can't be entered, and why."""

    file: str
    reason: str


@dataclass(slots=True)
class Found:
    """What `find` found, in the order of the paths."""

    logs: list[Pending] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)


def find(paths: Iterable[Path], known: str | None = None) -> Found:
    """The evaluations that these files and folders hold, or are part of; each one once.

    `known` names the format where the content needn't be asked. A path that isn't there is a
    mistake of the caller; a damaged file among others is refused by name.
    """
    if known is not None and known not in FORMATS:
        raise ConfigError(f"--format {known}: not a format.", hint=f"Use {', '.join(FORMATS)}.")
    found = Found()
    by_format: dict[Format, list[Path]] = {name: [] for name in FORMATS}
    for path in paths:
        if not path.exists():
            raise DataError(f"{path}: there is no such file or folder.", hint=HINT)
        before = sum(map(len, by_format.values())) + len(found.refused)
        for member in _files(path):
            _sort(member, known, by_format, found, alone=member == path)
        if before == sum(map(len, by_format.values())) + len(found.refused):
            raise DataError(f"{path} holds no results in a known format.", hint=HINT)
    for name, files in by_format.items():
        made = _pending(name, list(dict.fromkeys(files))) if files else []
        found.logs += made
        if files and not made:
            reason = "{}: it holds no results of {}."
            found.refused += [Refused(str(file), reason.format(file, name)) for file in files]
    return found


def _files(path: Path) -> Sequence[Path]:
    """The files that a path stands for; those in a zip as `archive.zip!member`."""
    if path.is_file():
        packed = path.suffix.lower() == ".zip"
        return [Path(f"{path}!{name}") for name in members(path)] if packed else [path]
    return sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))


def _sort(
    path: Path,
    known: str | None,
    by_format: dict[Format, list[Path]],
    found: Found,
    *,
    alone: bool,
) -> None:
    """Put one file where it belongs."""
    if not alone and not path.name.lower().endswith(READABLE):
        found.left_out.append(path)
        return
    try:
        name: Format | None = known or sniff(path)  # type: ignore[assignment]
    except DataError as error:
        found.refused.append(Refused(str(path), error.message))
        return
    if name is not None and ".zip!" in str(path) and name not in ("helm", "inspect"):
        reason = f"{path}: results of {name} are not read inside a zip: unpack it first."
        found.refused.append(Refused(str(path), reason))
    elif name is not None:
        by_format[name].append(path)
    elif alone:
        found.refused.append(Refused(str(path), f"{path}: not a known format of results."))
    else:
        found.left_out.append(path)


def _pending(name: Format, files: Sequence[Path]) -> list[Pending]:
    """The evaluations that files of one format make up. Readers are imported when needed."""
    if name == "lm-eval":
        from julja.interop.lm_eval.files import find_logs
        from julja.interop.lm_eval.results import read_log

        return [
            Pending(
                name, logs.results or next(iter(logs.samples.values())), partial(read_log, logs)
            )
            for logs in find_logs(files)
        ]
    if name == "inspect":
        from julja.interop.inspect.read import read_log as read_inspect

        return [Pending(name, path, partial(read_inspect, path)) for path in files]
    if name == "helm":
        from julja.interop.helm.read import find_runs, read_run

        return [Pending(name, run.place, partial(read_run, run)) for run in find_runs(files)]
    if name == "evalscope":
        from julja.interop.evalscope import find_reports, read_report

        return [
            Pending(name, report.place, partial(read_report, report))
            for report in find_reports(files)
        ]
    if name == "eee":
        from julja.interop.eee.read import find_records, read_record

        return [
            Pending(name, record.place, partial(read_record, record))
            for record in find_records(files)
        ]
    from julja.interop.own import find_exports, read_export

    return [
        Pending(name, export.place, partial(read_export, export)) for export in find_exports(files)
    ]
