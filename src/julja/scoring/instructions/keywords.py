"""keywords:existence, :forbidden_words, :frequency, :letter_frequency."""

from julja.scoring.instructions.arguments import Arguments, Finding, pattern


def existence(text: str, arguments: Arguments) -> Finding:
    """Every keyword occurs, also inside a longer word, in any case."""
    missing = [word for word in arguments.texts("keywords") if not pattern(word).search(text)]
    return Finding(not missing, f"missing {missing}" if missing else "all keywords")


def forbidden_words(text: str, arguments: Arguments) -> Finding:
    """No forbidden word occurs as a whole word, in any case."""
    words = sorted(set(arguments.texts("forbidden_words")))
    used = [word for word in words if pattern(word, r"\b{}\b").search(text)]
    return Finding(not used, f"uses {used}" if used else "no forbidden word")


def frequency(text: str, arguments: Arguments) -> Finding:
    """A keyword occurs less than, or at least, so many times, also inside longer words."""
    keyword = arguments.text("keyword").strip()
    count = len(pattern(keyword).findall(text))
    return arguments.compare(count, "frequency", "relation", f"times {keyword!r}")


def letter_frequency(text: str, arguments: Arguments) -> Finding:
    """A letter occurs less than, or at least, so many times, in any case.

    Whatever character is given is counted as it stands, `#` and `!` of keys 1122 and 1129 too:
    older official checkers drew a letter at random there, which made two runs on one file differ.
    """
    letter = arguments.text("letter").strip().lower()
    return arguments.compare(
        text.lower().count(letter), "let_frequency", "let_relation", f"times {letter!r}"
    )
