"""GLUE, SuperGLUE and BoolQ: what a model that always gives the commonest answer scores; metrics.

Nobody publishes answers to the development sets, but everybody their majority: it is the label
file, the join of both layouts and the metric in one number.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from julja.config import RunConfig
from julja.run.planning import make_plan
from julja.run.responses import score_responses
from julja.store.sqlite import Store
from tests.fidelity.claim import Claim
from tests.parity.lighteval_cases import lighteval_cases

MAJORITY = "share of the commonest label in the development set, counted apart from julja"


def constant(task: str, answer: str, metric: str) -> Callable[[Path], tuple[float, int]]:
    """The metric of `answer` given to every sample, by `julja score TASK --responses FILE`."""

    def compute(mirror: Path) -> tuple[float, int]:
        config = RunConfig(tasks=(task,), model="constant", data=str(mirror))
        plan = make_plan(config, frozenset({"generate"}), {"name": "constant"})
        ids = [sample.id for leaf in plan.leaves.values() for sample in leaf.samples]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "answers.jsonl"
            path.write_text("".join(json.dumps({"id": i, "response": answer}) + "\n" for i in ids))
            store = Store(Path(folder) / "julja.db")
            found = score_responses(config, path, store).result["results"][0]["metrics"][metric]
            store.close()
        return found["value"], found["n"]

    return compute


def claim(
    task: str, answer: str, metric: str, published: float, places: int, file: str, note: str = ""
) -> Claim:
    """A claim about one constant answer."""
    compute = constant(task, answer, metric)
    shown = f"always {answer}{f'; {note}' if note else ''}"
    return Claim(task, file, metric, published, places, MAJORITY, shown, compute=compute)


def lighteval(mirror: Path) -> tuple[float, int]:
    """The share of lighteval's cases with the same value."""
    found = list(lighteval_cases(mirror))
    return sum(case.agrees for case in found) / len(found), len(found)


CLAIMS: tuple[Claim, ...] = (
    claim("cola", "yes", "acc", 0.691, 3, "glue/CoLA/v1.0_GLUE", "release 1.0: 721 of 1,043"),
    claim("cola", "yes", "mcc", 0.0, 3, "glue/CoLA/v1.0_GLUE"),
    claim("cola:release=1.1", "yes", "acc", 0.6894, 4, "glue/CoLA", "719 of 1,043"),
    claim("sst2", "positive", "acc", 0.5092, 4, "glue/SST-2/dev.tsv.gz"),
    claim("mrpc", "yes", "acc", 0.6838, 4, "glue/MRPC/validation_hf.jsonl.gz"),
    claim("glue_rte", "True", "acc", 0.5271, 4, "glue/RTE/validation_hf.jsonl.gz"),
    claim("boolq", "yes", "acc", 0.6217, 4, "superglue/BoolQ/val.jsonl.gz"),
    claim("cb", "False", "acc", 0.5, 3, "superglue/CB/val.jsonl"),
    claim("copa", "Answer: A", "acc", 0.55, 3, "superglue/COPA/val.jsonl"),
    claim("rte", "True", "acc", 0.5271, 4, "superglue/RTE/val.jsonl.gz"),
    claim("wic", "no", "acc", 0.5, 3, "superglue/WiC/val.jsonl.gz"),
    claim("wsc", "no", "acc", 0.6346, 4, "superglue/WSC/val.jsonl"),
    claim("multirc", "no", "acc", 0.572, 4, "superglue/MultiRC/val.jsonl.gz", "4,848 answers"),
    Claim(
        "metrics",
        "metric_test_cases/lighteval",
        "agreement",
        51 / 54,
        4,
        "lighteval's unit cases of mcc, F1 (5 files), accuracy (2), exact match, word perplexity",
        "51 of 54 agree; two of multi_f1_numeric differ (it is a mean of accuracies, no F1), one "
        'of f1_score (it keeps "the", which SQuAD\'s F1 drops)',
        compute=lighteval,
    ),
)
