"""Where tables are printed: a terminal with boxes and colour, or plain text for a pipe."""

import io
from typing import Protocol

from rich.console import Console

# Of plain text; a terminal has a width of its own.
WIDTH = 200


class Writer(Protocol):
    """What prints something on a console; `plain` is without box and colour."""

    def __call__(self, console: Console, *, plain: bool) -> None:
        """Print it."""
        ...


def reader_console(width: int = WIDTH) -> tuple[Console, bool]:
    """The reader's console, and whether it is plain: `width` wide and without colour."""
    console = Console(highlight=False)
    if console.is_terminal:
        return console, False
    return Console(highlight=False, width=width, no_color=True), True


def as_text(write: Writer, width: int = WIDTH) -> str:
    """What is written, as plain text."""
    console = Console(file=io.StringIO(), width=width, no_color=True, highlight=False)
    return _captured(console, write, plain=True)


def show(write: Writer, width: int = WIDTH) -> None:
    """Print on stdout what is written; `width` is that of plain text."""
    console, plain = reader_console(width)
    print(_captured(console, write, plain=plain))


def _captured(console: Console, write: Writer, *, plain: bool) -> str:
    """Columns are padded to their width: nothing of that belongs at a line's end."""
    with console.capture() as captured:
        write(console, plain=plain)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
