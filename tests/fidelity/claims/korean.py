"""KLUE: recorded answers of Gemini 2.5 Flash; and what constant answers are worth."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from julja.config import RunConfig
from julja.run.catalog import resolve
from julja.run.rows import load_rows
from julja.tasks.build import build_samples
from julja.types import ChoiceLikelihood, Response, Source
from tests.fidelity.claim import Claim

OUTPUTS = "Gemini 2.5 Flash (aimldl/llm_benchmarks_asian_langs), metrics of KLUE-baseline"
CONSTANT = "always {}, by scikit-learn"


def recorded(task: str, file: str, metric: str, value: float, **more: object) -> Claim:
    """A number of one of the recorded files."""
    path = f"klue/pred_gemini-2.5-flash_{file}.gz"
    return Claim(f"klue_{task}", path, metric, value, 4, OUTPUTS, **more)  # type: ignore[arg-type]


def always(task: str, choice: int, metric: str) -> Callable[[Path], tuple[float, int]]:
    """A metric of the same choice for every sample, in the form rank."""

    def compute(mirror: Path) -> tuple[float, int]:
        (found,) = resolve(task)
        made = found.task
        assert isinstance(made.rows, Source)
        config = RunConfig(tasks=(task,), model="constant", data=str(mirror))
        rows = load_rows(made, made.rows, None, config).rows
        scorer = made.forms["rank"].scorer
        values = []
        for sample in build_samples(made, rows, split="test", origin=task):
            likely = (float(place == choice) for place in range(len(sample.choices)))
            given = zip(sample.choices, likely, strict=True)
            choices = tuple(ChoiceLikelihood(text, value) for text, value in given)
            values.append(scorer(sample, Response(choices=choices)).values)
        (wanted,) = (item for item in scorer.metrics if item.name == metric)
        if wanted.aggregate is None:
            return sum(value[wanted.key] for value in values) / len(values), len(values)
        columns = {name: np.array([value[name] for value in values]) for name in wanted.columns}
        return wanted.aggregate(columns), len(values)

    return compute


def constant(task: str, file: str, word: str, choice: int, metric: str, value: float) -> Claim:
    """What always answering `word` is worth."""
    source = CONSTANT.format(word)
    compute = always(task, choice, metric)
    return Claim(task, file, metric, value, 3, source, compute=compute)


NONE = "one answer 없음 to an unanswerable question is read as no answer"
CLAIMS = (
    recorded("tc", "ynat.csv", "acc", 0.6894),
    recorded("tc", "ynat.csv", "f1_macro", 0.7245),
    recorded("nli", "nli.csv", "acc", 0.8657),
    recorded("re", "re.csv", "f1_micro", 0.5348),
    recorded("re", "re.csv", "acc", 0.6739),
    recorded("sts", "sts.csv", "pearson", 0.8116),
    recorded("sts", "sts.csv", "f1", 0.8343),
    recorded("dp", "dp.jsonl", "uas", 0.5131),
    recorded("mrc", "mrc_first1350.jsonl", "em", 0.8726, note=NONE, slack=0.0008),
    recorded("mrc", "mrc_first1350.jsonl", "rouge_w", 0.9161, note=NONE, slack=0.0008),
    constant("klue_tc", "klue/ynat-v1.1_dev.json.gz", "사회", 2, "acc", 0.406),
    constant("klue_tc", "klue/ynat-v1.1_dev.json.gz", "사회", 2, "f1_macro", 0.083),
    constant("klue_nli", "klue/klue-nli-v1.1_dev.json.gz", "entailment", 0, "acc", 0.333),
    constant("kobest_boolq", "kobest/BoolQ/test.tsv.gz", "예", 1, "f1_macro", 0.334),
    constant("kobest_copa", "kobest/COPA/test.tsv.gz", "the first", 0, "f1_macro", 0.341),
    constant("kobest_wic", "kobest/WiC/test.tsv.gz", "아니오", 0, "f1_macro", 0.339),
    constant(
        "kobest_hellaswag", "kobest/HellaSwag/test.tsv.gz", "the second", 1, "f1_macro", 0.108
    ),
    constant("kobest_sentineg", "kobest/SentiNeg/test.tsv", "긍정", 1, "f1_macro", 0.335),
)
