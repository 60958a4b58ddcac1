"""detectable_format and detectable_content: marks that a response must carry."""

import json
import re

from julja.scoring.instructions.arguments import Arguments, Finding, pattern

# Fixed by the protocol: google-research/instruction_following_eval, constrained_response.
_ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_STAR_BULLET = re.compile(r"^\s*\*[^*].*$", re.MULTILINE)
_DASH_BULLET = re.compile(r"^\s*-.*$", re.MULTILINE)
_SINGLE = re.compile(r"\*([^\n*]*)\*")
_DOUBLE = re.compile(r"\*\*([^\n*]*)\*\*")
_TITLE = re.compile(r"<<[^\n]+>>")
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]*\]")
_POSTSCRIPTS = {
    "P.S.": re.compile(r"p\.\s?s\.", re.IGNORECASE),
    "P.P.S": re.compile(r"p\.\s?p\.\s?s", re.IGNORECASE),
}


def constrained_response(text: str, arguments: Arguments) -> Finding:
    """One of the three fixed answers occurs."""
    found = [answer for answer in _ANSWERS if answer in text]
    return Finding(bool(found), repr(found[0]) if found else "none of the fixed answers")


def number_bullet_lists(text: str, arguments: Arguments) -> Finding:
    """Exactly so many lines that begin with `*` (not `**`) or `-`."""
    count = len(_STAR_BULLET.findall(text)) + len(_DASH_BULLET.findall(text))
    return arguments.exactly(count, "num_bullets", "bullets")


def number_highlighted_sections(text: str, arguments: Arguments) -> Finding:
    """At least so many `*texts*` on one line; a `**text**` counts too."""
    marked = [*_SINGLE.findall(text), *_DOUBLE.findall(text)]
    count = sum(bool(section.strip()) for section in marked)
    return arguments.at_least(count, "num_highlights", "highlights")


def multiple_sections(text: str, arguments: Arguments) -> Finding:
    """At least so many section marks: the splitter and a number ("Section 1")."""
    splitter = arguments.text("section_spliter").strip()
    count = len(re.findall(rf"{re.escape(splitter)}\s?\d+", text))
    return arguments.at_least(count, "num_sections", f"times {splitter!r} with a number")


def json_format(text: str, arguments: Arguments) -> Finding:
    """The whole response is JSON, in a fenced block or bare."""
    bare = text.strip()
    for fence in ("```json", "```Json", "```JSON", "```"):
        bare = bare.removeprefix(fence)
    try:
        json.loads(bare.removesuffix("```").strip())
    except (ValueError, RecursionError) as error:
        return Finding(False, f"no JSON: {error}")
    return Finding(True, "JSON")


def title(text: str, arguments: Arguments) -> Finding:
    """A title in double angular brackets occurs: `<<poem of joy>>`."""
    titles = [mark.lstrip("<").rstrip(">").strip() for mark in _TITLE.findall(text)]
    return Finding(any(titles), f"titles {titles}" if any(titles) else "no <<title>>")


def number_placeholders(text: str, arguments: Arguments) -> Finding:
    """At least so many placeholders in square brackets: `[address]`."""
    return arguments.at_least(len(_PLACEHOLDER.findall(text)), "num_placeholders", "placeholders")


def postscript(text: str, arguments: Arguments) -> Finding:
    """A postscript with the given marker occurs, in any case ("P.S.", "P.P.S", "P. P. S.")."""
    marker = arguments.text("postscript_marker").strip()
    expression = _POSTSCRIPTS.get(marker) or pattern(marker)
    found = expression.search(text.lower())
    return Finding(bool(found), f"{marker} found" if found else f"no {marker}")
