"""GSM8K cleaned and varied: Platinum (wrong labels removed) and Symbolic (new names and numbers).

Papers: Vendrow et al., Do Large Language Model Benchmarks Test Reliability?, 2025,
https://arxiv.org/abs/2502.03461 (data: madrylab/gsm8k-platinum); Mirzadeh et al., GSM-Symbolic,
2024, https://arxiv.org/abs/2410.05229 (data and templates: apple/ml-gsm-symbolic). Prompts and
readings are GSM8K's; the authors of GSM-Symbolic use the eight exemplars of Wei et al.
"""

from dataclasses import replace

from julja.benchmarks.mathematics import gsm8k as original
from julja.errors import DataError
from julja.tasks.task import Card, Task, task
from julja.types import Row, Sample, Source

PARTS = ("main", "p1", "p2")


@task
def gsm8k_platinum(prompt: str = "train", k: int = 1) -> Task:
    """The 1,209 problems of GSM8K's test set whose labels were checked by hand."""
    base = original.gsm8k(prompt, k)
    rows = Source(
        split="test",
        hub="madrylab/gsm8k-platinum",
        revision="e762492455a1cf7967de89f05b6bef72fc713b66",
        config="main",
        files=("test.jsonl", "gsm8k_platinum_test.jsonl"),
    )
    return replace(base, name="gsm8k_platinum", rows=rows, card=CARD_PLATINUM)


@task
def gsm_symbolic(k: int = 1) -> Task:
    """GSM8K's templates with other names and numbers: as they were, one and two clauses longer."""
    base = original.gsm8k("cot", k)
    rows = Source(
        split="test",
        hub="apple/GSM-Symbolic",
        revision="93b5b3758d9d9841ffe81d6cd2ae2b030685b078",
        config="{subset}",
        files=("GSM_{subset}.jsonl", "generated_data/GSM_{subset}.jsonl", "{subset}/test.jsonl"),
    )
    return replace(
        base,
        name="gsm_symbolic",
        rows=rows,
        sample=to_instance,
        subsets=PARTS,
        params={"k": k},
        card=CARD_SYMBOLIC,
        checks=tuple(replace(check, row=_instance(check.row)) for check in original.CHECKS),
    )


def to_instance(row: Row) -> Sample:
    """A row {id, instance, question, answer}: instance 0 to 49 of template `id`."""
    if not 0 <= int(row["instance"]) < 50:
        raise DataError(f"template {row['id']} has the instances 0 to 49, not {row['instance']}.")
    name = f"{row['id']}-{row['instance']}"
    return replace(original.to_sample(row), id=name, cluster=str(row["id"]))


def _instance(row: Row) -> Row:
    return {"id": 1, "instance": 0, **row}


CARD_PLATINUM = replace(
    original.CARD,
    title="GSM8K-Platinum",
    summary="GSM8K's test set without ambiguous and mislabelled problems: 1,209 of 1,319, checked "
    "by hand where strong models disagreed with the label.",
    paper="https://arxiv.org/abs/2502.03461",
    licence="MIT",
    saturation="Near its ceiling; what strong models still get wrong here are real errors.",
    label_errors="None known after the audit.",
    notes=original.CARD.notes + " The exemplars are GSM8K's training problems, in lm-eval the "
    "test set's own.",
    rows=1209,
)
CARD_SYMBOLIC = Card(
    title="GSM-Symbolic",
    summary="100 templates of GSM8K problems with 50 instances each (names and numbers drawn "
    "anew), and with one (P1) or two (P2) more clauses. 5,000, 5,000 and 2,500 problems.",
    abilities=("mathematics", "reasoning"),
    paper="https://arxiv.org/abs/2410.05229",
    licence="CC-BY-NC-ND-4.0 (data), Apple sample code (templates)",
    official_scorer="the paper's section 3.2: 8-shot chain of thought, greedy, last number",
    random_baseline=0.0,
    saturation="main: over 0.95 by strong models; P2 leaves more room.",
    contamination="The templates are GSM8K's problems of 2021; the instances are public since "
    "2024.",
    label_errors="At least one template (0062) computes a wrong answer.",
    notes="Instances of one template are not independent: intervals are clustered by template. The "
    "paper's point is the drop from GSM8K to main, P1 and P2, and the spread over the 50 sets.",
    rows=12500,
)
