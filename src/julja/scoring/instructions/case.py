"""change_case: capitals, lower case, and how many words are in capitals."""

from julja.scoring.instructions.arguments import Arguments, Finding
from julja.scoring.instructions.language import is_language
from julja.scoring.instructions.sentences import split_words


def english_capital(text: str, arguments: Arguments) -> Finding:
    """The response is in capital letters, and English."""
    return is_language(text, "en") if text.isupper() else Finding(False, "not all in capitals")


def english_lowercase(text: str, arguments: Arguments) -> Finding:
    """The response is in lower case, and English."""
    return is_language(text, "en") if text.islower() else Finding(False, "not all in lower case")


def capital_word_frequency(text: str, arguments: Arguments) -> Finding:
    """Less than, or at least, so many words are in capital letters ("I" is one)."""
    count = sum(word.isupper() for word in split_words(text))
    return arguments.compare(
        count, "capital_frequency", "capital_relation", "words in capital letters"
    )
