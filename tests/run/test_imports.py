"""An imported evaluation is a run: shown, listed, exported and compared like any other."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from julja.cli.main import cli
from julja.errors import ConfigError
from julja.run.compare import compare_runs
from julja.run.execute import rescore
from julja.run.imports import Imported, import_logs
from julja.run.reports import export_lines, reproduce
from julja.store.sqlite import Store

STAMP = "2026-01-02T03-04-05"


def row(doc: int, right: float, **more: Any) -> dict[str, Any]:
    return {
        "doc_id": doc,
        "doc": {"q": f"question {doc}"},
        "target": "0",
        "arguments": {
            "gen_args_0": {"arg_0": f"question {doc}?", "arg_1": " yes"},
            "gen_args_1": {"arg_0": f"question {doc}?", "arg_1": " no"},
        },
        "resps": [[["-1.0", "True"]], [["-2.0", "False"]]],
        "filtered_resps": [["-1.0", "True"], ["-2.0", "False"]],
        "filter": "none",
        "metrics": ["acc"],
        "doc_hash": f"hash {doc}",
        "acc": right,
        **more,
    }


def evaluation(folder: Path, values: list[float], *, whole: float, total: int, **more: Any) -> Path:
    """An lm-eval folder with one task of `total` documents, `values` of them with samples."""
    folder.mkdir(parents=True, exist_ok=True)
    results = {
        "results": {"toy": {"acc,none": whole, "acc_stderr,none": 0.05}},
        "configs": {"toy": {"test_split": "test"}},
        "versions": {"toy": 1.0},
        "n-shot": {"toy": 2},
        "n-samples": {"toy": {"original": total, "effective": total}},
        "config": {"model": "hf", "model_args": f"pretrained=org/{folder.name}"},
        "lm_eval_version": "0.4.9",
        **more,
    }
    (folder / f"results_{STAMP}.json").write_text(json.dumps(results))
    lines = [json.dumps(row(doc, value)) for doc, value in enumerate(values)]
    (folder / f"samples_toy_{STAMP}.jsonl").write_text("\n".join(lines))
    return folder


def import_lm_eval(
    paths: list[Path], store: Store, warn: Callable[[str], None] = lambda text: None
) -> list[Imported]:
    done = import_logs(paths, store, warn=warn)
    assert (done.refused, done.left_out) == ([], [])
    return list(done.runs)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    opened = Store(tmp_path / "runs.db")
    yield opened
    opened.close()


def test_with_all_samples_the_numbers_are_computed_from_them(tmp_path: Path, store: Store) -> None:
    said = {"toy": {"acc,none": 0.75, "acc_stderr,none": 0.25}}
    folder = evaluation(tmp_path / "a", [1.0, 0.0, 1.0, 1.0], whole=0.75, total=4, results=said)
    (found,) = import_lm_eval([folder], store, warn=pytest.fail)
    (part,) = found.result["results"]
    assert (part["task"], part["version"], part["form"], part["shots"]) == ("toy", 1, "rank", 2)
    assert part["counts"]["scored"] == part["counts"]["total"] == 4
    metric = part["metrics"]["acc"]
    assert (metric["value"], metric["n"], metric["method"]) == (0.75, 4, "wilson")
    assert metric["stderr"] == pytest.approx(math.sqrt(0.75 * 0.25 / 3))
    assert found.result["model"] == "hf/org/a"
    assert found.result["imported"]["from"] == "lm-eval 0.4.9"
    assert store.find_run(found.run).status == "done"


def test_with_some_samples_the_aggregate_stands_as_imported(tmp_path: Path, store: Store) -> None:
    told: list[str] = []
    folder = evaluation(tmp_path / "a", [1.0, 0.0], whole=0.4, total=100)
    (found,) = import_lm_eval([folder], store, warn=told.append)
    (part,) = found.result["results"]
    metric = part["metrics"]["acc"]
    assert (metric["value"], metric["stderr"], metric["n"]) == (0.4, 0.05, 100)
    assert metric["ci"] == pytest.approx([0.302, 0.498])
    assert metric["method"] == "imported"
    assert part["counts"]["total"] == 100
    assert told == ["toy: the files hold 2 of its 100 samples"]


def test_samples_that_contradict_the_results_file_are_told(tmp_path: Path, store: Store) -> None:
    told: list[str] = []
    folder = evaluation(tmp_path / "a", [1.0, 0.0], whole=0.9, total=2)
    (found,) = import_lm_eval([folder], store, warn=told.append)
    assert found.result["results"][0]["metrics"]["acc"]["value"] == 0.9
    assert "says acc 0.9, its samples say 0.5" in told[0]


def test_all_right_has_an_interval_though_its_standard_error_is_zero(
    tmp_path: Path, store: Store
) -> None:
    results = {"toy": {"acc,none": 1.0, "acc_stderr,none": 0.0}}
    folder = evaluation(tmp_path / "a", [], whole=1.0, total=10, results=results)
    (folder / f"samples_toy_{STAMP}.jsonl").unlink()
    (found,) = import_lm_eval([folder], store)
    low, high = found.result["results"][0]["metrics"]["acc"]["ci"]
    assert (round(low, 4), round(high, 4)) == (0.7225, 1.0)


def test_groups_are_suites(tmp_path: Path, store: Store) -> None:
    group = {"food": {"acc,none": 0.75, "acc_stderr,none": 0.2, "sample_count": {"acc,none": 4}}}
    folder = evaluation(
        tmp_path / "a",
        [1.0, 0.0, 1.0, 1.0],
        whole=0.75,
        total=4,
        groups=group,
        group_subtasks={"food": ["toy"]},
    )
    (found,) = import_lm_eval([folder], store)
    (suite,) = found.result["suites"]
    assert (suite["suite"], suite["columns"]) == ("food", {"toy": 0.75})
    assert (suite["score"]["value"], suite["score"]["n"]) == (0.75, 4)


def test_the_same_files_are_one_run(tmp_path: Path, store: Store) -> None:
    folder = evaluation(tmp_path / "a", [1.0], whole=1.0, total=1)
    (first,) = import_lm_eval([folder], store)
    (second,) = import_lm_eval([folder / f"samples_toy_{STAMP}.jsonl"], store)
    assert (second.run, second.is_new) == (first.run, False)
    assert len(store.runs()) == 1


def test_two_imported_runs_are_compared_sample_by_sample(tmp_path: Path, store: Store) -> None:
    one = evaluation(tmp_path / "a", [0.0] * 12 + [1.0] * 4, whole=0.25, total=16)
    two = evaluation(tmp_path / "b", [1.0] * 12 + [1.0] * 4, whole=1.0, total=16)
    (a,) = import_lm_eval([one], store)
    (b,) = import_lm_eval([two], store)
    found = compare_runs(store, store.find_run(a.run), store.find_run(b.run))
    (entry,) = found["comparisons"]
    assert (entry["n"], entry["difference"], entry["verdict"]) == (16, 0.75, "BETTER")
    assert (entry["wins"], entry["losses"]) == (12, 0)
    assert found["warnings"] == []


def test_an_export_has_every_record(tmp_path: Path, store: Store) -> None:
    folder = evaluation(tmp_path / "a", [1.0, 0.0], whole=0.5, total=2)
    (found,) = import_lm_eval([folder], store)
    lines = [json.loads(line) for line in export_lines(store, found.run, "jsonl")]
    assert [line["sample"] for line in lines] == ["test-0", "test-1"]
    assert lines[0]["prompt"] == "question 0?"
    assert lines[0]["choices"][1] == {
        "text": " no",
        "loglikelihood": -2.0,
        "tokens": None,
        "greedy": False,
    }
    assert (lines[0]["target"], lines[0]["scores"]) == (["yes"], {"acc": 1.0})
    for to in ("csv", "json", "md", "html"):
        assert "toy" in "".join(export_lines(store, found.run, to))
    command = reproduce(dict(store.find_run(found.run).config))
    assert command.startswith("julja import ") and f"results_{STAMP}.json" in command


def test_it_can_not_be_scored_again_and_says_so(tmp_path: Path, store: Store) -> None:
    folder = evaluation(tmp_path / "a", [1.0], whole=1.0, total=1)
    (found,) = import_lm_eval([folder], store)
    with pytest.raises(ConfigError, match=r"imported from lm-eval 0\.4\.9: its answers were"):
        rescore(store.find_run(found.run), store)


def test_samples_alone_take_their_model_from_the_folder(tmp_path: Path, store: Store) -> None:
    folder = evaluation(tmp_path / "org__tiny", [1.0], whole=1.0, total=1)
    (folder / f"results_{STAMP}.json").unlink()
    (found,) = import_lm_eval([folder], store)
    assert found.result["model"] == "lm-eval/org/tiny"
    assert found.result["results"][0]["shots"] is None


def test_the_command_line(tmp_path: Path) -> None:
    folder = evaluation(tmp_path / "a", [1.0, 0.0], whole=0.5, total=2)
    place = ["--store", str(tmp_path / "runs.db")]
    run = CliRunner().invoke(cli, ["import", str(folder), "--json", *place])
    assert run.exit_code == 0, run.output
    result = json.loads(run.stdout)
    assert result["results"][0]["metrics"]["acc"]["value"] == 0.5
    listed = CliRunner().invoke(cli, ["list", "runs", "--json", *place])
    assert json.loads(listed.stdout)[0]["model"] == "hf/org/a"
    shown = CliRunner().invoke(cli, ["show", result["run"], "--json", *place])
    assert json.loads(shown.stdout) == result
    resumed = CliRunner().invoke(cli, ["resume", result["run"], *place])
    assert "was imported: there is nothing to ask" in str(resumed.exception)
