"""Every recorded log of other tools imports, and what julja shows is what its files state."""

import gzip
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from julja.config import RunConfig
from julja.run.imports import Imported, ImportSummary, import_logs
from julja.run.score_as import score_as
from julja.store.sqlite import Store

HOLDS = ("gsm8k", "ifeval", "arc_easy")
pytestmark = [pytest.mark.mirror, pytest.mark.parity]

FOLDERS = {"lm_eval_logs": 2, "inspect_logs": 4, "helm_logs": 3, "evalscope_logs": 1}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "runs.db")
    yield opened
    opened.close()


def load(path: Path) -> Any:
    """A file's content by the standard library alone."""
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    if path.name.removesuffix(".gz").endswith(".jsonl"):
        return [json.loads(line) for line in raw.splitlines()]
    return json.loads(raw)


def bring(folder: Path, store: Store, warn: Callable[[str], None]) -> ImportSummary:
    done = import_logs([folder], store, warn=warn)
    assert done.refused == []
    assert done.left_out == []
    return done


def parts(found: Imported) -> dict[str, Any]:
    return {part["task"]: part for part in found.result["results"]}


@pytest.mark.parametrize(("name", "runs"), FOLDERS.items())
def test_every_file_is_part_of_a_run(mirror: Path, store: Store, name: str, runs: int) -> None:
    done = bring(mirror / name, store, lambda text: None)
    assert len(done.runs) == runs
    used = {Path(file).resolve() for one in done.runs for file in one.files}
    assert used == {path.resolve() for path in (mirror / name).rglob("*") if path.is_file()}
    again = bring(mirror / name, store, lambda text: None)
    assert [one.run for one in again.runs] == [one.run for one in done.runs]
    assert not any(one.is_new for one in again.runs)
    assert len(store.runs()) == runs


@pytest.mark.parametrize("name", FOLDERS)
def test_one_file_finds_the_others_of_its_run(mirror: Path, store: Store, name: str) -> None:
    whole = bring(mirror / name, store, lambda text: None)
    by_file = {file: one.run for one in whole.runs for file in one.files}
    for file, run in by_file.items():
        (one,) = import_logs([Path(file)], store).runs
        assert one.run == run, file


def test_inspect_states_its_values(mirror: Path, store: Store) -> None:
    done = bring(mirror / "inspect_logs", store, lambda text: None)
    compared = samples = 0
    for found in done.runs:
        raw = load(Path(found.files[0]))
        (part,) = found.result["results"]
        (score,) = raw["results"]["scores"]
        stated = {name: metric["value"] for name, metric in score["metrics"].items()}
        metric = part["metrics"]["accuracy"]
        assert metric["value"] == stated["accuracy"]
        assert metric["stderr"] == stated["stderr"]
        assert metric["n"] == raw["results"]["completed_samples"]
        assert part["counts"]["total"] == raw["results"]["total_samples"]
        assert found.result["model"] == raw["eval"]["model"]
        compared += 2
        records = {record.sample: record for record in store.records(found.run)}
        for sample in raw.get("samples") or ():
            record = records[str(sample["id"])]
            (verdict,) = sample["scores"].values()
            assert record.score is not None and record.response is not None
            assert record.score.values == {"choice": {"C": 1.0, "I": 0.0}[verdict["value"]]}
            assert record.score.extracted == verdict["answer"]
            usage = sample["output"]["usage"]
            assert record.response.usage.input_tokens == usage["input_tokens"]
            assert record.response.usage.output_tokens == usage["output_tokens"]
            assert "attachment://" not in record.response.text
            samples += 1
        assert len(records) == len(raw.get("samples") or ())
        used = raw["stats"]["model_usage"][raw["eval"]["model"]]
        assert part["usage"]["input_tokens"] == used["input_tokens"]
        assert part["usage"]["output_tokens"] == used["output_tokens"]
    assert (compared, samples) == (8, 10)


def helm_label(name: dict[str, Any]) -> str:
    change = name.get("perturbation")
    said = name["split"] + (f", {change['name']} {change['computed_on']}" if change else "")
    return f"{name['name']} ({said})"


