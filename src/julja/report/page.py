"""What every page shares: the template's environment, the policy by hash, texts made harmless.

A page is one file. Its policy allows its own style and script alone, by their hashes, and pictures
only where they are part of the file (`data:`); everything goes through the autoescape of jinja2.
"""

import base64
import hashlib
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
LONGEST = 20_000


def render(
    template: str, *, styles: tuple[str, ...], script: str, pictures: bool = False, **values: Any
) -> str:
    """A page out of a template, with its style and script inside and nothing else allowed.

    With `pictures` it may show those that it holds itself.
    """
    style, code = assets(*styles), assets(script)
    policy = f"default-src 'none'; style-src '{hash_of(style)}'; script-src '{hash_of(code)}'"
    if pictures:
        policy += "; img-src data:"
    page: str = _template(template).render(
        csp=policy, style=style, script=code, text=visible, **values
    )
    return page


@cache
def _template(name: str) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    environment.trim_blocks = environment.lstrip_blocks = True
    return environment.get_template(name)


@cache
def assets(*names: str) -> "Markup":
    """Files of julja's own, as they are; a text of a model never becomes Markup."""
    from markupsafe import Markup

    texts = [(TEMPLATES / name).read_text(encoding="utf-8") for name in names]
    return Markup("\n".join(texts))


def hash_of(text: str) -> str:
    """A text's hash as a content security policy names it."""
    digest = hashlib.sha256(str(text).encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def visible(value: object) -> str:
    """A text cut to a bearable length, with control and direction characters spelt out."""
    text = str(value)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}\n… {len(text) - LONGEST:,} more characters"
    return spelt(text)


def spelt(text: str) -> str:
    """A text with control and direction characters spelt out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spell(character) for character in text)


def _spell(character: str) -> str:
    # Persian and Indic scripts and joined emoji need the two joiners; they reorder nothing.
    if character in "\n\t\u00a0\u200c\u200d" or character.isprintable():
        return character
    if unicodedata.category(character) in ("Zs", "Zl", "Zp"):
        return character
    return f"\\u{ord(character):04x}"
