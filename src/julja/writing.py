"""Files that a user asked for: what can't be written is told by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from julja.errors import StoreError


@contextmanager
def writing(path: Path, *, hint: str | None = None) -> Iterator[Path]:
    """Make the folder of `path`, for a block that writes there.

    Raises `StoreError` with the path where the system does not let it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield path
    except OSError as error:
        raise StoreError(f"{path} can't be written: {error.strerror}.", hint=hint) from error


def write_text(path: Path, text: str) -> Path:
    """Write one file of text, with its folder; returns its path."""
    with writing(path):
        path.write_text(text, encoding="utf-8")
    return path
