"""LiveBench's language tasks: connections, plots put in order, typos.

Source of the rules: LiveBench/LiveBench (Apache-2.0), livebench/process_results/writing.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from julja.benchmarks.live.livebench.answers import (
    NOTHING,
    Question,
    Verdict,
    bare,
    botched_solutions,
    boxed,
    edit_distance,
    solutions,
)
from julja.benchmarks.live.livebench.reasoning import TAGGED_SINCE

_NO_SENTENCES = ("", "</PLOT_SUMMARY>", "**End of Plot Summary**")


def connections(question: Question, text: str) -> Verdict:
    """Words sorted into groups of four: the share of groups that are right."""
    truth = str(question["ground_truth"]).split(",")
    if str(question.get("livebench_release_date") or TAGGED_SINCE) < TAGGED_SINCE:
        return _best_of_bold(_groups(truth), text)
    one_line = text.replace("\n", "")
    tagged = solutions(text) or solutions(one_line) or botched_solutions(text)
    tagged = tagged or botched_solutions(one_line)
    inside = boxed(text) if not tagged and "\\boxed" in text else None
    if inside is not None:
        tagged = [bare(inside)]
    if not tagged:
        return NOTHING
    words = [word for match in tagged for word in match.replace("\n", "").split(",")]
    if len(tagged) > 1:
        words = words[-len(truth) :]
    right = _groups(truth)
    # A group that is said again counts once (LiveBench 5749fe4, August 2026).
    hits = len(set(right) & set(_groups(words)))
    return Verdict(hits / len(right), ",".join(words))


def _best_of_bold(right: Sequence[frozenset[str]], text: str) -> Verdict:
    """The older rule: the best of all bold parts, a group being found within another."""
    bold = re.findall(r"\*\*(.*?)\*\*", text.replace("\n", ""))
    if not bold:
        return NOTHING
    shares = [
        sum(any(group <= other for other in _groups(words.split(","))) for group in right)
        for words in bold
    ]
    return Verdict(max(shares) / len(right), bold[shares.index(max(shares))])


def _groups(words: Sequence[str]) -> list[frozenset[str]]:
    """Sets of four words; a word that is said twice in a group leaves room for another."""
    groups: list[set[str]] = [set()]
    for word in words:
        if len(groups[-1]) == 4:
            groups.append(set())
        groups[-1].add(word.strip().lower())
    return [frozenset(group) for group in groups]


def plot_unscrambling(question: Question, text: str) -> Verdict:
    """Sentences put into order: 1 - edit distance of their order / their number.

    A sentence of the right text is the closest one of the response.
    """
    found = re.search(r"<PLOT_SUMMARY>(.*)</PLOT_SUMMARY>", text, re.DOTALL)
    found = found or re.search(r"<PLOT_SUMMARY>(.*)", text, re.DOTALL)
    body = found[1] if found else text
    wanted = [part.strip() for part in str(question["ground_truth"]).split(".") if part.strip()]
    given = [part.strip() for part in body.split(".") if part.strip() not in _NO_SENTENCES]
    order = [
        given.index(near[0])
        for sentence in wanted
        if (near := get_close_matches(sentence, given, n=1, cutoff=0.0))
    ]
    distance = edit_distance(list(range(len(wanted))), order)
    return Verdict(1 - distance / len(wanted), body.strip() or None)


def typos(question: Question, text: str) -> Verdict:
    """The text without its slips, word for word, in tags or anywhere in the response."""
    tagged = solutions(text)
    answer = tagged[-1] if tagged else re.sub(r"</?solution>", "", text)
    if not tagged and (framed := re.search(r".* --- (.*?) --- .*", answer)):
        answer = framed[1]
    answer = " ".join(filter(None, answer.strip().split("\n")))
    return Verdict(float(str(question["ground_truth"]) in answer), answer or None)
