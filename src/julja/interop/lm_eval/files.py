"""Which files of lm-eval belong together.

The files of one evaluation stand in one folder and share a time stamp in their names:
`results_STAMP.json` and `samples_TASK_STAMP.jsonl`, with .gz too. Until 0.4.2 they had none:
`results.json` beside `MODEL_TASK.jsonl`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from julja.errors import DataError

_STAMP = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?"
_SAMPLES = re.compile(rf"(?:.*?_)?samples_(?P<task>.+?)(?:_(?P<stamp>{_STAMP}))?\.jsonl(?:\.gz)?")
_RESULTS = re.compile(rf"(?:.*_)?results(?:_(?P<stamp>{_STAMP}))?\.json(?:\.gz)?")
_OTHER_RESULTS = re.compile(rf".+_(?P<stamp>{_STAMP})\.json(?:\.gz)?")
HINT = "julja import takes lm-eval's results_*.json and samples_*.jsonl, or their folder."


@dataclass(frozen=True, slots=True)
class LogFiles:
    """The files of one evaluation: its results, if they are there, and the samples by task."""

    results: Path | None
    samples: Mapping[str, Path]


def find_logs(paths: Iterable[Path]) -> list[LogFiles]:
    """The evaluations that these files and folders are part of, each one once."""
    found: dict[tuple[Path, str], LogFiles] = {}
    for path in paths:
        if not path.exists():
            raise DataError(f"{path}: there is no such file or folder.", hint=HINT)
        members = sorted(p for p in path.rglob("*") if _place(p)) if path.is_dir() else [path]
        if not members:
            raise DataError(f"{path} holds no files of lm-eval.", hint=HINT)
        for member in members:
            place = _place(member) or ("results" if _is_json(member) else "samples", "", None)
            key = (member.parent.resolve(), place[1])
            if key not in found:
                found[key] = _siblings(member, *place)
    return list(found.values())


def _is_json(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith(".json")


def _place(path: Path) -> tuple[str, str, str | None] | None:
    """(what it holds, time stamp, task) of a file that is named as lm-eval names them."""
    name = path.name
    if match := _SAMPLES.fullmatch(name):
        return "samples", match["stamp"] or "", match["task"]
    if match := _RESULTS.fullmatch(name) or _OTHER_RESULTS.fullmatch(name):
        return "results", match["stamp"] or "", None
    return None


def _siblings(path: Path, what: str, stamp: str, task: str | None) -> LogFiles:
    """The evaluation that a file is part of."""
    results = path if what == "results" else None
    samples = {task or path.name.partition(".")[0]: path} if what == "samples" else {}
    if not stamp and results is None and task is None:
        return LogFiles(None, samples)
    for other in sorted(path.parent.iterdir()):
        place = _place(other)
        if other != path and place is not None and place[1] == stamp:
            if place[2] is not None:
                samples.setdefault(place[2], other)
            elif results is None:
                results = other
    # In the same order whichever file was named: the same evaluation is the same run.
    return LogFiles(results, dict(sorted(samples.items())))


def unstamped_samples(path: Path, names: Sequence[str]) -> dict[str, Path]:
    """The samples that lm-eval until 0.4.2 wrote beside its results.json."""
    found: dict[str, Path] = {}
    for name in names:
        for other in sorted(path.parent.glob(f"*_{name}.jsonl*")):
            # `arc` must not take the file of another task, `super_arc`.
            longer = [n for n in names if len(n) > len(name) and f"_{n}.jsonl" in other.name]
            if not longer:
                found.setdefault(name, other)
    return found
