"""`julja import` as a user meets it: folders of everything, damage, duplicates, wrong flags."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from julja.cli.main import cli, main
from julja.store.sqlite import Store

LOG: dict[str, Any] = {
    "version": 2,
    "status": "success",
    "eval": {"task": "sides", "model": "openai/m", "packages": {"inspect_ai": "0.3.1"}},
    "results": {
        "total_samples": 1,
        "scores": [{"name": "s", "scorer": "s", "metrics": {"accuracy": {"value": 1.0}}}],
    },
    "samples": [
        {
            "id": "ü",
            "epoch": 1,
            "input": "¿dónde?",
            "target": "여기",
            "messages": [],
            "output": {"choices": [{"message": {"content": "여기"}}]},
            "scores": {"s": {"value": "C"}},
            "events": [{}, {}],
        }
    ],
}
ROW = {
    "doc_id": 0,
    "doc": {},
    "target": "4",
    "arguments": {"gen_args_0": {"arg_0": "2+2?", "arg_1": {}}},
    "resps": [["4"]],
    "filtered_resps": ["4"],
    "filter": "none",
    "metrics": ["acc"],
    "acc": 1.0,
}
STAMP = "2026-01-02T03-04-05"


def bring(tmp_path: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["import", *words, "--store", str(tmp_path / "runs.db")])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "결과"
    made.mkdir()
    (made / "log.json").write_text(json.dumps(LOG))
    (made / f"samples_sums_{STAMP}.jsonl").write_text(json.dumps(ROW))
    return made


def test_a_folder_brings_every_run_in_it(tmp_path: Path, folder: Path) -> None:
    done = bring(tmp_path, str(folder), "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert {run["imported"]["from"] for run in found["runs"]} == {"inspect_ai 0.3.1", "lm-eval"}
    assert [run["new"] for run in found["import"]["runs"]] == [True, True]
    assert "no place for 2 events: left out" in done.stderr
    assert "2 runs entered, 0 known already, 0 refused" in done.stderr


def test_what_was_entered_once_is_known_wherever_it_lies(tmp_path: Path, folder: Path) -> None:
    bring(tmp_path, str(folder))
    shutil.copytree(folder, tmp_path / "copy")
    done = bring(tmp_path, str(tmp_path / "copy"))
    assert (done.exit_code, done.stderr.count("in the store already")) == (0, 2)
    assert "0 runs entered, 2 known already" in done.stderr
    store = Store(tmp_path / "runs.db")
    assert len(store.runs()) == 2
    store.close()
    one = json.loads(bring(tmp_path, str(folder / "log.json"), "--json").stdout)
    assert one["import"]["runs"][0]["new"] is False
    assert one["results"][0]["metrics"]["accuracy"]["value"] == 1.0


def test_damage_is_refused_by_name_and_the_rest_goes_on(tmp_path: Path, folder: Path) -> None:
    text = json.dumps(LOG)
    (folder / "cut.json").write_text(text[: len(text) // 2])
    (folder / "empty.jsonl").touch()
    (folder / "no.eval").write_text("no zip")
    (folder / "no.parquet").write_text("PAR1")
    (folder / "notes.txt").write_text("hello")
    (folder / "other.json").write_text('{"a": 1}')
    done = bring(tmp_path, str(folder), "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert len(found["runs"]) == 2
    refused = {Path(one["file"]).name: one["reason"] for one in found["import"]["refused"]}
    assert set(refused) == {"cut.json", "empty.jsonl", "no.eval", "no.parquet"}
    assert "character" in refused["cut.json"] and "not JSON" in refused["cut.json"]
    left_out = {Path(path).name for path in found["import"]["left_out"]}
    assert left_out == {"notes.txt", "other.json"}
    assert "2 files of no known format are left out: notes.txt, other.json" in done.stderr
    assert "2 runs entered, 0 known already, 4 refused" in done.stderr


def test_a_log_that_is_damaged_behind_its_first_samples_leaves_nothing(
    tmp_path: Path, folder: Path
) -> None:
    bad = {**LOG["samples"][0], "id": "b", "output": {"choices": [3]}}
    (folder / "log.json").write_text(json.dumps({**LOG, "samples": [*LOG["samples"], bad]}))
    done = bring(tmp_path, str(folder / "log.json"))
    assert done.exit_code == 1
    assert "sample 2: can't be read as a sample of inspect" in done.stderr
    store = Store(tmp_path / "runs.db")
    assert store.runs() == []
    store.close()


def test_the_format_can_be_forced_and_must_fit(tmp_path: Path, folder: Path) -> None:
    plain = folder / "plain.json"
    plain.write_text((folder / "log.json").read_text())
    assert bring(tmp_path, str(plain), "--format", "inspect").exit_code == 0
    done = bring(tmp_path, str(plain), "--format", "helm")
    assert (done.exit_code, "it holds no results of helm" in done.stderr) == (1, True)
    done = bring(tmp_path, str(plain), "--format", "lm-eval")
    assert (done.exit_code, "no results file of lm-eval" in done.stderr) == (1, True)
    unknown = bring(tmp_path, str(plain), "--format", "helmet")
    assert "--format helmet: not a format. Use lm-eval, inspect" in str(unknown.exception)


def test_the_model_is_named_where_the_files_do_not(tmp_path: Path, folder: Path) -> None:
    file = str(folder / f"samples_sums_{STAMP}.jsonl")
    one = json.loads(bring(tmp_path, file, "--json").stdout)
    two = json.loads(bring(tmp_path, file, "--json", "--model", "org/tiny").stdout)
    assert (one["model"], two["model"]) == ("lm-eval/unknown", "org/tiny")


def test_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "void").mkdir()
    for name, message in (("void", "holds no results"), ("nothing", "no such file or folder")):
        with pytest.raises(SystemExit) as stopped:
            main(["import", str(tmp_path / name), "--store", str(tmp_path / "runs.db")])
        assert stopped.value.code == 1
        assert message in capsys.readouterr().err
