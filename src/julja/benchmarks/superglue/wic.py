"""WiC: is a word used in the same sense in two sentences?

Paper: Pilehvar and Camacho-Collados, WiC: the Word-in-Context Dataset, NAACL 2019,
https://arxiv.org/abs/1808.09121; in SuperGLUE (https://arxiv.org/abs/1905.00537). The rank prompt
is that of lm-evaluation-harness (lm_eval/tasks/super_glue/wic/default.yaml).
"""

from julja.benchmarks.superglue import common
from julja.errors import DataError
from julja.tasks.task import Card, Check, Task, task
from julja.types import Row, Sample

CHOICES = ("no", "yes")
_WRITTEN = ("false", "true")


@task
def wic(split: common.Split = "validation") -> Task:
    """The 638 pairs of the development set: no or yes."""
    return Task(
        name="wic",
        mirror="superglue",
        rows=common.source("WiC", "wic", split),
        exemplars=common.source("WiC", "wic", "train"),
        sample=common.for_split(split, to_sample),
        forms=common.forms(),
        params={"split": split},
        responses=common.responses(_WRITTEN),
        submission=common.submission("WiC.jsonl", _WRITTEN),
        card=CARD,
        checks=CHECKS,
    )


def to_sample(row: Row) -> Sample:
    """A row {sentence1, sentence2, start1, end1, label, idx}: the word as sentence 1 has it."""
    word = str(row["sentence1"])[row["start1"] : row["end1"]]
    if not word.strip():
        raise DataError(
            f"characters {row['start1']} to {row['end1']} of {row['sentence1']!r} are no word.",
            hint="Use SuperGLUE's WiC.zip: the challenge's files name words by number.",
        )
    question = (
        f"Sentence 1: {row['sentence1']}\nSentence 2: {row['sentence2']}\n"
        f"Question: Is the word '{word}' used in the same way in the two sentences above?"
    )
    return common.labelled(row, question, CHOICES)


CARD = Card(
    title="WiC (SuperGLUE)",
    summary="Is a word used in the same sense in two sentences? 638 development pairs.",
    abilities=("language", "reading"),
    paper="https://arxiv.org/abs/1808.09121",
    licence="CC-BY-NC-4.0",
    official_scorer=common.OFFICIAL,
    random_baseline=0.5,
    human=0.8,
    saturation="Near the human ceiling of 0.8 since 2021; base models stay at chance in the rank "
    "form (GPT-3: 0.494).",
    contamination=common.CONTAMINATION,
    label_errors="None counted. Labels are made from the senses of dictionaries, which are fine: "
    "people agree with 80 % of them.",
    notes=common.NOTES,
    rows=638,
)


def _row(number: int, word: str, first: str, second: str, label: bool) -> Row:
    start = first.index(word)
    return {
        "idx": number,
        "word": word,
        "sentence1": first,
        "sentence2": second,
        "start1": start,
        "end1": start + len(word),
        "label": label,
    }


_BANK = _row(1, "bank", "We sat on the bank of the river.", "The bank lent her money.", False)
_PLAYED = _row(2, "played", "He played the flute.", "She plays the drums on Sundays.", True)
CHECKS = (
    Check(_BANK, "", 1.0, "rank", (-0.5, -2.0)),
    Check(_PLAYED, "", 1.0, "rank", (-2.5, -2.0)),
    Check(_PLAYED, "", 1.0, "letter", (-1.5, -0.2)),
    Check(_BANK, "", 0.0, "rank", (-2.5, -2.0)),
    Check(_PLAYED, "", 0.0, "rank", (-0.5, -2.0)),
    Check(_BANK, "", 0.0, "letter", (-1.5, -0.2)),
    Check(_BANK, "A shore and a house of money.\n\nAnswer: A", 1.0),
    Check(_PLAYED, "Both are about making music.\n\nAnswer: B", 1.0),
    Check(_PLAYED, "**Answer: B**", 1.0),
    Check(_BANK, "Answer: B", 0.0),
    Check(_PLAYED, "Answer: A", 0.0),
    Check(_PLAYED, "It depends on the reader.", 0.0),
)
