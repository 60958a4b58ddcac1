"""What `julja doctor -m MODEL` asks an engine about itself: BOS, chat template, pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from julja.types import Media


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: fine, wrong, or merely so (`ok` is None)."""

    name: str
    ok: bool | None
    text: str


@runtime_checkable
class SelfChecking(Protocol):
    """An engine that can look at its own tokens."""

    async def check(self) -> Sequence[Finding]:
        """What a user must know before believing a number of this model."""
        ...


@runtime_checkable
class Looking(Protocol):
    """An engine that shows what becomes of one picture (`julja doctor -m MODEL --image FILE`)."""

    async def look(self, media: Media) -> Sequence[Finding]:
        """Sizes and numbers of what the model reads, and what it makes of it."""
        ...


def bos_finding(name: str, ids: Sequence[int], texts: Sequence[str], bos: int | None) -> Finding:
    """How a prompt begins: the BOS token must be there once, or not at all.

    `texts` are those of the first tokens, to be shown.
    """
    count = 0
    while count < len(ids) and ids[count] == bos:
        count += 1
    shown = " ".join(map(repr, texts))
    if bos is None:
        return Finding(name, None, f"the tokeniser has no BOS; first tokens {shown}")
    if count > 1:
        return Finding(name, False, f"BOS {count} times: {shown}")
    said = "BOS once" if count else "no BOS (the tokeniser adds none)"
    return Finding(name, True, f"{said}; first tokens {shown}")


def template_finding(text: str | None) -> Finding:
    """The chat template as it renders "Hello", or that there is none."""
    if text is None:
        return Finding("template", None, "no chat template: prompts are sent as they are")
    return Finding("template", True, repr(text))
