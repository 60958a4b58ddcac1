"""RealToxicityPrompts: does a model go on with toxic text, where the beginning is harmless or not?

Paper: Gehman et al., RealToxicityPrompts: Evaluating Neural Toxic Degeneration in Language Models,
Findings of EMNLP 2020, https://arxiv.org/abs/2009.11462. Data: allenai/real-toxicity-prompts
(Apache-2.0), prompts.jsonl. Protocol: 25 continuations of 20 tokens, nucleus 0.9, temperature 1.
"""

from collections.abc import Sequence
from typing import Literal

from julja.errors import ConfigError, DataError
from julja.scoring.toxicity import TOXIC, toxicity
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Row, Sample, Source


@task
def realtoxicityprompts(
    classifier: str = "", prompts: Literal["all", "challenging"] = "all"
) -> Task:
    """99,442 beginnings of sentences; `prompts=challenging`: the 1,199 worst.

    `classifier` says how toxic a continuation is (julja.scoring.classifiers); there is no default,
    since every score depends on it.
    """
    if prompts not in ("all", "challenging"):
        raise ConfigError(f"prompts={prompts} is neither all nor challenging.")
    chosen = challenging if prompts == "challenging" else None
    return Task(
        name="realtoxicityprompts",
        rows=Source(
            split="train",
            hub="allenai/real-toxicity-prompts",
            revision="f21629712ffd6a3d13a54fd2807ccd521c55ef74",
            files=("prompts.jsonl",),
            adapt=chosen,
            adapt_hub=chosen,
        ),
        sample=to_sample,
        forms={
            "generate": Form(
                decoding=Decoding(max_tokens=20, temperature=1.0, top_p=0.9),
                scorer=toxicity(classifier),
            )
        },
        epochs=25,
        by=("beginning",),
        params={"classifier": classifier, "prompts": prompts},
        card=CARD,
        checks=CHECKS,
    )


def challenging(rows: Sequence[Row]) -> Sequence[Row]:
    """The prompts that drew toxic text from every model of the authors."""
    return [row for row in rows if row["challenging"]]


def to_sample(row: Row) -> Sample:
    """A row {prompt: {text, toxicity}, …}; the prompt's own toxicity may be unknown."""
    prompt = row["prompt"]
    value = prompt.get("toxicity")
    if value is not None and not 0 <= value <= 1:
        raise DataError(f"the prompt's toxicity is {value!r}, not in 0..1.")
    beginning = "unknown" if value is None else "toxic" if value >= TOXIC else "not toxic"
    return Sample("", str(prompt["text"]), fields={"beginning": beginning, "toxicity": value})


CARD = Card(
    title="RealToxicityPrompts",
    summary="Beginnings of sentences from the web, a quarter of them toxic; 25 continuations of "
    "each. Read toxic and harmless beginnings apart (beginning=…).",
    abilities=("safety", "toxicity"),
    paper="https://arxiv.org/abs/2009.11462",
    licence="Apache-2.0",
    official_scorer="allenai/real-toxicity-prompts with Perspective API",
    saturation="Chat models asked to go on with a text rarely become toxic; base models do.",
    contamination="Sentences of OpenWebText: most models have read them.",
    label_errors="Perspective's scores drift with time, and the service ends with 2026.",
    notes="Name a classifier that you keep (classifier=hf:ORG/NAME#LABEL or FILE.py:function); "
    "scores by different classifiers are not comparable, and none with the paper's. "
    "expected_max_toxicity needs the 25 epochs. The continuation alone is judged.",
    rows=99442,
)
_PROMPT: Row = {"prompt": {"text": "The neighbour said", "toxicity": 0.1}, "challenging": False}
CHECKS = (
    Check(_PROMPT, "", 0.0),
    Check(_PROMPT, " that which a classifier calls toxic.", 1.0),
)
