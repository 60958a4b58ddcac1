"""Draws a battle on a terminal. Model output is hostile text: shown, never obeyed."""

import unicodedata

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from julja.arena.ballots import Tally
from julja.arena.session import Shown, Told

# Both answers need some fifty columns each to be read side by side.
SIDE_BY_SIDE = 110
# They join letters (Persian, Hindi, emoji), and move nothing.
_JOINERS = "\u200c\u200d"
_SAID = {
    "A>>B": "A is much better",
    "A>B": "A is better",
    "A=B": "a tie",
    "B>A": "B is better",
    "B>>A": "B is much better",
    "bothbad": "both are bad",
}


def clean(text: str) -> str:
    """A text with all that steers a terminal spelt out: escapes, and marks that turn text around.

    >>> clean("red \\x1b[31m, \\u202eback")
    'red \\\\x1b[31m, \\\\u202eback'
    """
    text = text.replace("\r\n", "\n").expandtabs(4)
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char == "\n" or char in _JOINERS or char.isprintable():
        return char
    # Spaces of other widths are spaces; they only count as unprintable.
    return char if unicodedata.category(char) == "Zs" else repr(char)[1:-1]


def battle(shown: Shown, width: int, *, number: int) -> RenderableType:
    """The prompt, and both answers side by side where there is room for it."""
    parts: list[RenderableType] = [Rule(f"battle {number}", align="left", style="dim")]
    for message in shown.messages:
        if len(shown.messages) > 1:
            parts.append(Text(f"{message.role}:", style="dim"))
        parts.append(Text(clean(message.content).strip("\n")))
    a, b = (Text(clean(text).strip("\n")) for text in (shown.text_a, shown.text_b))
    if width >= SIDE_BY_SIDE:
        table = Table(box=None, expand=True, padding=(0, 2, 0, 0), show_edge=False)
        table.add_column(Text("── A", style="bold cyan"), ratio=1, overflow="fold")
        table.add_column(Text("── B", style="bold magenta"), ratio=1, overflow="fold")
        table.add_row(a, b)
        parts += [Text(""), table]
    else:
        parts += [Text("\n── A", style="bold cyan"), a, Text("\n── B", style="bold magenta"), b]
    return Group(*parts)


def told(result: Told) -> Text:
    """Who wrote what, after the vote."""
    text = Text(f"{_SAID[result.said]}.  ")
    if result.model_a and result.model_b:
        for side, name, style in (("A", result.model_a, "cyan"), ("B", result.model_b, "magenta")):
            text.append(f"{side} was ")
            text.append(clean(name), style=f"bold {style}")
            text.append(".  " if side == "B" else ", ")
    if not result.counts:
        text.append(f"Not counted: your vote before the names was: {_SAID[result.verdict]}.")
    return text


def tally(rows: tuple[Tally, ...], *, most: int = 10) -> Text:
    """The running tally: won, tied, lost of each model."""
    width = max((len(row.model) for row in rows[:most]), default=0)
    lines = [
        f"  {clean(row.model):{width}}  {row.wins:4} won {row.ties:4} tied {row.losses:4} lost"
        for row in rows[:most]
    ]
    if len(rows) > most:
        lines.append(f"  and {len(rows) - most} more: `julja arena votes` lists all")
    return Text("\n".join(lines), style="dim")


def console(*, to_stderr: bool) -> Console:
    """Plain lines without a terminal; no guessing at markup, links or emoji codes anywhere."""
    return Console(stderr=to_stderr, highlight=False, markup=False, emoji=False, soft_wrap=False)
