"""The same model, the same task files: lm-eval's log-likelihoods and metrics, sample by sample.

lm-eval runs its own files with its own `hf` model in .venv-peers, julja the same files with
`hf/…`; both read SmolLM2-135M in float32 on the CPU. `make parity` runs this.
"""

import asyncio
import math
from pathlib import Path

import pytest

from julja.config import RunConfig
from julja.run.execute import start
from julja.store.sqlite import Store

from .lm_eval_data import PYTHON, local_task, run_driver, write_task

pytestmark = [
    pytest.mark.mirror,
    pytest.mark.parity,
    pytest.mark.peers,
    pytest.mark.model,
    pytest.mark.timeout(1500),
]
HOLDS = ()
# task -> shots, documents
TASKS = {
    "mmlu_abstract_algebra": (5, 6),
    "mmlu_computer_security": (5, 6),
    "mmlu_human_sexuality": (5, 6),
    "mmlu_virology": (5, 6),
    "arc_challenge": (25, 3),
    "hellaswag": (0, 20),
    "hellaswag 10": (10, 3),
    "winogrande": (5, 20),
    "piqa": (0, 20),
    "truthfulqa_mc1": (None, 8),
    "truthfulqa_mc2": (None, 8),
    "lambada_openai": (0, 20),
}
NAMES = [f"{name.split()[0]}_{shots or 0}" for name, (shots, _) in TASKS.items()] + ["rolling_0"]
# Longer than a window of 512 tokens, so that it is read in several.
STORY = "\n\n".join(
    f"The {day} day. The tailor rolled out the tape and measured a sleeve: {n} centimetres and a"
    f" half. The customer, who had come from {town} by train, said that the last tailor had made"
    f" it {n + 3}. They measured again, and then the tailor measured the tape."
    for n, (day, town) in enumerate(
        [
            (d, t)
            for d in ("first", "second", "third", "fourth")
            for t in ("Busan", "Turin", "Cork")
        ],
        start=50,
    )
)
ROLLING = {
    "task": "rolling_0",
    "dataset_path": "json",
    "output_type": "loglikelihood_rolling",
    "test_split": "test",
    "doc_to_text": "",
    "doc_to_target": "{{text}}",
    "metric_list": [
        {"metric": "word_perplexity"},
        {"metric": "byte_perplexity"},
        {"metric": "bits_per_byte"},
    ],
    "metadata": {"version": 1},
}


@pytest.fixture(scope="module")
def jobs(mirror: Path, tmp_path_factory) -> dict:
    if not PYTHON.is_file():
        pytest.skip("lm-eval is not installed here: make parity")
    folder = tmp_path_factory.mktemp("tasks")
    made = [
        local_task(name.split()[0], mirror, folder, shots=shots, limit=docs)
        for name, (shots, docs) in TASKS.items()
    ]
    texts = [{"text": STORY}, {"text": STORY[:400]}, {"text": " One line.\n"}]
    made.append(write_task(folder, "rolling_0", {"test": texts}, ROLLING, None))
    return {job["name"]: job for job in made}


@pytest.fixture(scope="module")
def model() -> Path:
    from julja.models.hf.load import converted_smollm2

    return converted_smollm2()


@pytest.fixture(scope="module")
def theirs(jobs: dict, model: Path, tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("lm_eval")
    plain = [job for name, job in jobs.items() if name != "rolling_0"]
    found = run_driver(model, plain, folder, batch_size=4)["tasks"]
    windows = run_driver(model, [jobs["rolling_0"]], folder, batch_size=1, max_length=512)
    return {**found, **windows["tasks"]}


@pytest.fixture(scope="module")
def ours(jobs: dict, model: Path, tmp_path_factory) -> dict:
    """task -> (its result, its records in the order of the documents)."""
    store = Store(tmp_path_factory.mktemp("julja") / "julja.db")
    found = {}
    for group, extra in (
        ([name for name in NAMES if name != "rolling_0"], {}),
        (["rolling_0"], {"max_length": 512}),
    ):
        config = RunConfig(
            tasks=tuple(
                jobs[name]["yaml"]
                + (f":shots={jobs[name]['shots']}" if jobs[name]["shots"] is not None else "")
                for name in group
            ),
            model=f"hf/{model}",
            model_args=extra,
            trust=True,
        )
        done = asyncio.run(start(config, store))
        for result in done.result["results"]:
            records = list(store.records(done.run, task=result["task"]))
            records.sort(key=lambda record: int(record.sample.rpartition("-")[2]))
            found[result["task"]] = (result, records)
    store.close()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_log_likelihoods(theirs: dict, ours: dict, name: str) -> None:
    _, records = ours[name]
    samples = theirs[name]["samples"]
    assert len(records) == len(samples)
    for record, sample in zip(records, samples, strict=True):
        choices = record.response.choices
        assert len(choices) == len(sample["pairs"])
        for choice, (_, continuation, value, greedy) in zip(choices, sample["pairs"], strict=True):
            assert choice.text == continuation
            # A window of 500 tokens adds up 500 roundings.
            assert choice.loglikelihood == pytest.approx(value, abs=1e-3, rel=1e-5)
            assert greedy is None or choice.greedy == greedy


@pytest.mark.parametrize("name", NAMES)
def test_metrics(theirs: dict, ours: dict, name: str) -> None:
    result, _ = ours[name]
    metrics = {
        key.removesuffix(",none"): value
        for key, value in theirs[name]["metrics"].items()
        if key.endswith(",none") and "stderr" not in key
    }
    assert metrics
    for key, value in metrics.items():
        found = result["metrics"][key]["value"]
        # Counts are equal to the last digit; truthfulqa_mc2 is a mean of probabilities.
        exact = key.startswith("acc") and not name.startswith("truthfulqa_mc2")
        tolerance = 0.0 if exact else 1e-3 * max(1.0, abs(value))
        assert math.isclose(found, value, rel_tol=1e-9, abs_tol=tolerance), key
