"""LegalBench: legal reasoning written by lawyers; the five tasks of HELM Lite.

Paper: Guha et al., LegalBench: A Collaboratively Built Benchmark for Measuring Legal Reasoning in
Large Language Models, NeurIPS 2023, https://arxiv.org/abs/2308.11462. Data: nguha/legalbench; the
prompts are HazyResearch/legalbench' helm_prompt_settings.jsonl, laid out and scored as HELM does
(scenarios/legalbench_scenario.py, five shots, quasi_exact_match).
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from julja.errors import DataError
from julja.scoring.helm import helm_answer
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Row, Sample, Source

SUBSETS = (
    "abercrombie",
    "corporate_lobbying",
    "international_citizenship_questions",
    "function_of_decision_section",
    "proa",
)


@task
def legalbench() -> Task:
    """The test rows of five tasks; exemplars are their few training rows."""
    return Task(
        name="legalbench",
        rows=_source("test"),
        exemplars=_source("train"),
        subsets=SUBSETS,
        sample=to_sample,
        forms={
            "generate": Form(
                header="{{ instructions }}\n\n",
                prompt="{{ input }}\n{{ noun }}:",
                answer=" {{ target[0] }}",
                separator="\n\n",
                shots=5,
                pick="first",
                decoding=Decoding(max_tokens=30, stop=("\n",)),
                scorer=helm_answer("quasi_exact_match"),
            )
        },
        card=CARD,
        checks=CHECKS,
    )


def _source(split: str) -> Source:
    return Source(
        split=split,
        hub="nguha/legalbench",
        revision="daec8237410aa23e3faf4bc41ad8b3a7e1696826",
        config="{subset}",
        files=(f"{{subset}}/{split}.tsv", f"tasks/{{subset}}/{split}.tsv"),
    )


@cache
def settings() -> dict[str, dict[str, Any]]:
    """Instructions, fields and the answer's name, by task."""
    text = files("julja.benchmarks.knowledge").joinpath("legalbench.toml").read_text("utf-8")
    return tomllib.loads(text)


def to_sample(row: Row) -> Sample:
    """A row of one task; its `subset` says which."""
    known = settings().get(str(row["subset"]))
    if known is None:
        raise DataError(f"{row['subset']} is none of {', '.join(SUBSETS)}.")
    answer = str(row["answer"]).strip()
    if not answer:
        raise DataError(f"a row of {row['subset']} has no answer.")
    text = "\n".join(f"{name}: {row[key]}" for name, key in known["fields"])
    fields = {"instructions": known["instructions"], "noun": known["noun"]}
    return Sample("", text, target=(answer,), fields=fields)


CARD = Card(
    title="LegalBench (HELM Lite's five tasks)",
    summary="Kinds of trademarks, bills that matter to a company, citizenship law, parts of a "
    "court's decision, private rights of action.",
    abilities=("knowledge", "reasoning"),
    paper="https://arxiv.org/abs/2308.11462",
    licence="mixed: CC-BY-4.0, MIT and others by task (LegalBench's table)",
    official_scorer="HELM: quasi_exact_match; LegalBench: evaluation.py (balanced accuracy)",
    saturation="The best models of HELM Lite have 0.7 to 0.75 over the five tasks.",
    contamination="Public since 2023 with answers; laws and decisions are older.",
    label_errors="Written and checked by lawyers; single labels of paragraphs with two functions.",
    notes="The mean of the five tasks (quasi_exact_match_macro) is HELM's. HELM draws its five "
    "exemplars by a seeded shuffle; here they are the first training rows. LegalBench's other 157 "
    "tasks and its balanced accuracy are not there.",
)
_MARK: Row = {"subset": "abercrombie", "text": 'The mark "Apple" for apples.', "answer": "generic"}
_CLAUSE: Row = {"subset": "proa", "text": "Anyone harmed may sue.", "answer": "Yes"}
CHECKS = (
    Check(_MARK, " Generic.", 1),
    Check(_CLAUSE, " Yes", 1),
    Check(_MARK, " fanciful", 0),
    Check(_CLAUSE, " No", 0),
)
