"""WinoGrande: who or what does the blank stand for? Twins of sentences that differ in one word.

Paper: Sakaguchi et al., WinoGrande: An Adversarial Winograd Schema Challenge at Scale, 2019,
https://arxiv.org/abs/1907.10641. Data: allenai/winogrande (CC-BY). The rank form is the partial
scoring of Trinh and Le (https://arxiv.org/abs/1806.02847) as lm-evaluation-harness does it
(lm_eval/tasks/winogrande): each option is put into the blank, and the rest of the sentence is
compared. The letter form is OLMES' (https://arxiv.org/abs/2406.08446).
"""

from collections.abc import Sequence

from julja.benchmarks.commonsense import common
from julja.errors import DataError
from julja.scoring.choice import ranked
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Row, Sample, Source


@task
def winogrande() -> Task:
    """The 1,267 items of the development set; the test set's labels are hidden."""
    return Task(
        name="winogrande",
        rows=_source(
            "validation", "dev.jsonl", "winogrande_1.1/dev.jsonl", "validation_xl_hf.jsonl"
        ),
        exemplars=_source(
            "train", "train_xl.jsonl", "winogrande_1.1/train_xl.jsonl", "train_xl_hf.jsonl"
        ),
        sample=to_sample,
        forms={
            "rank": Form(
                prompt=completed,
                answer=" {{ rest }}",
                contexts=contexts,
                choices=continuations,
                scorer=ranked("acc"),
            ),
            **common.options_forms("Fill in the blank: {{ input }}"),
        },
        card=CARD,
        checks=CHECKS,
    )


def _source(split: str, *files: str) -> Source:
    return Source(
        split=split,
        hub="allenai/winogrande",
        config="winogrande_xl",
        revision="01e74176c63542e6b0bcb004dcdea22d94fb67b5",
        files=files,
    )


def contexts(sample: Sample) -> Sequence[str]:
    """The sentence up to the blank, with each option in it."""
    return tuple(f"{sample.fields['before']}{choice}" for choice in sample.choices)


def continuations(sample: Sample) -> Sequence[str]:
    """The rest of the sentence, the same for both options."""
    return (f" {sample.fields['rest']}",) * len(sample.choices)


def completed(sample: Sample) -> str:
    """The sentence up to the blank with the right option in it: what an exemplar begins with."""
    return contexts(sample)[sample.answer[0]]


def to_sample(row: Row) -> Sample:
    """A row of upstream's files (with qID) or of the hub (without)."""
    sentence = str(row["sentence"])
    before, blank, rest = sentence.partition("_")
    if not blank:
        raise DataError(f"the sentence {sentence[:80]!r} has no blank `_`.")
    index = common.read_key(row.get("answer"), "12", f"the sentence {sentence[:80]!r}")
    choices = (str(row["option1"]), str(row["option2"]))
    sample = Sample(
        str(row.get("qID") or ""),
        sentence.replace("_", "___"),
        target=(choices[index],),
        choices=choices,
        answer=(index,),
        fields={"before": before, "rest": rest.strip()},
    )
    return common.with_options(sample)


CARD = Card(
    title="WinoGrande",
    summary="Which of two names does the blank stand for? One word decides, and a twin sentence "
    "with another word has the other answer. 1,267 items of the development set.",
    abilities=("commonsense", "reasoning"),
    paper="https://arxiv.org/abs/1907.10641",
    licence="CC-BY",
    rows=1267,
    official_scorer="lm-evaluation-harness: lm_eval/tasks/winogrande (rank); OLMES (letter)",
    random_baseline=0.5,
    human=0.94,
    saturation="Nearly saturated for large models (GPT-4, 5 shots: 0.875).",
    contamination="Public since 2019 with the development set's labels; common in "
    "instruction-tuning mixtures.",
    label_errors="Of 77,000 questions the authors kept 53,000, whose answer most of three other "
    "workers agreed on; no audit by others is published.",
    notes="rank compares one text, the rest of the sentence, after two contexts: there is no "
    "length to divide by, so acc, acc_norm and acc_bytes agree. The Open LLM Leaderboard has 5 "
    "shots, lm-evaluation-harness none by default. The authors' own metric, the area under the "
    "curve over training sets of five sizes, is for fine-tuned models and is not here. The "
    "configuration is winogrande_xl; all sizes share the development set.",
)


def _row(sentence: str, first: str, second: str, answer: str) -> Row:
    return {"sentence": sentence, "option1": first, "option2": second, "answer": answer}


_BOX = _row("The lamp did not go into the box because the _ was too big.", "lamp", "box", "1")
_CAKE = _row("Ida gave Vera the last cake, so _ said thank you for it.", "Ida", "Vera", "2")
_ROPE = _row("We took the rope and not the chain, as the _ was lighter.", "chain", "rope", "2")
CHECKS = (
    Check(_BOX, "", 1.0, "rank", (-8.0, -9.5)),
    Check(_CAKE, "", 1.0, "rank", (-11.0, -8.5)),
    Check(_ROPE, "", 1.0, "rank", (-7.0, -6.9)),
    Check(_BOX, "", 0.0, "rank", (-9.5, -8.0)),
    Check(_CAKE, "", 0.0, "rank", (-8.5, -8.5)),
    Check(_ROPE, "", 0.0, "rank", (-6.8, -6.9)),
    Check(_BOX, "What does not fit is too big.\n\nAnswer: A", 1.0),
    Check(_CAKE, "Vera got it.\nAnswer: B", 1.0),
    Check(_ROPE, "Answer: B", 1.0),
    Check(_BOX, "Answer: B", 0.0),
    Check(_CAKE, "Either of them could.", 0.0),
    Check(_ROPE, "Answer: A", 0.0),
)
