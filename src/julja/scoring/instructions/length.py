"""length_constraints: number of words, sentences, paragraphs, first word of the nth paragraph."""

import re

from julja.scoring.instructions.arguments import Arguments, Finding
from julja.scoring.instructions.sentences import count_sentences

_WORD = re.compile(r"\w+")
_DIVIDER = re.compile(r"\s?\*\*\*\s?")


def number_words(text: str, arguments: Arguments) -> Finding:
    """Less than, or at least, so many runs of word characters ("it's" is two)."""
    return arguments.compare(len(_WORD.findall(text)), "num_words", "relation", "words")


def number_sentences(text: str, arguments: Arguments) -> Finding:
    """Less than, or at least, so many sentences."""
    return arguments.compare(count_sentences(text), "num_sentences", "relation", "sentences")


def number_paragraphs(text: str, arguments: Arguments) -> Finding:
    """Exactly so many paragraphs between `***` dividers, none blank but the first and the last."""
    parts = _DIVIDER.split(text)
    if not all(part.strip() for part in parts[1:-1]):
        return Finding(False, "an empty paragraph between two dividers")
    ends = parts[:1] + parts[1:][-1:]
    count = len(parts) - sum(not part.strip() for part in ends)
    return arguments.exactly(count, "num_paragraphs", "paragraphs")


def nth_paragraph_first_word(text: str, arguments: Arguments) -> Finding:
    """Exactly so many paragraphs between blank lines, and the nth begins with the given word.

    Blank parts do not count as paragraphs, but do count for n: so does the official checker.
    """
    place, word = arguments.integer("nth_paragraph"), arguments.text("first_word").lower()
    parts = text.split("\n\n")
    filled = sum(bool(part.strip()) for part in parts)
    counted = arguments.exactly(filled, "num_paragraphs", "paragraphs")
    paragraph = parts[place - 1].strip() if 1 <= place <= filled else ""
    if not paragraph:
        return Finding(False, f"{counted.seen}; no paragraph {place}")
    first = paragraph.split()[0].lstrip("'").lstrip('"')
    first = re.split(r"""[.,?!'"]""", first, maxsplit=1)[0].lower()
    seen = f"{counted.seen}; paragraph {place} begins with {first!r}, asked {word!r}"
    return Finding(counted.followed and first == word, seen)
