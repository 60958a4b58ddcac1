"""The rank forms ask what lm-eval 0.4.13 asks of the same real rows, and score alike.

lm-eval's own code and YAML files render the rows in its own environment (.venv-peers), with rows in
hand, so that nothing is downloaded.
"""

import gzip
import json
import subprocess
from pathlib import Path

import pytest

from julja.run.catalog import resolve
from julja.tasks.render import make_request
from julja.types import ChoiceLikelihood, Decoding, Response

from .lm_eval_render import made_up

pytestmark = [pytest.mark.mirror, pytest.mark.parity, pytest.mark.peers]
HOLDS = (
    "arc_challenge",
    "arc_easy",
    "boolq",
    "commonsenseqa",
    "copa",
    "hellaswag",
    "openbookqa",
    "piqa",
    "sciq",
    "siqa",
    "winogrande",
)
ROOT = Path(__file__).resolve().parents[2]
PEER = ROOT / ".venv-peers" / "bin" / "python"
MOST = 400  # rows of a large file

# lm-eval's task: its folder, the rows' file in the mirror.
TASKS = {
    "arc_challenge": ("arc", "arc/ARC-Challenge/test.jsonl.gz"),
    "arc_easy": ("arc", "arc/ARC-Easy/test.jsonl.gz"),
    "boolq": ("super_glue/boolq", "superglue/BoolQ/val.jsonl.gz"),
    "commonsense_qa": ("commonsense_qa", "commonsenseqa/validation_hf.jsonl.gz"),
    "copa": ("super_glue/copa", "superglue/hf/copa_validation.jsonl"),
    "hellaswag": ("hellaswag", "hellaswag/validation_hf.jsonl.gz"),
    "openbookqa": ("openbookqa", "openbookqa/test.jsonl.gz"),
    "piqa": ("piqa", "piqa/validation_hf.jsonl.gz"),
    "sciq": ("sciq", "sciq/validation_hf.jsonl.gz"),
    "social_iqa": ("siqa", "siqa/validation_hf.jsonl.gz"),
    "winogrande": ("winogrande", "winogrande/validation_xl_hf.jsonl.gz"),
}


def rows_of(path):
    """The rows of a mirror's file, in the hub's types."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = [json.loads(line) for line in raw.splitlines()][: MOST + 1]
    for row in rows:
        if isinstance(row.get("label"), bool):  # the hub numbers the two classes
            row["label"] = int(row["label"])
    return rows


@pytest.fixture(scope="module")
def rows(mirror):
    return {name: rows_of(mirror / file) for name, (_, file) in TASKS.items()}


@pytest.fixture(scope="module")
def theirs(rows):
    """lm-eval's requests for each task without shots, and with the first row as the one shot."""
    if not PEER.is_file():
        pytest.skip(f"no lm-eval: there is no {PEER.relative_to(ROOT)}")
    jobs = [
        {
            "task": name,
            "folder": folder,
            "splits": {
                # lm-eval draws one row more than it shows.
                "train": rows[name][:1] * 2,
                "validation": rows[name][1:],
                "test": rows[name][1:],
            },
            "shots": shots,
        }
        for name, (folder, _) in TASKS.items()
        for shots in (None, 1)
    ]
    done = subprocess.run(
        [str(PEER), str(Path(__file__).with_name("lm_eval_render.py"))],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers = json.loads(done.stdout)
    keys = [(job["task"], job["shots"]) for job in jobs]
    return dict(zip(keys, answers, strict=True))


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("shots", [None, 1])
def test_contexts_and_continuations_are_lm_evals(rows, theirs, name, shots):
    (found,) = resolve(name)
    form = found.task.forms["rank"]
    samples = [found.task.sample(row) for row in rows[name]]

    for sample, wanted in zip(samples[1:], theirs[name, shots]["requests"], strict=True):
        exemplars = samples[:1] if shots else ()
        request = make_request("rank", form, sample, exemplars, Decoding())

        assert [[request.context(i), text] for i, text in enumerate(request.choices)] == wanted
    assert len(samples) > (90 if name == "copa" else 200)


@pytest.mark.parametrize("name", TASKS)
def test_metrics_of_the_same_likelihoods_are_lm_evals(rows, theirs, name):
    (found,) = resolve(name)
    form = found.task.forms["rank"]
    samples = [found.task.sample(row) for row in rows[name]][1:]
    wanted = theirs[name, None]["values"]
    totals = dict.fromkeys(wanted, 0.0)

    for number, sample in enumerate(samples):
        request = make_request("rank", form, sample, (), Decoding())
        likely = tuple(
            ChoiceLikelihood(text, made_up(name, number, place)[0])
            for place, text in enumerate(request.choices)
        )
        values = form.scorer(sample, Response(choices=likely)).values
        for metric in wanted:
            totals[metric] += values[metric]

    assert "acc" in wanted
    means = {metric: total / len(samples) for metric, total in totals.items()}
    assert means == pytest.approx(wanted, abs=1e-9)
