"""LiveBench: questions and answers drawn at random, the same for julja and the official scorers.

Nothing of julja is imported here: the official verdicts on the same cases were computed apart.
"""

import random
from collections.abc import Callable, Iterator, Mapping

from .livebench_answers import NEW, OLD, Case, framed, mixed, question_of
from .livebench_tables import TABLES

COUNT = 300
_TRUE = ("yes", "no", "unknown")


def liars(rng: random.Random) -> Case:
    """web_of_lies_v2."""
    truth = [rng.choice(_TRUE) for _ in range(3)]
    said = rng.choice((", ", ", ", ", ", ",", " and ")).join(mixed(rng, truth, _TRUE))
    if rng.random() < 0.15:
        said = "**, **".join(mixed(rng, truth, _TRUE))
    return question_of(", ".join(truth)), framed(rng, said, "**{}**")


def more_liars(rng: random.Random) -> Case:
    """web_of_lies_v3."""
    truth = [rng.choice(_TRUE) for _ in range(rng.randint(3, 6))]
    said = rng.choice((",", ",", ", ")).join(mixed(rng, truth, _TRUE))
    return question_of(",".join(truth)), framed(rng, said)


_THINGS = ("Mia", "green-tea", "2", "Filmmaking", "left", "position 3", "jazz", "three")


def zebras(rng: random.Random) -> Case:
    """zebra_puzzle since November 2024."""
    truth = [rng.choice(_THINGS) for _ in range(rng.randint(1, 4))]
    words = mixed(rng, truth, _THINGS)
    words = [rng.choice((w, w.lower(), w.replace("-", " "), f"position {w}")) for w in words]
    return question_of(",".join(truth)), framed(rng, rng.choice((", ", ",")).join(words))


def old_zebras(rng: random.Random) -> Case:
    """zebra_puzzle before."""
    pool = ("two", "2", "3", "mystery", "mystery movies", "Jazz", "jazz")
    truth = rng.choice(("two", "three", "mystery movies", "jazz"))
    said = truth if rng.random() < 0.4 else rng.choice(pool)
    return question_of(truth, date=OLD), framed(
        rng, rng.choice((said, said.title(), f"{said}!")), "***{}***"
    )


def shapes(rng: random.Random) -> Case:
    """spatial."""
    pool = ("10", "4", "tetrahedra", "triangle", "square", "pentagon", "ten", "twenty")
    truth = rng.choice(pool[:6])
    said = truth if rng.random() < 0.4 else rng.choice(pool)
    said = rng.choice((said, said.title(), f"two {said}", f"a circle, a square, a {said}"))
    return question_of(truth), framed(rng, said, "**{}**")


_NAMES = ("Ann", "Ben", "Cid", "Dee", "Eve")


def houses(rng: random.Random) -> Case:
    """house_traversal."""
    truth = rng.sample(_NAMES, 3)
    words = mixed(rng, truth, _NAMES)
    said = rng.choice((", ", " ", "** **", "**, then **")).join(words)
    return question_of(" ".join(truth)), framed(rng, said, "**{}**")


def beliefs(rng: random.Random) -> Case:
    """theory_of_mind."""
    pool = ("red_box", "blue_container", "green_drawer")
    truth = rng.choice(pool)
    said = truth if rng.random() < 0.5 else rng.choice(pool)
    said = rng.choice((said, f"the {said}!", said.upper(), f"in the {said}, of course"))
    return question_of(truth), framed(rng, said)


def walks(rng: random.Random) -> Case:
    """logic_with_navigation."""
    truth = [rng.randint(-9, 9), rng.randint(-9, 9)]
    x, y = truth if rng.random() < 0.5 else (rng.randint(-2, 2), rng.randint(-2, 2))
    said = rng.choice(("({}, {})", "( {},{} )", "{}, {}", "x = {}, y = {}", "[{}, {}]")).format(
        x, y
    )
    return question_of(truth), framed(rng, said)


_WORDS = (
    *("ash", "elm", "oak", "fir", "red", "blue", "grey", "pink"),
    *("cat", "dog", "cow", "hen", "one", "two", "six", "ten"),
)


