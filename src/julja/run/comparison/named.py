"""Finds what a user names as a run: an id, `last`, or a file of another tool or of an export."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from julja.errors import ConfigError, DataError
from julja.run.comparison.sides import Side, load_side
from julja.store.sqlite import Store


@contextmanager
def open_sides(
    names: Sequence[str],
    store: Callable[[], Store],
    warn: Callable[[str], None] = lambda text: None,
) -> Iterator[list[Side]]:
    """The runs that these names stand for, in order; stores are closed in the end.

    A name with a path's separator or suffix that is there is read as a file (or a folder) into a
    store of its own, which is thrown away; anything else is a run of `store`, which is opened only
    when it is needed.
    """
    opened: Store | None = None
    with tempfile.TemporaryDirectory(prefix="julja-compare-") as folder:
        shelf: Store | None = None
        try:
            sides: list[Side] = []
            for name in names:
                if is_file(name):
                    shelf = shelf or Store(Path(folder) / "files.db")
                    sides.append(_imported(Path(name), shelf, warn))
                else:
                    opened = opened or store()
                    sides.append(load_side(opened, opened.find_run(name)))
            yield sides
        finally:
            for one in (opened, shelf):
                if one is not None:
                    one.close()


def is_file(name: str) -> bool:
    """True when a name is a path that exists, rather than a run's id."""
    path = Path(name)
    looks = "/" in name or path.suffix != ""
    if looks and not path.exists():
        raise DataError(
            f"{name}: there is no such file or folder.",
            hint="Name a run by its id or `last`, or a file by its path. `julja list runs`",
        )
    return looks


def _imported(path: Path, shelf: Store, warn: Callable[[str], None]) -> Side:
    from julja.run.imports import import_logs

    found = import_logs([path], shelf, warn=warn)
    for item in found.refused:
        warn(item.reason)
    if len(found.runs) != 1:
        held = f"{len(found.runs)} evaluations" if found.runs else "no evaluation that can be read"
        raise ConfigError(
            f"{path} holds {held}; one is compared.",
            hint="Name its file, or `julja import` the folder and compare the runs by id.",
        )
    return load_side(shelf, shelf.find_run(found.runs[0].run))
