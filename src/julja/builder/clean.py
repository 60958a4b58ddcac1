"""Cleans the text of a prompt and holds it against the limits of its length."""

import re
import unicodedata

from julja.builder.prompts import Prompt, Removed

STAGE = "clean"
# Control characters and what can't be seen; joiners stay, scripts and emoji need them.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ud800-\udfff]")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


def clean(text: str) -> str:
    r"""The text in Unicode form C, with plain newlines, without what can't be seen.

    >>> clean("  Sort\u200b this:\r\n\t3 1 2  \n")
    'Sort this:\n\t3 1 2'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _INVISIBLE.sub("", text)
    return _TRAILING.sub("", text).strip()


def check_length(prompt: Prompt, low: int, high: int) -> Removed | None:
    """None where `low` < characters <= `high` and there is something to read in it."""
    size = len(prompt.text)
    if not size:
        return Removed.of(prompt, STAGE, "empty")
    if not any(character.isalnum() for character in prompt.text):
        return Removed.of(prompt, STAGE, "no_words", length=size)
    if size <= low:
        return Removed.of(prompt, STAGE, "too_short", length=size)
    if size > high:
        return Removed.of(prompt, STAGE, "too_long", length=size)
    return None