def test_helm_states_every_statistic(mirror: Path, store: Store) -> None:
    done = bring(mirror / "helm_logs", store, lambda text: None)
    metrics = aside = samples = 0
    for found in done.runs:
        files = {Path(file).name.partition(".")[0]: load(Path(file)) for file in found.files}
        spec = files["run_spec"]
        assert found.result["model"] == spec["adapter_spec"]["model"]
        shown = {
            (str(part["task"]).rpartition("/")[2], name): metric
            for part in found.result["results"]
            for name, metric in part["metrics"].items()
        }
        splits = {stat["name"]["split"] for stat in files["stats"]}
        others = found.result["imported"]["about"]["statistics"]
        for stat in files["stats"]:
            name = stat["name"]
            split = name["split"] if len(splits) > 1 else str(next(iter(parts(found))))
            value = stat["mean"] if stat["count"] else None
            if (split, name["name"]) in shown and "perturbation" not in name:
                assert shown[split, name["name"]]["value"] == value
                metrics += 1
            else:
                assert others[helm_label(name)] == value
                aside += 1
        assert len(others) == len(files["stats"]) - len(shown)
        states = files["scenario_state"]["request_states"]
        records = {record.sample: record for record in store.records(found.run)}
        assert set(records) == {state["instance"]["id"] for state in states}
        for state in states:
            record = records[state["instance"]["id"]]
            assert record.response is not None and record.prompt is not None
            assert record.response.text == state["result"]["completions"][0]["text"]
            assert record.prompt.text == state["request"]["prompt"]
            samples += 1
        for row in files["per_instance_stats"]:
            score = records[row["instance_id"]].score
            assert score is not None
            stated = {s["name"]["name"]: s["mean"] for s in row["stats"] if s["count"]}
            assert score.values == {key: stated[key] for key in score.values}
            assert "exact_match" in score.values
    assert (metrics, aside, samples) == (51, 342, 25)


def test_helm_folders_in_a_zip_are_the_same_runs(
    mirror: Path, store: Store, tmp_path: Path
) -> None:
    packed = tmp_path / "runs.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (mirror / "helm_logs").rglob("*"):
            archive.write(path, path.relative_to(mirror))
    one = bring(mirror / "helm_logs", store, lambda text: None)
    two = bring(packed, store, lambda text: None)
    assert {found.run for found in two.runs} == {found.run for found in one.runs}


def test_evalscope_states_its_scores(mirror: Path, store: Store) -> None:
    (found,) = bring(mirror / "evalscope_logs", store, pytest.fail).runs
    compared = 0
    for path in (mirror / "evalscope_logs").rglob("reports/*/*.json"):
        report = load(path)
        part = parts(found)[report["dataset_name"]]
        for metric in report["metrics"]:
            shown = part["metrics"][metric["name"].removeprefix("mean_")]
            assert (shown["value"], shown["n"]) == (metric["score"], metric["num"])
            compared += 1
        assert next(iter(part["metrics"].values()))["value"] == report["score"]
    for path in (mirror / "evalscope_logs").rglob("reviews/*/*"):
        task = path.name.partition("_")[0]
        records = {r.sample: r for r in store.records(found.run, task=task)}
        for row in load(path):
            record = records[str(row["index"])]
            score = row["sample_score"]["score"]
            assert record.score is not None and record.response is not None
            assert record.score.values == score["value"]
            assert record.response.text == score["prediction"]
    assert compared == 5


def test_lm_eval_states_its_metrics(mirror: Path, store: Store) -> None:
    done = bring(mirror / "lm_eval_logs", store, lambda text: None)
    with_results, alone = done.runs
    stated = load(Path(with_results.files[0]))["results"]
    for task, part in parts(with_results).items():
        metric = part["metrics"]["exact_match"]
        assert metric["value"] == stated[task]["exact_match,none"]
        assert metric["stderr"] == stated[task]["exact_match_stderr,none"]
    for file in alone.files:
        rows = load(Path(file))
        part = next(p for name, p in parts(alone).items() if name in file)
        assert part["counts"]["total"] == len(rows)
        for name in ("acc", "acc_norm"):
            assert part["metrics"][name]["value"] == pytest.approx(
                fmean(row[name] for row in rows), abs=1e-15
            )


@pytest.mark.parametrize(
    ("folder", "task", "name", "metric"),
    [
        ("evalscope_logs", "gsm8k", "gsm8k", "acc"),
        ("evalscope_logs", "ifeval", "ifeval", "prompt_level_strict"),
        ("inspect_logs/data_arc_qwen.json.gz", "arc_easy", "arc_easy", "accuracy"),
        ("inspect_logs/data_arc_sonnet.json.gz", "arc_easy", "arc_easy", "accuracy"),
    ],
)
def test_our_scorer_gives_the_recorded_answers_the_stated_score(
    mirror: Path, store: Store, folder: str, task: str, name: str, metric: str
) -> None:
    (found,) = import_logs([mirror / folder], store).runs
    stated = parts(found)[name]["metrics"][metric]
    config = RunConfig(tasks=(task,), model=found.result["model"], data=str(mirror))
    done = score_as(store.find_run(found.run), store, config)
    (part,) = done.result["results"]
    ours = next(iter(part["metrics"].values()))
    assert (ours["value"], ours["n"]) == (stated["value"], stated["n"])
    assert done.result["rescored"]["lost"] == {}
    assert done.exit_code == 0
