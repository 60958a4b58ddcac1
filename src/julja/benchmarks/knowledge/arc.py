"""ARC: science questions from school exams, the easy set and the challenge set.

Paper: Clark et al., Think you have Solved Question Answering?, 2018,
https://arxiv.org/abs/1803.05457. Data: AI2 (CC-BY-SA-4.0). The rank form is that of
lm-evaluation-harness (lm_eval/tasks/arc/arc_easy.yaml) and of the Open LLM Leaderboard, the letter
form OLMES' (https://arxiv.org/abs/2406.08446), the generate form openai/simple-evals'.
"""

from collections.abc import Mapping, Sequence

from julja.benchmarks.knowledge.common import LETTER_ANSWER, reasoned
from julja.errors import DataError
from julja.scoring.choice import letters, ranked
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Row, Sample, Source

_QUESTION = "Question: {{ input }}\n"
_OPTIONS = "{% for choice in choices %} {{ letters[loop.index0] }}. {{ choice }}\n{% endfor %}"


@task
def arc_easy() -> Task:
    """The 2,376 test questions of the easy set."""
    return _arc("arc_easy", "ARC-Easy", CARD_EASY)


@task
def arc_challenge() -> Task:
    """The 1,172 test questions that simple methods of 2018 answered wrongly."""
    return _arc("arc_challenge", "ARC-Challenge", CARD_CHALLENGE)


def _arc(name: str, part: str, card: Card) -> Task:
    return Task(
        name=name,
        mirror="arc",
        rows=_source(part, "test", "test"),
        exemplars=_source(part, "train", "train", "validation", "dev"),
        sample=to_sample,
        forms={
            "rank": Form(
                prompt=f"{_QUESTION}Answer:",
                answer=" {{ choices[answer[0]] }}",
                scorer=ranked("acc_norm"),
            ),
            "letter": Form(
                prompt=f"{_QUESTION}{_OPTIONS}Answer:", answer=LETTER_ANSWER, scorer=letters()
            ),
            "generate": reasoned(),
        },
        card=card,
        checks=CHECKS,
    )


def _source(part: str, split: str, *names: str) -> Source:
    """One split; `names` are the splits whose files will do, in this order."""
    files = [f for name in names for f in (f"{name}.jsonl", f"{part}-{name.capitalize()}.jsonl")]
    return Source(
        split=split,
        hub="allenai/ai2_arc",
        config=part,
        revision="210d026faf9955653af8916fad021475a3f00453",
        files=tuple(f"{part}/{file}" for file in files),
    )


def to_sample(row: Row) -> Sample:
    """A row of AI2's own files (question.stem, a list of choices) or of the hub (flat, columns).

    Some questions label their options 1 to 4: the label's place counts, not its name.
    """
    question = row["question"]
    if isinstance(question, Mapping):
        stem, listed = question["stem"], question["choices"]
        pairs = [(str(choice["label"]), str(choice["text"])) for choice in listed]
    else:
        stem, columns = question, row["choices"]
        pairs = list(zip(map(str, columns["label"]), map(str, columns["text"]), strict=True))
    labels, key = [label for label, _ in pairs], str(row["answerKey"])
    if not 3 <= len(pairs) <= 5:
        raise DataError(f"question {row['id']!r} has {len(pairs)} options; ARC has 3 to 5.")
    if labels.count(key) != 1:
        raise DataError(
            f"the answer {key!r} of question {row['id']!r} is not one of {', '.join(labels)}.",
            hint="The file may be damaged, or its answers hidden: get it again.",
        )
    index = labels.index(key)
    choices = tuple(text for _, text in pairs)
    return Sample(
        str(row["id"]),
        str(stem),
        target=(choices[index],),
        choices=choices,
        answer=(index,),
        fields={"options": len(choices)},
    )


