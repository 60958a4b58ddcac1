"""SQuAD 1.1 and 2.0: questions about a Wikipedia passage that holds the answer, or (2.0) does not.

Papers: Rajpurkar et al., 2016, https://arxiv.org/abs/1606.05250; Rajpurkar, Jia and Liang, 2018,
https://arxiv.org/abs/1806.03822. Data and official scorers: rajpurkar/SQuAD-explorer
(CC-BY-SA-4.0; evaluate-v1.1.py, evaluate-v2.0.py). The development sets are scored, as everywhere:
the test sets are not public. The wording of the prompts is julja's own; the papers have none.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace

from julja.benchmarks.reading.no_answer import BEST, threshold_values
from julja.benchmarks.reading.squad_files import flatten, match_responses, match_submission
from julja.errors import DataError
from julja.scoring import text
from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.scoring.extract import Found, first_line, stripped
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Score, Source

METRICS = (Metric("exact_match"), Metric("f1"))
METRICS_V2 = (*METRICS, *BEST)
NO_ANSWER = "unanswerable"
# Ways in which models word it, as they look once normalised.
_NO_ANSWERS = frozenset({NO_ANSWER, "not answerable", "no answer", "question is unanswerable"})
_LABEL = re.compile(r"(?:\*\*)?answer(?:\*\*)?:(?:\*\*)?\s*", re.IGNORECASE)
_PROMPT = "Passage: {{ passage }}\nQuestion: {{ input }}\nAnswer:"
_STOP = ("\nPassage:", "\nQuestion:")


@task
def squad() -> Task:
    """SQuAD 1.1: every question has an answer in its passage."""
    return Task(
        name="squad",
        # XQuAD's English file holds 1,190 of the 10,570 questions, with the same ids.
        rows=_source("validation", "squad", "dev-v1.1.json", "xquad.en.json"),
        exemplars=_source("train", "squad", "train-v1.1.json"),
        sample=to_sample,
        forms={
            "generate": Form(
                header="Answer each question with the shortest span of its passage that answers "
                "it, and with nothing else.\n\n",
                prompt=_PROMPT,
                decoding=Decoding(max_tokens=64, temperature=0.0, stop=_STOP),
                scorer=squad_answer(),
            ),
            "span": Form(prompt=_PROMPT, inputs=_inputs, scorer=squad_answer()),
        },
        card=CARD,
        responses=match_submission,
        checks=CHECKS,
    )


@task
def squad_v2() -> Task:
    """SQuAD 2.0: half of the questions have no answer in their passage."""
    return Task(
        name="squad_v2",
        mirror="squad",
        rows=_source("validation", "squad_v2", "dev-v2.0.json", "dev-v2.0*.json"),
        exemplars=_source("train", "squad_v2", "train-v2.0.json"),
        sample=to_sample_v2,
        forms={
            "generate": Form(
                header="Answer each question with the shortest span of its passage that answers "
                f'it, and with nothing else. If the passage does not hold the answer, write "'
                f'{NO_ANSWER}".\n\n',
                prompt=_PROMPT,
                answer=f" {{{{ target[0] or '{NO_ANSWER}' }}}}",
                decoding=Decoding(max_tokens=64, temperature=0.0, stop=_STOP),
                scorer=squad_v2_answer(),
            ),
            "span": Form(
                prompt=_PROMPT,
                inputs=lambda sample: {**_inputs(sample), "no_answer": True},
                scorer=squad_v2_answer(),
            ),
        },
        by=("answerable",),
        card=CARD_V2,
        responses=match_responses,
        checks=CHECKS_V2,
    )


def _inputs(sample: Sample) -> Mapping[str, Json]:
    return {"question": sample.input, "context": sample.fields["passage"]}


_HUB = {
    "squad": ("plain_text", "7b6d24c440a36b6815f21b70d25016731768db1f"),
    "squad_v2": ("squad_v2", "3ffb306f725f7d2ce8394bc1873b24868140c412"),
}


def _source(split: str, name: str, *files: str) -> Source:
    config, revision = _HUB[name]
    return Source(
        split=split,
        hub=f"rajpurkar/{name}",
        config=config,
        revision=revision,
        files=files,
        adapt=flatten,
    )


def to_sample(row: Row) -> Sample:
    """A flat row of SQuAD 1.1. The passage is the cluster: questions share it."""
    sample = _sample(row, tuple(dict.fromkeys(row["answers"]["text"])))
    if not sample.target:
        raise DataError(
            f"question {sample.id} has no answer: SQuAD 1.1 has none of this kind.",
            hint="Is this SQuAD 2.0's file? Its task is squad_v2.",
        )
    return sample


def to_sample_v2(row: Row) -> Sample:
    """A flat row of SQuAD 2.0: no answers means that the empty string is right."""
    answers = text.answerable_references(dict.fromkeys(row["answers"]["text"]))
    sample = _sample(row, answers)
    group = "HasAns" if row["answers"]["text"] else "NoAns"
    return replace(sample, fields={**sample.fields, "answerable": group})


def _sample(row: Row, target: tuple[str, ...]) -> Sample:
    passage = str(row["context"])
    mark = hashlib.blake2b(passage.encode(), digest_size=6).hexdigest()
    return Sample(
        id=str(row["id"]),
        input=str(row["question"]).strip(),
        target=target,
        cluster=f"{row.get('title', '')}/{mark}",
        fields={"passage": passage, "title": row.get("title", "")},
    )


@scorer(metrics=METRICS)
def squad_answer() -> ScoreFunction:
    """Exact match and F1 by evaluate-v1.1.py, the best over the references."""

    def score(sample: Sample, response: Response) -> Score:
        found = read_answer(response.text, sample)
        if found is None:
            return unparsed(METRICS, "The response is empty.")
        values = {
            "exact_match": text.best_exact_match(found.text, sample.target),
            "f1": text.best_token_f1(found.text, sample.target),
        }
        return Score(values, extracted=found.text, span=found.span)

    return score


@scorer(metrics=METRICS_V2)
def squad_v2_answer() -> ScoreFunction:
    """Exact match and F1 by evaluate-v2.0.py: an empty answer says that there is none.

    Where answers bring a score of doubt, best_exact and best_f1 are those of the best threshold.
    """

    def score(sample: Sample, response: Response) -> Score:
        found = read_answer(response.text, sample) or Found("", (0, len(response.text)))
        given = "" if text.normalise_answer(found.text) in _NO_ANSWERS else found.text
        values = {
            "exact_match": text.best_exact_match(given, sample.target),
            "f1": text.best_token_f1(given, sample.target, both_empty=1.0),
            **threshold_values(sample, response),
        }
        return Score(values, extracted=given, span=found.span)

    return score


def read_answer(response: str, sample: Sample) -> Found | None:
    """The answer in a response: all of it where it stands in the passage, else its first line.

    A leading "Answer:" is no part of it.
    """
    whole = stripped(response)
    if whole is None or whole.text in sample.fields["passage"]:
        return whole
    line = first_line(response) or whole
    label = _LABEL.match(line.text)
    if label is None:
        return line
    rest = stripped(response[line.span[0] + label.end() :])
    if rest is None:
        return None
    head = rest.text.split("\n", 1)[0].rstrip()
    start = line.span[0] + label.end() + rest.span[0]
    return Found(head, (start, start + len(head)))


CARD = Card(
    title="SQuAD 1.1",
    summary="Reading comprehension: the answer is a span of a Wikipedia passage. 10,570 questions "
    "of the development set, up to five references each.",
    abilities=("reading",),
    languages=("en",),
    paper="https://arxiv.org/abs/1606.05250",
    licence="CC-BY-SA-4.0",
    official_scorer="rajpurkar/SQuAD-explorer: evaluate-v1.1.py",
    random_baseline=0.0,
    human=0.823,
    saturation="Saturated: above the human exact match (0.8230, F1 0.9122) since 2018.",
    contamination="Public since 2016, Wikipedia passages: in every large training set.",
    label_errors="References are minimal spans of crowd workers: a right answer in other words or "
    "of another length loses exact match. Read F1 beside it.",
    notes="Questions of one passage share it: standard errors are clustered by passage. The file "
    "xquad.en.json (XQuAD's English part) is 1,190 of these questions with one reference each: "
    "its numbers are lower than those of the full set and not comparable with them. A question "
    "that a submission file {id: text} leaves out counts as wrong (unparsed), as officially. span "
    "is for encoders that mark the answer (hf-qa); generate is asked in julja's own words.",
    rows=10570,
)
CARD_V2 = replace(
    CARD,
    title="SQuAD 2.0",
    summary="Reading comprehension that must notice when a passage holds no answer. 11,873 "
    "questions of the development set, half of them unanswerable.",
    paper="https://arxiv.org/abs/1806.03822",
    official_scorer="rajpurkar/SQuAD-explorer: evaluate-v2.0.py",
    human=0.8683,
    saturation="Saturated: above the human exact match (0.8683, F1 0.8945) since 2019.",
    label_errors=f"{CARD.label_errors} PlatinumBench's audit of 2025 finds unclear and ill-posed "
    "questions.",
    rows=11873,
    notes="The empty answer means that there is none; a model is asked to write "
    f'"{NO_ANSWER}" for it, which the scorer reads as empty. HasAns and NoAns are broken down. '
    "best_exact and best_f1 take the threshold over no-answer scores that is best in hindsight, as "
    "the official script does with --na-prob-file: they appear where answers bring such a score "
    "(hf-qa models, rows with no_answer_probability). Standard errors are clustered by passage.",
)


def _row(name: str, question: str, *answers: str) -> Row:
    passage = (
        "The lighthouse of Orrin was built in 1871 by Edda Brann from grey granite. It stands on "
        "the North Reef, and its lamp was lit for the last time in the winter of 1958."
    )
    return {
        "id": name,
        "title": "Orrin",
        "context": passage,
        "question": question,
        "answers": {"text": list(answers)},
    }


_WHO = _row("who", "Who built the lighthouse?", "Edda Brann", "Brann")
_WHERE = _row("where", "Where does the lighthouse stand?", "on the North Reef", "the North Reef")
_COST = _row("cost", "What did the lighthouse cost?")
CHECKS = (
    Check(_WHO, " Edda Brann", 1.0),
    Check(_WHERE, "the North Reef.", 1.0),
    Check(_WHERE, "Answer: North Reef\n\nThe passage says so.", 1.0),
    Check(_WHO, "Edda Brann built it", 0.0),
    Check(_WHERE, "Orrin", 0.0),
    Check(_WHO, "", 0.0),
    Check(_WHO, "Edda Brann", 1.0, "span"),
    Check(_WHO, "grey granite", 0.0, "span"),
)
CHECKS_V2 = (
    Check(_WHO, "Brann", 1.0),
    Check(_COST, "Unanswerable.", 1.0),
    Check(_COST, "", 1.0),
    Check(_COST, "1871", 0.0),
    Check(_WHO, "unanswerable", 0.0),
    Check(_WHO, "", 0.0),
    Check(_COST, "", 1.0, "span"),
    Check(_COST, "1958", 0.0, "span"),
)
