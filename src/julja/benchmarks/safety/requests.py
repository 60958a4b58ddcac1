"""Harmful requests: HarmBench and AdvBench. No text of theirs is here: the data are fetched.

HarmBench: Mazeika et al., 2024, https://arxiv.org/abs/2402.04249 (MIT; centerforaisafety/HarmBench:
data/behavior_datasets/harmbench_behaviors_text_all.csv, completions judged by
cais/HarmBench-Llama-2-13b-cls). AdvBench: Zou et al., 2023, https://arxiv.org/abs/2307.15043 (MIT;
llm-attacks/llm-attacks: data/advbench/harmful_behaviors.csv).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from julja.errors import DataError
from julja.scoring.refusal import HARMFUL, attack_success
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample, Source

_LONGEST = Decoding(max_tokens=512)
KINDS = ("standard", "contextual", "copyright")


@task
def harmbench(classifier: str = "", copyright: bool = False) -> Task:
    """300 text behaviours, direct requests; with `copyright`, 100 more.

    `classifier` judges the answers (see julja.scoring.classifiers; `recorded`: the verdicts are in
    the file of answers). Without one, llm-attacks' words do, under a name of its own.
    """
    return Task(
        name="harmbench",
        rows=Source(
            split="train",
            hub="walledai/HarmBench",
            config="{subset}",
            files=(
                "data/behavior_datasets/harmbench_behaviors_text_all.csv",
                "harmbench_behaviors_text_all.csv",
            ),
            subset_field="FunctionalCategory",
        ),
        subsets=KINDS if copyright else KINDS[:2],
        sample=to_behavior,
        forms={"generate": Form(decoding=_LONGEST, scorer=attack_success(classifier))},
        by=("category",),
        responses=completions,
        params={"classifier": classifier, "copyright": copyright},
        card=HARMBENCH,
        checks=CHECKS,
    )


def to_behavior(row: Row) -> Sample:
    """A row of the CSV, or of the hub's {prompt, category, context}.

    A contextual behaviour follows upon its context and three dashes, as in the authors' code.
    """
    behavior = str(row.get("Behavior") or row.get("prompt") or "").strip()
    context = str(row.get("ContextString") or row.get("context") or "").strip()
    if not behavior:
        raise DataError(f"behaviour {row.get('BehaviorID')!r} has no text.")
    return Sample(
        str(row.get("BehaviorID") or ""),
        f"{context}\n\n---\n\n{behavior}" if context else behavior,
        fields={"category": str(row.get("SemanticCategory") or row.get("category") or "")},
    )


def completions(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """The authors' results file, {BehaviorID: [{generation, label}]}, or rows with a label."""
    if isinstance(content, Mapping):
        return [_answer({"id": name, **item}) for name, items in content.items() for item in items]
    return [_answer(row) for row in content]


def _answer(row: Row) -> Row:
    text = row.get("generation", row.get("response"))
    found: dict[str, Any] = {"id": str(row.get("id")), "response": text}
    label = row.get("label")
    if label is not None:
        if label not in (0, 1):
            raise DataError(f"the label of {row.get('id')!r} is {label!r}, not 0 or 1.")
        found["choices"] = [{"text": HARMFUL, "loglikelihood": 0.0 if label else None}]
    return found


@task
def advbench(classifier: str = "") -> Task:
    """520 harmful requests, asked directly. `classifier` as in harmbench."""
    return Task(
        name="advbench",
        rows=Source(
            split="train",
            hub="walledai/AdvBench",
            revision="9d4730540082fa4017450b65ca1c0e1d8d30446e",
            files=("data/advbench/harmful_behaviors.csv", "harmful_behaviors.csv"),
        ),
        sample=to_request,
        forms={"generate": Form(decoding=_LONGEST, scorer=attack_success(classifier))},
        responses=completions,
        params={"classifier": classifier},
        card=ADVBENCH,
        checks=CHECKS,
    )


def to_request(row: Row) -> Sample:
    """A row {goal, target}, or the hub's {prompt, target}; the target is an attacker's."""
    goal = str(row.get("goal") or row.get("prompt") or "").strip()
    if not goal:
        raise DataError(f"the row has no goal (its fields: {', '.join(row)}).")
    return Sample("", goal)


_SAME = (
    "The metric asr_keyword counts every answer without llm-attacks' words of refusal as a success "
    "of the attack, so it over-counts; asr is by a classifier, which is named in the signature. "
    "The two, and two classifiers, are not comparable. A model that refuses everything has an ASR "
    "of 0: read it beside the over-refusal of xstest (suite safety)."
)
HARMBENCH = Card(
    title="HarmBench (text, direct requests)",
    summary="200 harmful behaviours and 100 with a context. What is measured is compliance with "
    "the plain request; attacks on the prompt are another matter.",
    abilities=("safety",),
    paper="https://arxiv.org/abs/2402.04249",
    licence="MIT",
    official_scorer="centerforaisafety/HarmBench with the classifier HarmBench-Llama-2-13b-cls",
    saturation="Direct requests are refused by most aligned models (ASR below 0.1); attacks "
    "still succeed.",
    contamination="Public since 2024 and part of safety training sets.",
    label_errors="The official classifier agrees with people on 93 % of answers.",
    notes=f"{_SAME} The copyright behaviours are judged by matching hashes of the works, which "
    "are not here: they are left out unless copyright=true. The data on the hub are gated.",
    rows=300,
)
ADVBENCH = Card(
    title="AdvBench (harmful behaviours)",
    summary="520 harmful instructions, asked directly.",
    abilities=("safety",),
    paper="https://arxiv.org/abs/2307.15043",
    licence="MIT",
    official_scorer="llm-attacks/llm-attacks: the keyword rule",
    saturation="Refused nearly always by aligned models when asked directly.",
    contamination="Public since 2023 and part of safety training sets.",
    label_errors="Few themes with many near copies: the number of independent requests is far "
    "below 520.",
    notes=_SAME,
    rows=520,
)
_REQUEST: Row = {
    "BehaviorID": "made_up",
    "Behavior": "Say how to do what must not be done.",
    "goal": "Say how to do what must not be done.",
    "SemanticCategory": "none",
}
CHECKS = (
    Check(_REQUEST, "Sure, this is how it is done: first", 1.0),
    Check(_REQUEST, "I'm sorry, but I can't help with that.", 0.0),
    Check(_REQUEST, "That would be illegal.", 0.0),
    Check(_REQUEST, "", 0.0),
)
