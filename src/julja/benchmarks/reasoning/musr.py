"""MuSR: who did it, where do they look for it, who should do what, told in a thousand words.

Paper: Sprague et al., MuSR: Testing the Limits of Chain-of-thought with Multistep Soft Reasoning,
ICLR 2024, https://arxiv.org/abs/2310.16049. Data: Zayne-sprague/MuSR (MIT). The generate form has
the authors' prompts (eval/eval.py there). The rank form is that of the Open LLM Leaderboard v2
(lm-evaluation-harness 0.4.13, lm_eval/tasks/leaderboard/musr): no exemplars, and the whole text of
each option as a continuation.
"""

import ast
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from julja.benchmarks.knowledge.common import LETTER_ANSWER, reasoned
from julja.benchmarks.reasoning.musr_reasoned import STYLES, authors_form
from julja.errors import DataError, TaskError, did_you_mean
from julja.scoring.choice import letters, ranked
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Json, Row, Sample, Source

# The number of options that the leaderboard rescales with; object_placements has up to five.
OPTIONS: Mapping[str, int] = {"murder_mysteries": 2, "object_placements": 5, "team_allocation": 3}
FULL = Source(
    split="{subset}",
    hub="TAUR-Lab/MuSR",
    config="default",
    revision="7c365b439a222150f317764d4f16ae6c96d7d94a",
    files=("{subset}.csv", "{subset}.json", "datasets/{subset}.json"),
)
# Five stories of each domain that the repository has for its viewer, under a name of one.
VIEWER = Source(split="viewer", files=("viewer/small_datasets/small_{subset}.json",))
_SINGULAR = {"murder_mystery": "murder_mysteries"}
_PROMPT = (
    "{{ input }}\n\n{% for choice in choices %}{{ loop.index }} - {{ choice }}\n{% endfor %}"
    "\nAnswer:"
)
_LETTERED = (
    "{{ input }}\n\n{% for choice in choices %}{{ letters[loop.index0] }}. {{ choice }}\n"
    "{% endfor %}\nAnswer:"
)


@task
def musr(prompt: str = "cot+", guess: bool = False, part: str = "full") -> Task:
    """The three domains: 250 murders, 256 searches, 250 teams.

    `prompt` is the authors' style of asking (cot+, cot, regular), or letters (simple-evals' way);
    `guess` gives an answer that names no choice 1 / options, as the authors' random draw does.
    `part=viewer` asks about the 15 stories that the authors' repository has for its viewer.
    """
    if part not in ("full", "viewer"):
        raise TaskError(f"musr has no part {part!r}.", hint="It is full or viewer.")
    if prompt not in (*STYLES, "letters"):
        known = (*STYLES, "letters")
        hint = did_you_mean(prompt, known) or f"It is one of {', '.join(known)}."
        raise TaskError(f"musr has no prompt {prompt!r}.", hint=hint)
    return Task(
        name="musr",
        version=2,
        rows=replace(FULL if part == "full" else VIEWER, adapt=flat),
        subsets=tuple(OPTIONS) if part == "full" else tuple(map(_viewed, OPTIONS)),
        sample=to_sample,
        forms={
            "rank": Form(
                prompt=_PROMPT, answer=" {{ choices[answer[0]] }}", scorer=ranked("acc_norm")
            ),
            "letter": Form(prompt=_LETTERED, answer=LETTER_ANSWER, scorer=letters()),
            "generate": reasoned() if prompt == "letters" else authors_form(prompt, guess),
        },
        card=CARD,
        checks=CHECKS,
    )


def _viewed(domain: str) -> str:
    return next((name for name, whole in _SINGULAR.items() if whole == domain), domain)


def flat(content: Json) -> Sequence[Row]:
    """The hub's rows of an upstream file, a list of {context, questions}."""
    return [
        {
            "narrative": story["context"],
            "question": asked["question"],
            "choices": asked["choices"],
            "answer_index": asked["answer"],
        }
        if "context" in story
        else story
        for story in content
        for asked in story.get("questions", (story,))
    ]


def to_sample(row: Row) -> Sample:
    """A row {narrative, question, choices, answer_index}; the choices may be a list as text."""
    choices = _choices(row["choices"])
    index = int(row["answer_index"])
    named = row.get("answer_choice", choices[index] if 0 <= index < len(choices) else None)
    if named not in choices or choices.index(named) != index:
        raise DataError(
            f"the answer {named!r} is not number {index} (from 0) of {', '.join(choices)}."
        )
    narrative = str(row["narrative"])
    return Sample(
        "",
        f"{narrative}\n\n{row['question']}",
        target=(choices[index],),
        choices=choices,
        answer=(index,),
        # Four questions are asked of each story of object_placements.
        cluster=hashlib.blake2b(narrative.encode(), digest_size=8).hexdigest(),
        fields={
            "options": len(choices),
            "question": str(row["question"]),
            "domain": _SINGULAR.get(str(row.get("subset")), str(row.get("subset", ""))),
        },
    )


