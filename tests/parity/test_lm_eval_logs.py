"""Recorded evaluations of lm-eval: what its files say is reproduced from their samples."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from julja.interop.lm_eval.files import find_logs
from julja.interop.lm_eval.results import read_log
from julja.interop.log import LogTask
from julja.run.imports import import_logs
from julja.scoring.choice import ranked
from julja.store.sqlite import Store
from julja.types import Sample

HOLDS = ()

ROOT = Path(__file__).resolve().parents[2]
PEER = ROOT / ".venv-peers" / "bin" / "python"
MATHS = "results_2026-01-21T03-44-18.458309.json"

ROWS = [
    {
        "q": f"Is {i} even?",
        "a": "yes" if i % 2 == 0 else "no",
        "label": i % 2,
        "text": f"The number {i} is followed by {i + 1}.  And so on.",
    }
    for i in range(12)
]
DATA = "dataset_path: json\ndataset_kwargs: {data_files: {test: ROWS}}\ntest_split: test\n"
TASKS = {
    "toy_choice": """
output_type: multiple_choice
doc_to_text: "Q: {{q}}\\nA:"
doc_to_choice: ["yes", "no, it is odd"]
doc_to_target: label
metric_list: [{metric: acc}, {metric: acc_norm}, {metric: acc_bytes}, {metric: acc_mutual_info},
  {metric: f1}, {metric: mcc}, {metric: brier_score}, {metric: exact_match}]
metadata: {version: 2.0}
""",
    "toy_written": """
output_type: generate_until
fewshot_split: test
num_fewshot: 2
doc_to_text: "Q: {{q}}\\nA:"
doc_to_target: "{{'lol' if label else a}}"
generation_kwargs: {until: ["\\n"], max_gen_toks: 5}
filter_list:
  - {name: strict-match, filter: [{function: regex, regex_pattern: "(yes|no)$"},
     {function: take_first}]}
  - {name: flexible-extract, filter: [{function: regex, regex_pattern: "(l.l)"},
     {function: take_first}]}
metric_list: [{metric: exact_match}]
metadata: {version: 1.5}
""",
    "toy_rolling": """
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: text
metric_list: [{metric: word_perplexity}, {metric: byte_perplexity}, {metric: bits_per_byte}]
""",
    "toy_target": """
