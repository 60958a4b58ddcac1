"""combination, startend and punctuation: how a response begins, ends, repeats and is split."""

from julja.scoring.instructions.arguments import Arguments, Finding


def repeat_prompt(text: str, arguments: Arguments) -> Finding:
    """The response begins with the request, word for word, in any case."""
    request = arguments.text("prompt_to_repeat").strip().lower()
    followed = text.strip().lower().startswith(request)
    return Finding(followed, "begins with the request" if followed else "does not repeat it first")


def two_responses(text: str, arguments: Arguments) -> Finding:
    """Two different responses stand around `******`; only the outer parts may be blank."""
    parts = [part.strip() for part in text.split("******")]
    if not all(parts[1:-1]):
        return Finding(False, "an empty response between two dividers")
    filled = [part for part in parts if part]
    if len(filled) != 2:
        return Finding(False, f"{len(filled)} responses, asked exactly 2")
    differ = filled[0] != filled[1]
    return Finding(differ, "2 responses" if differ else "the same response twice")


def end_checker(text: str, arguments: Arguments) -> Finding:
    """The response ends with the given phrase, in any case, closing double quotes aside."""
    phrase = arguments.text("end_phrase").strip()
    end = text.strip().strip('"').lower()
    return Finding(end.endswith(phrase.lower()), f"ends with {end[-len(phrase) :]!r}")


def quotation(text: str, arguments: Arguments) -> Finding:
    """The whole response stands in double quotation marks."""
    bare = text.strip()
    followed = len(bare) > 1 and bare[0] == '"' == bare[-1]
    return Finding(followed, "in quotation marks" if followed else "not in quotation marks")


def no_comma(text: str, arguments: Arguments) -> Finding:
    """No comma occurs."""
    count = text.count(",")
    return Finding(not count, f"{count} commas")