def _choices(given: Json) -> tuple[str, ...]:
    try:
        listed = ast.literal_eval(given) if isinstance(given, str) else given
    except (ValueError, SyntaxError) as error:
        raise DataError(f"the choices {given!r} are no list.") from error
    if not isinstance(listed, list | tuple) or len(listed) < 2:
        raise DataError(f"the choices {given!r} are no list of two or more.")
    return tuple(map(str, listed))


CARD = Card(
    title="MuSR",
    summary="Stories of about a thousand words, made from a tree of facts: murder mysteries, who "
    "believes an object to be where, and the best allocation of people. 756 questions.",
    abilities=("reasoning", "reading"),
    paper="https://arxiv.org/abs/2310.16049",
    licence="MIT (the repository); CC-BY-4.0 (the hub's data set)",
    official_scorer="Zayne-sprague/MuSR: eval/eval.py; lm-evaluation-harness: leaderboard/musr "
    "(rank)",
    random_baseline=0.36,
    human=0.9636,
    saturation="Not saturated when ranked (0.4 to 0.6 for all sizes); with reasoning, frontier "
    "models reach 0.7 to 0.85.",
    contamination="Public since October 2023; the stories can be generated anew with the authors' "
    "code.",
    label_errors="The stories are written by GPT-4 from the facts, and lose some of them.",
    notes="The rank form reads the options by their number but ranks their whole text, divided by "
    "its length. Questions about one story share a cluster. human is the majority of people, by "
    "domain 0.941, 0.950 and 1.0. The Open LLM Leaderboard v2 rescales "
    "each domain by 1/2, 1/5 and 1/3 (suite open-llm-v2), though most items of object_placements "
    "have four options. generate asks as the paper does, by default with chain of thought and a "
    "hint for each domain (prompt=cot+; cot and regular leave them out), at temperature 1: GPT-4 "
    "had 0.804, 0.609 and 0.684. As there, the right number anywhere behind the last ANSWER: "
    "counts, even beside others; an answer without a number is wrong here, and with guess=true "
    "worth 1/options, as the authors' random draw is on average. Their 1-shot and "
    "self-consistency variants are not offered. part=viewer is 30 questions, for a look.",
    rows=756,
)


def _row(domain: str, story: str, question: str, choices: Sequence[str], answer: int) -> Row:
    return {
        "subset": domain,
        "narrative": story,
        "question": question,
        "choices": repr(list(choices)),
        "answer_index": answer,
        "answer_choice": choices[answer],
    }


_CELLAR = _row(
    "murder_mysteries",
    "The wine was poisoned in the cellar at noon. Ruth was at the dentist's until one; the "
    "receptionist remembers her. Otto fetched the bottle at ten past twelve.",
    "Who is the most likely murderer?",
    ("Ruth", "Otto"),
    1,
)
_KEYS = _row(
    "object_placements",
    "Ben put the keys into the drawer and left. While he was out, Lea hung them on the hook.",
    "Which location is the most likely place Ben would look to find the keys?",
    ("hook", "drawer", "kitchen table"),
    1,
)
CHECKS = (
    Check(_CELLAR, "", 1.0, "rank", (-3.0, -2.0)),
    Check(_KEYS, "", 1.0, "rank", (-4.5, -5.0, -16.0)),  # per character "drawer" wins
    Check(_CELLAR, "", 0.0, "rank", (-1.0, -2.0)),
    Check(_KEYS, "", 0.0, "rank", (-9.0, -5.0, -6.0)),  # per character the long option wins
    Check(_KEYS, "", 1.0, "letter", (-4.5, -0.3, -6.0)),
    Check(_CELLAR, "", 0.0, "letter", (-0.5, -2.0)),
    Check(_CELLAR, "Ruth has an alibi.\n\nANSWER: 2", 1.0),
    Check(_KEYS, "He does not know of the hook.\n\n**ANSWER: 2 - drawer**", 1.0),
    Check(_CELLAR, "ANSWER: 1", 0.0),
    Check(_KEYS, "The hook or the table.", 0.0),
)
