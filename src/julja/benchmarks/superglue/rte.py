"""RTE: does a text entail a statement?

Papers: the challenges RTE-1 to 3 and 5 (Dagan et al. 2006, Bar-Haim et al. 2006, Giampiccolo et al.
2007, Bentivogli et al. 2009), joined in SuperGLUE (Wang et al. 2019,
https://arxiv.org/abs/1905.00537). The rank prompt is that of lm-evaluation-harness
(lm_eval/tasks/super_glue/rte/default.yaml).
"""

from julja.benchmarks.superglue import common
from julja.tasks.task import Card, Check, Task, task
from julja.types import Row, Sample

CHOICES = ("True", "False")
LABELS = ("entailment", "not_entailment")


@task
def rte(split: common.Split = "validation") -> Task:
    """The 277 pairs of the development set, two labels."""
    return Task(
        name="rte",
        mirror="superglue",
        rows=common.source("RTE", "rte", split),
        exemplars=common.source("RTE", "rte", "train"),
        sample=common.for_split(split, to_sample),
        forms=common.forms(names=LABELS),
        params={"split": split},
        responses=common.responses(LABELS),
        submission=common.submission("RTE.jsonl", LABELS),
        card=CARD,
        checks=CHECKS,
    )


def to_sample(row: Row) -> Sample:
    """A row {premise, hypothesis, label, idx}; the label is a name or the hub's number."""
    question = f"{row['premise']}\nQuestion: {row['hypothesis']} True or False?"
    texts = [str(row["premise"]), str(row["hypothesis"])]
    return common.labelled(row, question, CHOICES, LABELS, texts=texts)


CARD = Card(
    title="RTE (SuperGLUE)",
    summary="Does a sentence of news or of an encyclopaedia entail a statement? 277 development "
    "pairs.",
    abilities=("reasoning", "reading"),
    paper=common.PAPER,
    licence="CC-BY-3.0",
    official_scorer=common.OFFICIAL,
    random_baseline=0.5,
    human=0.936,
    saturation=common.SATURATION,
    contamination=common.CONTAMINATION,
    label_errors="None counted; the statements of RTE-1 are the most disputed.",
    notes=common.NOTES + " Always answering True scores 0.527. The same pairs are in GLUE "
    "(task glue_rte).",
    rows=277,
)


def _row(number: int, premise: str, hypothesis: str, label: str) -> Row:
    return {"idx": number, "premise": premise, "hypothesis": hypothesis, "label": label}


_BRIDGE = _row(
    1,
    "The bridge over the Lenne, built in 1912, was closed to lorries last spring.",
    "The bridge over the Lenne is older than a hundred years.",
    LABELS[0],
)
_MAYOR = _row(
    2,
    "The mayor's deputy opened the new library on Friday.",
    "The mayor opened the library.",
    LABELS[1],
)
CHECKS = (
    Check(_BRIDGE, "", 1.0, "rank", (-0.5, -2.0)),
    Check(_MAYOR, "", 1.0, "rank", (-2.5, -2.0)),
    Check(_MAYOR, "", 1.0, "letter", (-1.5, -0.2)),
    Check(_BRIDGE, "", 0.0, "rank", (-2.5, -2.0)),
    Check(_MAYOR, "", 0.0, "rank", (-0.5, -2.0)),
    Check(_BRIDGE, "", 0.0, "letter", (-1.5, -0.2)),
    Check(_BRIDGE, "", 1.0, "classify", (-0.1, -3.0)),
    Check(_MAYOR, "", 1.0, "classify", (-1.9, -0.2)),
    Check(_BRIDGE, "", 0.0, "classify", (-3.0, -0.1)),
    Check(_MAYOR, "", 0.0, "classify", (-0.2, -1.9)),
    Check(_BRIDGE, "1912 is more than a hundred years ago.\n\nAnswer: A", 1.0),
    Check(_MAYOR, "It was the deputy.\n\nAnswer: B", 1.0),
    Check(_MAYOR, "**Answer: B**", 1.0),
    Check(_BRIDGE, "Answer: B", 0.0),
    Check(_MAYOR, "Answer: A", 0.0),
    Check(_MAYOR, "That depends.", 0.0),
)
