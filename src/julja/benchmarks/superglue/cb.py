"""CB (CommitmentBank): does the speaker hold the embedded clause to be true?

Paper: de Marneffe, Simons and Tonhauser, The CommitmentBank, Sinn und Bedeutung 23, 2019; in
SuperGLUE (Wang et al. 2019, https://arxiv.org/abs/1905.00537), scored by accuracy and macro F1. The
rank prompt is that of lm-evaluation-harness (lm_eval/tasks/super_glue/cb/default.yaml).
"""

from julja.benchmarks.superglue import common
from julja.scoring.classes import class_metrics
from julja.tasks.task import Card, Check, Task, task
from julja.types import Row, Sample, Scorer

CHOICES = ("True", "False", "Neither")
LABELS = ("entailment", "contradiction", "neutral")


@task
def cb(split: common.Split = "validation") -> Task:
    """The 56 items of the development set, three labels."""
    return Task(
        name="cb",
        mirror="superglue",
        rows=common.source("CB", "cb", split),
        exemplars=common.source("CB", "cb", "train"),
        sample=common.for_split(split, to_sample),
        forms=common.forms(with_macro_f1, LABELS),
        params={"split": split},
        responses=common.responses(LABELS),
        submission=common.submission("CB.jsonl", LABELS),
        card=CARD,
        checks=CHECKS,
    )


def to_sample(row: Row) -> Sample:
    """A row {premise, hypothesis, label, idx}; the label is a name or the hub's number."""
    question = f"{row['premise']}\nQuestion: {row['hypothesis']}. True, False, or Neither?"
    texts = [str(row["premise"]), str(row["hypothesis"])]
    return common.labelled(row, question, CHOICES, LABELS, texts=texts)


def with_macro_f1(inner: Scorer) -> Scorer:
    """Accuracy, and F1 averaged over the three classes: one that never occurs counts 0."""
    return class_metrics(inner, {"acc": "acc", "f1": "f1_macro"}, labels=LABELS)


CARD = Card(
    title="CB (SuperGLUE)",
    summary="Does a short text entail, contradict or leave open a clause that is embedded in it? "
    "56 development items.",
    abilities=("reasoning", "reading"),
    paper=common.PAPER,
    licence="CC-BY-SA-4.0",
    official_scorer=common.OFFICIAL,
    random_baseline=1 / 3,
    human=0.989,
    saturation=common.SATURATION,
    contamination=common.CONTAMINATION,
    label_errors="Labels are averages of ratings; only items with an agreement above 80 % were "
    "kept.",
    notes=common.NOTES + " Only 56 items: the interval is wide, always answering False scores 0.5. "
    "f1 is the mean of the three classes' F1 (people: 0.958); SuperGLUE averages it with the "
    "accuracy.",
    rows=56,
)


def _row(number: int, premise: str, hypothesis: str, label: str) -> Row:
    return {"idx": number, "premise": premise, "hypothesis": hypothesis, "label": label}


_RAIN = _row(
    1, "Mina knows that it rained all night. She cleans her boots.", "it rained", LABELS[0]
)
_BUS = _row(2, "Nobody thought that the bus would wait. It didn't.", "the bus waited", LABELS[1])
_KEY = _row(3, "If Tom has the key, we can go in now.", "Tom has the key", LABELS[2])
CHECKS = (
    Check(_RAIN, "", 1.0, "rank", (-0.5, -2.0, -3.0)),
    Check(_BUS, "", 1.0, "rank", (-2.5, -2.0, -3.0)),
    Check(_KEY, "", 1.0, "rank", (-2.5, -2.0, -1.0)),
    Check(_RAIN, "", 0.0, "rank", (-2.5, -2.0, -3.0)),
    Check(_BUS, "", 0.0, "rank", (-0.5, -2.0, -3.0)),
    Check(_KEY, "", 0.0, "rank", (-0.5, -2.0, -3.0)),
    Check(_RAIN, "", 1.0, "classify", (-0.1, -3.0, -4.0)),
    Check(_KEY, "", 1.0, "classify", (-3.9, -2.2, -0.2)),
    Check(_RAIN, "", 0.0, "classify", (-3.0, -0.1, -4.0)),
    Check(_KEY, "", 0.0, "classify", (-0.2, -1.9, -3.0)),
    Check(_RAIN, "To know something, it must be so.\n\nAnswer: A", 1.0),
    Check(_BUS, "It did not wait.\n\nAnswer: B", 1.0),
    Check(_KEY, "We can't tell.\nAnswer: C", 1.0),
    Check(_RAIN, "Answer: C", 0.0),
    Check(_BUS, "I am not sure about the bus.", 0.0),
    Check(_KEY, "Answer: A", 0.0),
)
