"""Cards of pictures with one class, and of questions about pictures."""

import re
from collections import Counter
from pathlib import Path

from julja.report.vision.gallery import Card, Guess, Mark
from julja.run.gallery.seen import Noted, shares
from julja.run.gallery.thumbs import views
from julja.types import MEDIA_MARK, Record, Sample

# So many classes of a picture are shown, the likeliest first.
_GUESSES = 3
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def class_card(sample: Sample, record: Record, noted: Noted) -> Card:
    """A picture, its class, and the likeliest predicted ones."""
    truth = ", ".join(dict.fromkeys(sample.target)) or "unknown"
    return Card(
        record.task,
        record.sample,
        _mark(noted),
        "",
        views(sample),
        record.epoch,
        (("true", truth),),
        _guesses(sample, record),
    )


def _guesses(sample: Sample, record: Record) -> tuple[Guess, ...]:
    """The likeliest classes, best first; of an answer without scores the one that it names."""
    right = {sample.choices[place] for place in sample.answer if place < len(sample.choices)}
    response, score = record.response, record.score
    found = shares(response.choices) if response else []
    if response and found:
        best = sorted(range(len(found)), key=lambda place: -found[place])[:_GUESSES]
        names = [response.choices[place].text for place in best]
        return tuple(
            Guess(name, found[place], name in right)
            for name, place in zip(names, best, strict=True)
        )
    said = score.extracted if score and score.extracted else None
    if said is None:
        return (Guess((response.text.strip() if response else "")[:80] or "nothing", None, False),)
    return (Guess(said, None, said in right),)


def _mark(noted: Noted) -> Mark:
    if noted.wrong is None:
        return "graded"
    return "bad" if noted.wrong else "good"


def question_card(sample: Sample, record: Record, noted: Noted, metric: str) -> Card:
    """The pictures of a question, the question, the answer and what counts as right."""
    text = record.response.text.strip() if record.response else ""
    read = record.score.extracted if record.score else None
    lines = [
        ("question", _question(sample)),
        ("choices", _choices(sample)),
        ("answer", text or _chosen(sample, record)),
        ("read as", read if read and _words(read) != _words(text) else ""),
        ("right", _references(sample)),
    ]
    figure = "" if noted.figure is None else f"{metric} {noted.figure:.2f}"
    return Card(
        record.task,
        record.sample,
        _mark(noted),
        figure,
        views(sample),
        record.epoch,
        tuple((name, line) for name, line in lines if line),
    )


def _question(sample: Sample) -> str:
    """What is asked; nothing where a sample's text is but the name of its picture."""
    clean = str(sample.fields.get("clean_id", ""))
    names = {sample.id, clean, *(Path(item.file).name for item in sample.media)}
    return "" if sample.input in names else sample.input.replace(MEDIA_MARK, "▢")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _choices(sample: Sample) -> str:
    """The options with their letters, as most prompts show them."""
    if not 0 < len(sample.choices) <= len(_LETTERS):
        return ""
    return "  ".join(f"{_LETTERS[n]}. {text}" for n, text in enumerate(sample.choices))


def _chosen(sample: Sample, record: Record) -> str:
    """The choice of the highest likelihood."""
    found = shares(record.response.choices) if record.response else []
    if not found or record.response is None:
        return "(nothing)"
    best = max(range(len(found)), key=found.__getitem__)
    return f"{record.response.choices[best].text.strip()} ({found[best]:.2f})"


def _references(sample: Sample) -> str:
    """Each right answer once, the most frequent first, with how many annotators gave it."""
    found = Counter(sample.target)
    shown = " · ".join(text if n == 1 else f"{text} ×{n}" for text, n in found.most_common())
    if sample.choices and sample.answer and len(sample.choices) <= len(_LETTERS):
        named = " · ".join(f"{_LETTERS[n]}. {sample.choices[n]}" for n in sample.answer)
        return named if set(sample.target) <= {*_LETTERS} else shown or named
    return shown
