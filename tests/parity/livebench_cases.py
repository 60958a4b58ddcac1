"""LiveBench: questions and answers drawn at random, the same for julja and the official scorers.

Nothing of julja is imported here: the official verdicts on the same cases were computed apart.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Question = dict[str, Any]
Case = tuple[Question, str]
COUNT = 300
NEW, OLD = "2024-11-25", "2024-06-24"
_FRAMES = (
    "<solution>{}</solution>",
    "So it is <solution>{}</solution>.",
    "<Solution>\n{}\n</solution>",
    "</solution>{}</solution>",
    "**{}**",
    "I think **{}**, not **that**",
    "***{}***",
    "It is $\\boxed{{{}}}$.",
    "\\boxed{{\\text{{{}}}}}",
    "{}",
    "Hm.\n{}",
    "First the one, then the other.\nAnswer: {}",
    "The answer is {}",
    "**Answer:** {}.\n",
)
_BROKEN = ("", "I don't know.", "**", "<solution></solution>", "Let me see\n\n")


def framed(rng: random.Random, said: str, usual: str = "<solution>{}</solution>") -> str:
    """An answer as models write it: in tags, bold, boxed, plain, sometimes twice or not at all."""
    if rng.random() < 0.05:
        return rng.choice(_BROKEN)
    text = rng.choice((usual,) * len(_FRAMES) + _FRAMES).format(said)
    if rng.random() < 0.1:
        text = f"{rng.choice(_FRAMES).format('something else')}\n{text}"
    return text


def _mixed(rng: random.Random, truth: Sequence[str], pool: Sequence[str]) -> list[str]:
    """The right words, or some of them replaced, left out or in another order."""
    words = list(truth)
    if rng.random() < 0.5:
        words = [word if rng.random() < 0.6 else rng.choice(pool) for word in words]
    if rng.random() < 0.1:
        rng.shuffle(words)
    if rng.random() < 0.1:
        words = words[: rng.randint(0, len(words))]
    return words


def _question(truth: Any, turn: str = "?", date: str = NEW, **more: str) -> Question:
    return {"ground_truth": truth, "turns": [turn], "livebench_release_date": date, **more}


_TRUE = ("yes", "no", "unknown")


def liars(rng: random.Random) -> Case:
    """web_of_lies_v2."""
    truth = [rng.choice(_TRUE) for _ in range(3)]
    said = rng.choice((", ", ", ", ", ", ",", " and ")).join(_mixed(rng, truth, _TRUE))
    if rng.random() < 0.15:
        said = "**, **".join(_mixed(rng, truth, _TRUE))
    return _question(", ".join(truth)), framed(rng, said, "**{}**")


def more_liars(rng: random.Random) -> Case:
    """web_of_lies_v3."""
    truth = [rng.choice(_TRUE) for _ in range(rng.randint(3, 6))]
    said = rng.choice((",", ",", ", ")).join(_mixed(rng, truth, _TRUE))
    return _question(",".join(truth)), framed(rng, said)


_THINGS = ("Mia", "green-tea", "2", "Filmmaking", "left", "position 3", "jazz", "three")


def zebras(rng: random.Random) -> Case:
    """zebra_puzzle since November 2024."""
    truth = [rng.choice(_THINGS) for _ in range(rng.randint(1, 4))]
    words = _mixed(rng, truth, _THINGS)
    words = [rng.choice((w, w.lower(), w.replace("-", " "), f"position {w}")) for w in words]
    return _question(",".join(truth)), framed(rng, rng.choice((", ", ",")).join(words))


def old_zebras(rng: random.Random) -> Case:
    """zebra_puzzle before."""
    pool = ("two", "2", "3", "mystery", "mystery movies", "Jazz", "jazz")
    truth = rng.choice(("two", "three", "mystery movies", "jazz"))
    said = truth if rng.random() < 0.4 else rng.choice(pool)
    return _question(truth, date=OLD), framed(
        rng, rng.choice((said, said.title(), f"{said}!")), "***{}***"
    )


def shapes(rng: random.Random) -> Case:
    """spatial."""
    pool = ("10", "4", "tetrahedra", "triangle", "square", "pentagon", "ten", "twenty")
    truth = rng.choice(pool[:6])
    said = truth if rng.random() < 0.4 else rng.choice(pool)
    said = rng.choice((said, said.title(), f"two {said}", f"a circle, a square, a {said}"))
    return _question(truth), framed(rng, said, "**{}**")


_NAMES = ("Ann", "Ben", "Cid", "Dee", "Eve")


def houses(rng: random.Random) -> Case:
    """house_traversal."""
    truth = rng.sample(_NAMES, 3)
    words = _mixed(rng, truth, _NAMES)
    said = rng.choice((", ", " ", "** **", "**, then **")).join(words)
    return _question(" ".join(truth)), framed(rng, said, "**{}**")


def beliefs(rng: random.Random) -> Case:
    """theory_of_mind."""
    pool = ("red_box", "blue_container", "green_drawer")
    truth = rng.choice(pool)
    said = truth if rng.random() < 0.5 else rng.choice(pool)
    said = rng.choice((said, f"the {said}!", said.upper(), f"in the {said}, of course"))
    return _question(truth), framed(rng, said)


def walks(rng: random.Random) -> Case:
    """logic_with_navigation."""
    truth = [rng.randint(-9, 9), rng.randint(-9, 9)]
    x, y = truth if rng.random() < 0.5 else (rng.randint(-2, 2), rng.randint(-2, 2))
    said = rng.choice(("({}, {})", "( {},{} )", "{}, {}", "x = {}, y = {}", "[{}, {}]")).format(
        x, y
    )
    return _question(truth), framed(rng, said)


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
    words = _mixed(rng, [word for group in shown for word in group], _WORDS)
    if rng.random() < 0.2:
        words = [word.title() for word in words]
    said = rng.choice((", ", ",", ",\n")).join(words)
    if rng.random() < 0.2:
        cut = len(said) // 2
        said = f"{said[:cut]}</solution> and <solution>{said[cut:]}"
    usual = "<solution>{}</solution>" if date == NEW else "So **{}**"
    return _question(",".join(truth), date=date), framed(rng, said, usual)


def old_groups(rng: random.Random) -> Case:
    """connections before November 2024."""
    return groups(rng, OLD)


_SCENES = ("Ann wakes up", "She runs to the sea", "The ferry is gone", "Ben waits", "It rains")


def plots(rng: random.Random) -> Case:
    """plot_unscrambling."""
    truth = list(_SCENES[: rng.randint(2, 5)])
    said = _mixed(rng, truth, (*_SCENES, "And then", ""))
    said = [rng.choice((one, one, one.lower(), f"Then {one}")) for one in said]
    if rng.random() < 0.3:
        rng.shuffle(said)
    end = rng.choice(("", "</PLOT_SUMMARY>", ".\n</PLOT_SUMMARY>", "\n**End of Plot Summary**"))
    text = (
        f"{rng.choice(('', 'Here it is. <PLOT_SUMMARY>', '<PLOT_SUMMARY>'))}{'. '.join(said)}.{end}"
    )
    return _question(". ".join(truth) + "."), text


def slips(rng: random.Random) -> Case:
    """typos."""
    truth = "We measure the tape's length. Then we write it down"
    said = truth if rng.random() < 0.5 else truth.replace("tape's", "tapes")
    if rng.random() < 0.3:
        said = said.replace(". ", ".\n")
    if rng.random() < 0.2:
        said = f"Sure --- {said} --- done"
    return _question(truth), framed(rng, said)


_CONTEST = r"How much? $\textbf{(A) }1 \qquad \textbf{(B) }\frac{1}{2} \qquad \textbf{(C)}~12$"


def contests(rng: random.Random) -> Case:
    """math_comp: AMC."""
    truth = rng.choice("ABC")
    said = truth if rng.random() < 0.4 else rng.choice("ABCDE")
    value = rng.choice((r"\frac{1}{2}", "1", "12", said * 5, said * 4, said.lower(), f"({said})"))
    text = framed(rng, rng.choice((said, said, value)), "Hm.\n{}")
    return _question(truth, _CONTEST, subtask="amc_12a_2023", task="math_comp"), text


def aimes(rng: random.Random) -> Case:
    """math_comp: AIME."""
    truth = f"{rng.randint(0, 999):03d}"
    said = truth if rng.random() < 0.5 else f"{rng.randint(0, 999):03d}"
    text = framed(rng, said, "{}") + "x" * rng.choice((0, 0, 10, 47, 60))
    return _question(truth, subtask="aime_i_2024", task="math_comp"), text


def proofs(rng: random.Random) -> Case:
    """olympiad."""
    truth = list(map(str, range(1, rng.randint(3, 8))))
    rng.shuffle(truth)
    words = _mixed(rng, truth, ("1", "2", "9", "x", "<expression 3>", "7."))
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
    return _question(",".join(truth), task="olympiad"), text


def columns(rng: random.Random) -> Case:
    """cta."""
    pool = ("Postal Code", "Street Address", "Country", "URL")
    truth = rng.choice(pool)
    said = truth if rng.random() < 0.6 else rng.choice(pool)
    said = rng.choice((said, said.lower(), said.replace(" ", ""), f"{said}.", f"'{said}'"))
    return _question(truth), framed(rng, said, "{}")


def joins(rng: random.Random) -> Case:
    """tablejoin."""
    keys, values = ("id", "city", "name", "nullable"), ("key", "town", "who", "a null b", "")
    truth = {key: rng.choice(values[:4]) for key in rng.sample(keys, rng.randint(1, 4))}
    said: dict[str, Any] = {
        key: truth[key] if rng.random() < 0.6 else rng.choice((*values, None)) for key in truth
    }
    if rng.random() < 0.3:
        said[rng.choice(("extra", *keys))] = rng.choice(values)
    text = rng.choice((str(said), json.dumps(said)))
    frame = rng.choice(
        (
            "{}",
            "```python\n{}\n```",
            "So:\n```json\n{}\n```",
            "```\n{}\n```",
            "<solution>\n{}\n</solution>",
        )
    )
    if rng.random() < 0.1:
        text = f"$\\boxed{{{text}}}$"
    return _question(rng.choice((truth, str(truth)))), frame.format(text)


def streaks(rng: random.Random) -> Case:
    """consecutive_events."""
    truth = {user: rng.randint(1, 5) for user in range(rng.randint(0, 5))}
    said = {user: n if rng.random() < 0.7 else n + 1 for user, n in truth.items()}
    if rng.random() < 0.3:
        said[rng.randint(0, 9)] = 2
    name = "max_consecutive_growth_months"
    rows = [[{"user_id": u, name: n} for u, n in one.items()] for one in (truth, said)]
    shown: Any = rows[1]
    if rng.random() < 0.1:
        shown = rng.choice(([*rows[1], 3, {"user": 1}], {"user_id": 1}, [], 0, "none", [[1]]))
    text = json.dumps(shown) if rng.random() < 0.95 else str(shown)
    return _question(rng.choice((rows[0], json.dumps(rows[0])))), framed(rng, text)


_CELLS = ("Oslo", "a b", "N/A", "x,y", "7", "12.5", "-3", "true", "")
_LINED = "2025-04-25"
FORMATS = ("csv", "tsv", "json", "jsonl", "html", "markdown")


def reformatted(rng: random.Random) -> Case:
    """tablereformat, before and since April 2025, in all formats."""
    target, lined = rng.choice(FORMATS), rng.random() < 0.5
    names = rng.sample(("city", "rate", "Name", "n of m"), rng.randint(2, 3))
    # A column is of one kind: in mixed ones pandas' guess depends on its version.
    pools = [rng.choice((_CELLS[:2], _CELLS[4:7], ("7", "8", "-3"))) for _ in names]
    table = [[rng.choice(pool) for pool in pools] for _ in range(rng.randint(1, 4))]
    said, order = [list(row) for row in table], list(range(len(names)))
    change = rng.random()
    if change < 0.3:
        row, place = rng.randrange(len(said)), rng.randrange(len(names))
        said[row][place] = rng.choice(pools[place])
    elif change < 0.4:
        said = said[:-1] or said * 2
    elif change < 0.5:
        said = [[f"{cell}.0" if cell in ("7", "8", "-3") else cell for cell in row] for row in said]
    if rng.random() < 0.3:
        rng.shuffle(order)
    text = written(target, [names[n] for n in order], [[row[n] for n in order] for row in said])
    frame = rng.choice(
        ("{}",) * 4
        + ("<solution>\n{}\n</solution>", f"```{target}\n{{}}\n```", "```\n{}\n```")
        + ("Here is the table in a new format:\n{}", "{}\nI hope that helps.", "So:\n{}")
    )
    if target == "tsv" and frame.startswith("So"):
        frame = "{}"  # what LiveBench doesn't look for, and julja does: its card says so
    turn = (
        f"Source Format: XML\nTarget Format: {target.upper()}"
        if lined
        else f"Please convert the Input Table from XML format to {target.upper()} format."
    )
    question = _question(written(target, names, table), turn, _LINED if lined else NEW)
    return question, frame.format(text)


def written(target: str, names: Sequence[str], table: Sequence[Sequence[str]]) -> str:
    """A table as text."""
    if target in ("csv", "tsv"):
        mark = "," if target == "csv" else "\t"
        return "\n".join(mark.join(row) for row in (names, *table))
    if target == "markdown":
        rule = [":---"] * len(names)
        return "\n".join(f"| {' | '.join(row)} |" for row in (names, rule, *table))
    if target == "html":
        head = "".join(f"<th>{name}</th>" for name in names)
        body = ["".join(f"<td>{cell}</td>" for cell in row) for row in table]
        rows = "".join(f"<tr>{cells}</tr>" for cells in body)
        head, rows = f"<thead><tr>{head}</tr></thead>", f"<tbody>{rows}</tbody>"
        return f"<table>{head}{rows}</table>"
    rows = [dict(zip(names, map(_typed, row), strict=True)) for row in table]
    if target == "jsonl":
        return "\n".join(map(json.dumps, rows))
    return json.dumps({str(place): row for place, row in enumerate(rows)})


def _typed(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        return cell


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
    "cta": columns,
    "tablejoin": joins,
    "tablereformat": reformatted,
    "consecutive_events": streaks,
}


def cases(name: str) -> Iterator[Case]:
    """The questions of a task with one answer each; answers have no blanks at their ends."""
    rng = random.Random(f"livebench/{name}")
    for _ in range(COUNT):
        question, text = MAKERS[name](rng)
        yield question, text.strip()
