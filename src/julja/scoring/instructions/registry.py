"""The 25 instruction kinds of IFEval by the names that its rows use."""

from collections.abc import Mapping

from julja.errors import ScoringError, did_you_mean
from julja.scoring.instructions import case, detectable, keywords, language, length, wording
from julja.scoring.instructions.arguments import Arguments, Finding, Kind
from julja.types import Json

KINDS: Mapping[str, Kind] = {
    "keywords:existence": keywords.existence,
    "keywords:frequency": keywords.frequency,
    "keywords:forbidden_words": keywords.forbidden_words,
    "keywords:letter_frequency": keywords.letter_frequency,
    "language:response_language": language.response_language,
    "length_constraints:number_sentences": length.number_sentences,
    "length_constraints:number_paragraphs": length.number_paragraphs,
    "length_constraints:number_words": length.number_words,
    "length_constraints:nth_paragraph_first_word": length.nth_paragraph_first_word,
    "detectable_content:number_placeholders": detectable.number_placeholders,
    "detectable_content:postscript": detectable.postscript,
    "detectable_format:number_bullet_lists": detectable.number_bullet_lists,
    "detectable_format:constrained_response": detectable.constrained_response,
    "detectable_format:number_highlighted_sections": detectable.number_highlighted_sections,
    "detectable_format:multiple_sections": detectable.multiple_sections,
    "detectable_format:json_format": detectable.json_format,
    "detectable_format:title": detectable.title,
    "combination:two_responses": wording.two_responses,
    "combination:repeat_prompt": wording.repeat_prompt,
    "startend:end_checker": wording.end_checker,
    "startend:quotation": wording.quotation,
    "change_case:capital_word_frequency": case.capital_word_frequency,
    "change_case:english_capital": case.english_capital,
    "change_case:english_lowercase": case.english_lowercase,
    "punctuation:no_comma": wording.no_comma,
}


def check(instruction: str, values: Mapping[str, Json], text: str) -> Finding:
    """Whether a text keeps one instruction. A blank text keeps none.

    >>> check("punctuation:no_comma", {}, "Yes, no").followed
    False
    """
    kind = KINDS.get(instruction)
    if kind is None:
        hint = did_you_mean(instruction, KINDS) or f"Known are {', '.join(sorted(KINDS))}."
        raise ScoringError(f"unknown instruction {instruction!r}", hint=hint)
    if not text.strip():
        return Finding(False, "an empty response")
    return kind(text, Arguments(instruction, values))


def loose_variants(text: str) -> tuple[str, ...]:
    """The 8 readings of the loose score: the response itself first, blank and equal ones left out.

    The response; without its first line, its last line, both; each also without asterisks.
    """
    lines = text.split("\n")
    cut = [
        text,
        "\n".join(lines[1:]).strip(),
        "\n".join(lines[:-1]).strip(),
        "\n".join(lines[1:-1]).strip(),
    ]
    readings = [*cut, *(reading.replace("*", "") for reading in cut)]
    return tuple(reading for reading in dict.fromkeys(readings) if reading.strip())
