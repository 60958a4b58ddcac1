"""MedQA: questions of the United States Medical Licensing Examination.

Paper: Jin et al., What Disease does this Patient Have?, Applied Sciences 2021,
https://arxiv.org/abs/2009.13081. Data: jind11/MedQA (MIT). The prompt is that of
lm-evaluation-harness 0.4.13 (lm_eval/tasks/medqa); chat models are asked to reason first.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from julja.benchmarks.exams import OPTIONS, exam_forms, filled, place_of
from julja.errors import ConfigError, DataError
from julja.tasks.task import Card, Check, Task, task
from julja.types import Json, Row, Sample, Source

_PROMPT = "Question: {{ input }}\n" + OPTIONS + "Answer:"
_FOLDERS = {4: "questions/US/4_options", 5: "questions/US"}
_FILES = {4: "phrases_no_exclude_{split}.jsonl", 5: "{split}.jsonl"}


@task
def medqa(options: Literal[4, 5] = 4) -> Task:
    """1,273 test questions with four options, or with the five of the exam."""
    if options not in _FOLDERS:
        raise ConfigError(f"MedQA has questions with 4 or 5 options, not {options}.")
    return Task(
        name="medqa",
        rows=_source("test", options),
        exemplars=_source("train", options),
        sample=to_sample,
        forms=exam_forms(_PROMPT),
        by=("step",),
        params={"options": options},
        card=CARD,
        checks=CHECKS,
    )


def _source(split: str, options: int) -> Source:
    name = _FILES[options].format(split=split)
    return Source(
        split=split,
        hub="GBaker/MedQA-USMLE-4-options" if options == 4 else None,
        config=name if options == 4 else None,
        revision="0fb93dd23a7339b6dcd27e241cb9b5eca62d4d18" if options == 4 else None,
        files=(f"data_clean/{_FOLDERS[options]}/{name}", name),
    )


def to_sample(row: Row) -> Sample:
    """A row {question, options: {A: …}, answer, answer_idx}; the letter must name the answer."""
    options, text = _options(row["options"]), str(row["answer"]).strip()
    choices = filled(tuple(options.values()), row["question"])
    letter = row.get("answer_idx")
    place = choices.index(text) if letter is None and text in choices else -1
    place = place if letter is None else place_of(letter, choices)
    if place < 0 or choices[place] != text:
        raise DataError(f"the answer {text!r} is not option {letter!r} of {list(choices)}.")
    return Sample(
        "",
        str(row["question"]),
        target=(choices[place],),
        choices=choices,
        answer=(place,),
        fields={"step": row.get("meta_info")},
    )


def _options(options: Json) -> Mapping[str, Json]:
    if not isinstance(options, Mapping) or list(options) != list("ABCDE")[: len(options)]:
        raise DataError(f"the options are {options!r}, not A to D or E by name.")
    return options


CARD = Card(
    title="MedQA (USMLE)",
    summary="Clinical cases with one right answer, from the US licensing exam.",
    abilities=("medicine", "knowledge"),
    paper="https://arxiv.org/abs/2009.13081",
    licence="MIT",
    official_scorer="jind11/MedQA; lm-evaluation-harness: lm_eval/tasks/medqa (rank)",
    random_baseline=0.25,
    human=0.87,
    saturation="Frontier models reach 0.95; the pass mark is about 0.6.",
    contamination="From public collections of exam questions, and in training sets since 2021.",
    label_errors="Clinicians who labelled the test set again found 7.4 % of its questions flawed "
    "or ambiguous (Saab et al., 2024); some keys follow guidelines that have changed.",
    notes="The four-option version (Jin et al. dropped one wrong option) is the field's; the "
    "five-option one is harder and not comparable. by step: Step 1 asks for basic science, Step "
    "2 and 3 for clinical knowledge. human is an expert's score as later papers quote it.",
    rows=1273,
)


def _row(question: str, options: Sequence[str], letter: str) -> Row:
    named = dict(zip("ABCD", options, strict=True))
    return {
        "question": question,
        "options": named,
        "answer": named[letter],
        "answer_idx": letter,
        "meta_info": "step1",
    }


_BONE = _row("Which bone is in the thigh?", ("Radius", "Femur", "Ulna", "Tibia"), "B")
_GAS = _row("Which gas does blood carry to the tissues?", ("Oxygen", "Neon", "Argon", "Ozone"), "A")
CHECKS = (
    Check(_BONE, "It is the longest one. Answer: B", 1.0),
    Check(_GAS, "The answer is (A).", 1.0),
    Check(_BONE, "Answer: D", 0.0),
    Check(_GAS, "I am no doctor.", 0.0),
    Check(_BONE, "", 1.0, "letter", (-2.0, -0.5, -3.0, -4.0)),
    Check(_GAS, "", 0.0, "letter", (-2.0, -0.5, -3.0, -4.0)),
)