def groups(rng: random.Random, date: str = NEW) -> Case:
    """connections."""
    truth = list(_WORDS[: 4 * rng.randint(2, 4)])
    shown = [truth[place : place + 4] for place in range(0, len(truth), 4)]
    rng.shuffle(shown)
    for group in shown:
        rng.shuffle(group)
    if rng.random() < 0.3:
        shown[0] = shown[-1]
    if rng.random() < 0.2:
        shown += shown[: rng.randint(1, len(shown))]
    words = mixed(rng, [word for group in shown for word in group], _WORDS)
    if rng.random() < 0.2:
        words = [word.title() for word in words]
    said = rng.choice((", ", ",", ",\n")).join(words)
    if rng.random() < 0.2:
        cut = len(said) // 2
        said = f"{said[:cut]}</solution> and <solution>{said[cut:]}"
    usual = "<solution>{}</solution>" if date == NEW else "So **{}**"
    return question_of(",".join(truth), date=date), framed(rng, said, usual)


def old_groups(rng: random.Random) -> Case:
    """connections before November 2024."""
    return groups(rng, OLD)


_SCENES = ("Ann wakes up", "She runs to the sea", "The ferry is gone", "Ben waits", "It rains")


def plots(rng: random.Random) -> Case:
    """plot_unscrambling."""
    truth = list(_SCENES[: rng.randint(2, 5)])
    said = mixed(rng, truth, (*_SCENES, "And then", ""))
    said = [rng.choice((one, one, one.lower(), f"Then {one}")) for one in said]
    if rng.random() < 0.3:
        rng.shuffle(said)
    end = rng.choice(("", "</PLOT_SUMMARY>", ".\n</PLOT_SUMMARY>", "\n**End of Plot Summary**"))
    text = (
        f"{rng.choice(('', 'Here it is. <PLOT_SUMMARY>', '<PLOT_SUMMARY>'))}{'. '.join(said)}.{end}"
    )
    return question_of(". ".join(truth) + "."), text


def slips(rng: random.Random) -> Case:
    """typos."""
    truth = "We measure the tape's length. Then we write it down"
    said = truth if rng.random() < 0.5 else truth.replace("tape's", "tapes")
    if rng.random() < 0.3:
        said = said.replace(". ", ".\n")
    if rng.random() < 0.2:
        said = f"Sure --- {said} --- done"
    return question_of(truth), framed(rng, said)


_CONTEST = r"How much? $\textbf{(A) }1 \qquad \textbf{(B) }\frac{1}{2} \qquad \textbf{(C)}~12$"


def contests(rng: random.Random) -> Case:
    """math_comp: AMC."""
    truth = rng.choice("ABC")
    said = truth if rng.random() < 0.4 else rng.choice("ABCDE")
    value = rng.choice((r"\frac{1}{2}", "1", "12", said * 5, said * 4, said.lower(), f"({said})"))
    text = framed(rng, rng.choice((said, said, value)), "Hm.\n{}")
    return question_of(truth, _CONTEST, subtask="amc_12a_2023", task="math_comp"), text


def aimes(rng: random.Random) -> Case:
    """math_comp: AIME."""
    truth = f"{rng.randint(0, 999):03d}"
    said = truth if rng.random() < 0.5 else f"{rng.randint(0, 999):03d}"
    text = framed(rng, said, "{}") + "x" * rng.choice((0, 0, 10, 47, 60))
    return question_of(truth, subtask="aime_i_2024", task="math_comp"), text


def proofs(rng: random.Random) -> Case:
    """olympiad."""
    truth = list(map(str, range(1, rng.randint(3, 8))))
    rng.shuffle(truth)
    words = mixed(rng, truth, ("1", "2", "9", "x", "<expression 3>", "7."))
    said = rng.choice((", ", ",")).join(words)
    text = rng.choice(
        (
            "Answer: {}",
            "answer: {} done",
            "**Answer:** {}",
            "Answer:\n{}",
            "So {}",
            "{}",
            "No.\n{}!",
        )
    ).format(said)
    if rng.random() < 0.15:
        text = f"So $\\boxed{{{said}}}$"
    return question_of(",".join(truth), task="olympiad"), text


MAKERS: Mapping[str, Callable[[random.Random], Case]] = {
    "web_of_lies_v2": liars,
    "web_of_lies_v3": more_liars,
    "zebra_puzzle": zebras,
    "zebra_puzzle_old": old_zebras,
    "spatial": shapes,
    "house_traversal": houses,
    "theory_of_mind": beliefs,
    "logic_with_navigation": walks,
    "connections": groups,
    "connections_old": old_groups,
    "plot_unscrambling": plots,
    "typos": slips,
    "math_comp_amc": contests,
    "math_comp_aime": aimes,
    "olympiad": proofs,
    **TABLES,
}


def cases(name: str) -> Iterator[Case]:
    """The questions of a task with one answer each; answers have no blanks at their ends."""
    rng = random.Random(f"livebench/{name}")
    for _ in range(COUNT):
        question, text = MAKERS[name](rng)
        yield question, text.strip()