_ABILITIES = ("knowledge", "reasoning")
_PAPER = "https://arxiv.org/abs/1803.05457"
_LICENCE = "CC-BY-SA-4.0"
_SCORER = (
    "lm-evaluation-harness: arc_easy.yaml (rank); OLMES (letter); openai/simple-evals: common.py "
    "(generate)"
)
_ERRORS = "Keys are those of the exams; no audit of them is published."
_CONTAMINATION = (
    "Public since 2018, with answers, in web crawls and in training mixtures; the questions come "
    "from exams that are on the web themselves."
)
_NOTES = (
    "Two protocols give numbers that can't be compared. rank shows the question alone and compares "
    "the likelihoods of the answers' texts: acc_norm divides by characters and is the Open LLM "
    "Leaderboard's number (25 shots there, none here), acc doesn't and is the older one. letter "
    "and generate show the options and are much easier. AI2's own scorer gives 1/k for a k-way "
    "tie; here the first of equal choices counts. Some questions label their options 1 to 4: they "
    "are shown as A to D."
)
CARD_EASY = Card(
    title="ARC-Easy",
    summary="Science questions of school exams (grades 3 to 9) with three to five options. 2,376 "
    "test questions.",
    abilities=_ABILITIES,
    paper=_PAPER,
    licence=_LICENCE,
    official_scorer=_SCORER,
    random_baseline=0.2502,
    saturation="Saturated: with the options shown, models of a few billion parameters pass 0.9.",
    contamination=_CONTAMINATION,
    label_errors=_ERRORS,
    notes=_NOTES,
    rows=2376,
)
CARD_CHALLENGE = Card(
    title="ARC-Challenge",
    summary="Science questions of school exams (grades 3 to 9) with three to five options, those "
    "that retrieval and co-occurrence got wrong. 1,172 test questions.",
    abilities=_ABILITIES,
    paper=_PAPER,
    licence=_LICENCE,
    official_scorer=_SCORER,
    random_baseline=0.2502,
    saturation="Saturated: with the options shown, strong models pass 0.96 (GPT-4, 2023: 0.963).",
    contamination=_CONTAMINATION,
    label_errors=_ERRORS,
    notes=_NOTES,
    rows=1172,
)


def _row(name: str, stem: str, options: Sequence[str], labels: str, key: str) -> Row:
    return {
        "id": name,
        "question": stem,
        "choices": {"text": list(options), "label": list(labels)},
        "answerKey": key,
    }


_ICE = _row(
    "ice",
    "What happens to the mass of an ice cube when it melts in a closed jar?",
    ("It doubles.", "It stays the same.", "It becomes zero.", "It is halved."),
    "ABCD",
    "B",
)
_LEAF = _row(
    "leaf",
    "Which gas do green leaves take in to make sugar?",
    ("oxygen", "helium", "carbon dioxide", "nitrogen"),
    "1234",
    "3",
)
_ROCK = _row(
    "rock",
    "Which rock forms from cooled lava?",
    ("basalt", "marble that was pressed for a long time", "chalk"),
    "ABC",
    "A",
)
CHECKS = (
    Check(_ICE, "", 1.0, "rank", (-9.0, -7.5, -9.5, -9.1)),
    Check(_LEAF, "", 1.0, "rank", (-4.0, -6.0, -5.0, -5.5)),  # per character "carbon dioxide" wins
    Check(_ROCK, "", 1.0, "rank", (-1.0, -30.0, -3.0)),
    Check(_ICE, "", 0.0, "rank", (-3.0, -7.5, -9.5, -9.1)),
    Check(_LEAF, "", 0.0, "rank", (-1.0, -6.0, -5.0, -5.5)),
    Check(_ROCK, "", 0.0, "rank", (-4.0, -12.0, -3.9)),  # per character the long option wins
    Check(_ICE, "", 1.0, "letter", (-2.0, -0.3, -4.0, -5.0)),
    Check(_LEAF, "", 1.0, "letter", (-2.0, float("-inf"), -0.4, -3.0)),
    Check(_ICE, "", 0.0, "letter", (-0.3, -2.0, -4.0, -5.0)),
    Check(_ROCK, "", 0.0, "letter", (float("-inf"),) * 3),
    Check(_ICE, "Nothing leaves the jar.\nAnswer: B", 1.0),
    Check(_LEAF, "Leaves use carbon dioxide and water.\n\nAnswer: $C$", 1.0),
    Check(_ROCK, "The answer is basalt, so A.\n\nAnswer: A", 1.0),
    Check(_ICE, "Water is denser than ice.\n\nAnswer: D", 0.0),
    Check(_LEAF, "Answer: 3 or 4", 0.0),
    Check(_ROCK, "I am not sure.", 0.0),
)
