"""Global-MMLU: MMLU in 42 languages, with what is specific to a culture marked.

Paper: Singh et al., Global MMLU: Understanding and Addressing Cultural and Linguistic Biases in
Multilingual Evaluation, ACL 2025, https://arxiv.org/abs/2412.03304. Data: CohereLabs/Global-MMLU
and Global-MMLU-Lite (Apache-2.0). The prompt is that of lm-evaluation-harness 0.4.13
(lm_eval/tasks/global_mmlu).
"""

from collections.abc import Sequence

from julja.benchmarks.exams import OPTIONS, exam_forms, filled, place_of
from julja.errors import DataError
from julja.tasks.task import Card, Check, Task, task
from julja.types import Row, Sample, Source

LANGUAGES = (
    *("am", "ar", "bn", "cs", "de", "el", "en", "es", "fa", "fil", "fr", "ha", "he", "hi"),
    *("id", "ig", "it", "ja", "ko", "ky", "lt", "mg", "ms", "ne", "nl", "ny", "pl", "pt"),
    *("ro", "ru", "si", "sn", "so", "sr", "sv", "sw", "te", "tr", "uk", "vi", "yo", "zh"),
)
LITE = ("ar", "bn", "de", "en", "es", "fr", "hi", "id", "it", "ja", "ko", "pt", "sw", "yo", "zh")
_LABELS = {"CS": "culturally sensitive", "CA": "culturally agnostic", "-": "not annotated"}


@task
def global_mmlu(lite: bool = False) -> Task:
    """14,042 questions in each of 42 languages; `lite`: 400 in each of 15."""
    return Task(
        name="global_mmlu",
        rows=_source("test", lite),
        exemplars=_source("dev", lite),
        pick="first",
        subsets=LITE if lite else LANGUAGES,
        sample=to_sample,
        forms=exam_forms("{{ input }}\n" + OPTIONS + "Answer:"),
        by=("culture", "category"),
        params={"lite": lite},
        card=CARD,
        checks=CHECKS,
    )


def _source(split: str, lite: bool) -> Source:
    return Source(
        split=split,
        hub=f"CohereLabs/Global-MMLU{'-Lite' if lite else ''}",
        revision=None if lite else "0e619dbeb34206cd48705a1a0ea7fb21cae09993",
        config="{subset}",
        files=(f"{{subset}}/{split}.jsonl", f"{{subset}}/{split}-*.parquet"),
    )


def to_sample(row: Row) -> Sample:
    """A row {sample_id, question, option_a-d, answer, subject_category, cultural…_label}."""
    label = str(row.get("cultural_sensitivity_label") or "-")
    if label not in _LABELS:
        raise DataError(f"the cultural label of {row['sample_id']} is {label!r}, not CS, CA or -.")
    choices = filled([row[f"option_{letter}"] for letter in "abcd"], row["sample_id"])
    place = place_of(row["answer"], choices)
    return Sample(
        str(row["sample_id"]),
        str(row["question"]).strip(),
        target=("ABCD"[place],),
        choices=choices,
        answer=(place,),
        fields={
            "subject": row.get("subject"),
            "category": row.get("subject_category"),
            "culture": _LABELS[label],
        },
    )


CARD = Card(
    title="Global-MMLU",
    summary="MMLU translated by people and machines; a part is marked as culturally sensitive "
    "(CS) or agnostic (CA).",
    abilities=("knowledge", "reasoning"),
    languages=LANGUAGES,
    paper="https://arxiv.org/abs/2412.03304",
    licence="Apache-2.0",
    official_scorer="lm-evaluation-harness: lm_eval/tasks/global_mmlu (rank)",
    random_baseline=0.25,
    saturation="Frontier models reach 0.85 in widely spoken languages, 0.6 to 0.75 in others.",
    contamination="As MMLU; translations public since December 2024.",
    label_errors="MMLU's wrong keys are translated with it.",
    notes="Report CS and CA apart (culture=…): 28 % of MMLU needs knowledge of a Western culture. "
    "lite=true is another, smaller set with human translations alone. rows is of one language.",
    rows=14042,
)


def _row(name: str, question: str, options: Sequence[str], letter: str, label: str) -> Row:
    return {
        "sample_id": name,
        "question": question,
        **dict(zip(("option_a", "option_b", "option_c", "option_d"), options, strict=True)),
        "answer": letter,
        "subject_category": "STEM",
        "cultural_sensitivity_label": label,
    }


_EIS = _row("a", "Bei wie viel Grad Celsius schmilzt Eis?", ("0", "10", "50", "100"), "A", "CA")
_UHR = _row("b", "Wie viele Minuten hat eine Stunde?", ("12", "24", "60", "100"), "C", "-")
CHECKS = (
    Check(_EIS, "", 1.0, "letter", (-0.5, -2.0, -3.0, -4.0)),
    Check(_UHR, "", 0.0, "letter", (-0.5, -2.0, -3.0, -4.0)),
    Check(_EIS, "Answer: A", 1.0),
    Check(_UHR, "Answer: B", 0.0),
)