output_type: loglikelihood
doc_to_text: "{{q}}"
doc_to_target: " {{a}}"
metric_list: [{metric: perplexity}, {metric: acc}]
""",
}
GROUP = """
group: toy_group
task: [toy_choice, toy_target]
aggregate_metric_list: [{metric: acc, weight_by_size: true}]
"""


def task_of(path: Path) -> LogTask:
    (files,) = find_logs([path])
    name = path.name.removeprefix("samples_").rpartition("_")[0]
    return next(task for task in read_log(files).tasks if task.name == name)


@pytest.mark.mirror
@pytest.mark.parity
@pytest.mark.parametrize(
    ("task", "label", "count", "acc", "acc_norm"),
    [("arc", "answerKey", 100, 9, 3), ("hellaswag", "label", 58, 6, 3)],
)
def test_ranking_again_gives_every_recorded_value(
    mirror: Path, task: str, label: str, count: int, acc: int, acc_norm: int
) -> None:
    stamp = "2024-11-26T10-50-23.349203"
    path = mirror / "lm_eval_logs" / f"samples_metabench_{task}_secondary_{stamp}.jsonl.gz"
    items = task_of(path).items
    assert len(items) == count
    scorer = ranked("acc")
    totals = {"acc": 0.0, "acc_norm": 0.0}
    for item in items:
        found = scorer(item.sample, item.response)
        for name in totals:
            assert found.values[name] == item.score.values[name], (item.sample.id, name)
            totals[name] += found.values[name]
        assert found.extracted == item.score.extracted
        assert _gold(item.sample, label) in item.sample.answer
    assert totals == {"acc": acc, "acc_norm": acc_norm}


def _gold(sample: Sample, label: str) -> int:
    """The right choice as the document itself says it."""
    value = str(sample.fields[label])
    if value.isdigit() and label == "label":
        return int(value)
    labels: list[str] = sample.fields["choices"]["label"]
    return labels.index(value)


@pytest.mark.mirror
@pytest.mark.parity
def test_a_results_file_with_ten_of_its_samples(mirror: Path, tmp_path: Path) -> None:
    told: list[str] = []
    store = Store(tmp_path / "runs.db")
    path = mirror / "lm_eval_logs" / f"every_eval_ever_{MATHS}"
    (found,) = import_logs([path], store, warn=told.append).runs
    records = list(store.records(found.run))
    store.close()
    recorded = json.loads(path.read_text())["results"]
    parts = {part["task"]: part for part in found.result["results"]}
    assert set(parts) == set(recorded)
    for name, part in parts.items():
        metric = part["metrics"]["exact_match"]
        assert metric["value"] == recorded[name]["exact_match,none"]
        assert metric["stderr"] == recorded[name]["exact_match_stderr,none"]
        assert (metric["n"], part["counts"]["total"]) == (5000, 5000)
    assert told == ["math_perturbed_full: the files hold 10 of its 5000 samples"]
    assert len(records) == 10
    for record in records:
        assert record.score is not None and record.response is not None
        right = float(record.response.text.strip() == record.target[0])
        assert record.score.values == {"exact_match": right}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that lm-eval 0.4.13 wrote: all four kinds of requests, two filters, a group."""
    if not PEER.exists():
        pytest.skip("no .venv-peers with lm-eval")
    folder = tmp_path_factory.mktemp("tasks")
    rows = folder / "rows.jsonl"
    rows.write_text("\n".join(json.dumps(row) for row in ROWS))
    data = DATA.replace("ROWS", str(rows))
    for name, text in TASKS.items():
        (folder / f"{name}.yaml").write_text(f"task: {name}\n{data}{text}")
    (folder / "group.yaml").write_text(GROUP)
    out = tmp_path_factory.mktemp("out")
    driver = Path(__file__).with_name("lm_eval_dummy.py")
    command = [str(PEER), str(driver), str(folder), str(out), "toy_group", "toy_written"]
    done = subprocess.run([*command, "toy_rolling"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return out


@pytest.mark.parity
def test_every_number_of_lm_eval_is_computed_from_its_samples(
    evaluated: Path, tmp_path: Path
) -> None:
    told: list[str] = []
    store = Store(tmp_path / "runs.db")
    (found,) = import_logs([evaluated], store, warn=told.append).runs
    store.close()
    assert told == []
    (path,) = evaluated.rglob("results_*.json")
    recorded = json.loads(path.read_text())
    compared = 0
    for part in found.result["results"]:
        said: dict[str, Any] = recorded["results"][part["task"]]
        for key, metric in part["metrics"].items():
            whole = key if "," in key else f"{key},none"
            assert metric["method"] != "imported", key
            assert metric["value"] == pytest.approx(said[whole], rel=1e-6), key
            name, _, rule = whole.partition(",")
            error = said[f"{name}_stderr,{rule}"]
            if name.startswith(("acc", "exact_match")):
                assert metric["stderr"] == pytest.approx(error, abs=1e-12), key
            compared += 1
    assert compared == 8 + 2 + 3 + 2
    (suite,) = found.result["suites"]
    group = recorded["groups"]["toy_group"]
    assert suite["score"]["value"] == group["acc,none"]
    assert (suite["score"]["n"], set(suite["columns"])) == (24, {"toy_choice", "toy_target"})
    written = next(p for p in found.result["results"] if p["task"] == "toy_written")
    assert written["metrics"]["exact_match,flexible-extract"]["value"] == 0.5


@pytest.mark.parity
def test_ranking_lm_evals_likelihoods_gives_its_values(evaluated: Path) -> None:
    (files,) = find_logs([evaluated])
    task = next(task for task in read_log(files).tasks if task.name == "toy_choice")
    scorer = ranked("acc", also=("acc_mutual_info", "exact_match", "brier_score"))
    for item in task.items:
        found = scorer(item.sample, item.response).values
        names = ("acc", "acc_norm", "acc_bytes", "acc_mutual_info", "exact_match")
        assert {n: found[n] for n in names} == {n: item.score.values[n] for n in names}
        assert found["brier_score"] == pytest.approx(item.score.values["brier_score"], abs=1e-6)
