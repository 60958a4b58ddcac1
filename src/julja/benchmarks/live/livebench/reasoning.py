"""LiveBench's reasoning tasks: liars, zebra puzzles, shapes, houses, beliefs, walks.

Source of the rules: LiveBench/LiveBench (Apache-2.0), livebench/process_results/reasoning. Where
they are odd (an answer "unknown" also counts as a "no", words of v3 are compared with their blanks)
they are kept: the published numbers were made so.
"""

import itertools
import re

from julja.benchmarks.live.livebench.answers import (
    NOTHING,
    Question,
    Verdict,
    bare,
    botched_solutions,
    boxed,
    last_line,
    solutions,
)

_WORDS = ("yes", "no", "unknown")
_TRIPLES = tuple(", ".join(words) for words in itertools.product(_WORDS, repeat=3))
# fmt: off
_SPELT = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)
# fmt: on
_DIGITS = {str(number): _SPELT[number] for number in range(1, 10)}
_SHAPES = ("tetrahedra", "tetrahedron", "triangle", "square")
# From this release on, puzzles are answered in tags, and each part of the answer counts.
TAGGED_SINCE = "2024-11-25"


def web_of_lies_v2(question: Question, text: str) -> Verdict:
    """Three times yes, no or unknown, all of them right."""
    truth = str(question["ground_truth"]).lower()
    tagged = botched_solutions(text)
    answer = tagged[-1] if tagged else _bold_words(text)
    answer = _boxed_or_plain(answer, text)
    if not answer:
        return NOTHING
    three = sum(answer.count(word) for word in _WORDS) == 3
    return Verdict(float(answer == truth or (three and truth in answer)), answer)


def web_of_lies_v3(question: Question, text: str) -> Verdict:
    """A list of yes, no and unknown: the mean of "all right" and the share that is right."""
    tagged = solutions(text)
    answer = _boxed_or_plain(tagged[-1] if tagged else None, text)
    if answer is None:
        return NOTHING
    truth, given = str(question["ground_truth"]).split(","), answer.split(",")
    right = sum(one == other for one, other in zip(truth, given, strict=False))
    return Verdict(_all_and_share(right, len(truth)), answer)


def _bold_words(text: str) -> str | None:
    bold = re.findall(r"\*\*(.*?)\*\*", text)
    words = [w.lower().replace(",", "").replace(".", "") for part in bold for w in part.split()]
    found = [word for word in words if word in _WORDS][-3:]
    return ", ".join(found) or None


def _boxed_or_plain(answer: str | None, text: str) -> str | None:
    if answer is None or not answer.strip():
        inside = boxed(text.replace("\\textbf{", "\\boxed{"))
        answer = inside if inside is not None else answer
    if answer is None:
        lowered = text.lower()
        place, last = max((lowered.find(triple), triple) for triple in _TRIPLES)
        answer = last if place >= 0 else None
    return answer


def _all_and_share(right: int, total: int) -> float:
    return ((right == total) + right / total) / 2


def zebra_puzzle(question: Question, text: str) -> Verdict:
    """What stands at the asked places: one word once, several with partial credit today."""
    if str(question.get("livebench_release_date") or TAGGED_SINCE) < TAGGED_SINCE:
        return _one_word(str(question["ground_truth"]).lower(), text)
    truth = str(question["ground_truth"]).split(",")
    tagged = botched_solutions(text)
    inside = boxed(text) if not tagged else None
    if inside is not None:
        tagged = [bare(inside)]
    if not tagged and last_line(text).count(",") == len(truth) - 1:
        tagged = [last_line(text)]
    if not tagged:
        return NOTHING
    given = [part for match in tagged for part in match.split(",")]
    if len(tagged) > 1:
        given = given[-len(truth) :]
    right = sum(
        _plain(wanted) in _plain(said).replace("position", "")
        for wanted, said in zip(truth, given, strict=False)
    )
    return Verdict(_all_and_share(right, len(truth)), ",".join(given))


def _plain(word: str) -> str:
    return word.strip().lower().replace("-", " ")


def _one_word(truth: str, text: str) -> Verdict:
    words = re.findall(r"\*\*\*(\w+)\*\*\*", text) or re.findall(r"\b\w+\b", text)
    if not words:
        return NOTHING
    word = words[-1]
    right = truth in (word.lower(), _DIGITS.get(word), f"{word.lower()} movies")
    return Verdict(float(right), word)


def spatial(question: Question, text: str) -> Verdict:
    """A number or a shape, among the last three bold words or in a box."""
    raw = str(question["ground_truth"])
    truth = raw.strip().lower()
    if text == raw:
        return Verdict(1.0, text)
    bold = [word.strip().lower() for word in re.findall(r"\*\*([^*]+)\*\*", text)][-3:]
    for word in reversed(bold):
        spelt = word in _SPELT and str(_SPELT.index(word)) == truth
        shape = truth in _SHAPES and truth in word and len(word) < 2 * len(truth) + 5
        if word == truth or spelt or shape:
            return Verdict(1.0, word)
    inside = boxed(text)
    if inside is not None:
        for wrapper in ("\\textbf{", "\\mathbf{", "\\text{", "}"):
            inside = inside.replace(wrapper, "")
        if inside == raw:
            return Verdict(1.0, inside)
    read = inside if inside is not None else (bold[-1] if bold else None)
    return Verdict(0.0, read)


def house_traversal(question: Question, text: str) -> Verdict:
    """Names in their order, as the last bold words or within the last of them."""
    bold = [words for _, words in re.findall(r"(\*{2,})(.*?)\1", text.lower())]
    if not bold:
        return NOTHING
    names = str(question["ground_truth"]).lower().split(" ")
    if bold[-len(names) :] == names:
        return Verdict(1.0, " ".join(names))
    places = [bold[-1].find(name) for name in names]
    right = places[0] >= 0 and all(a < b for a, b in itertools.pairwise(places))
    return Verdict(float(right), bold[-1])


def theory_of_mind(question: Question, text: str) -> Verdict:
    """Where someone looks for a thing: the place is in the tagged answer, or in the last line."""
    tagged = botched_solutions(text, across_lines=True, any_case=True)
    said = tagged[-1] if tagged else last_line(text)
    for prefix in () if tagged else ("Answer:", "answer:", "The answer is", "the answer is"):
        said = said.removeprefix(prefix).strip()
    answer = re.sub(r"[.,!?;:]", "", said.strip().lower()).strip()
    if not answer:
        return NOTHING
    return Verdict(float(str(question["ground_truth"]).strip().lower() in answer), answer)


def logic_with_navigation(question: Question, text: str) -> Verdict:
    """The point (x, y) at the end of a walk, in tags."""
    tagged = solutions(text, across_lines=True, any_case=True)
    if not tagged:
        return NOTHING
    pair = r"(-?\d+)\s*,\s*(-?\d+)"
    found = re.search(rf"\(\s*{pair}\s*\)", tagged[-1]) or re.search(pair, tagged[-1])
    if found is None:
        return NOTHING
    truth = [int(value) for value in question["ground_truth"]]
    return Verdict(float([int(found[1]), int(found[2])] == truth), f"({found[1]}, {found[2]})")
