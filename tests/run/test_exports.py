"""A run in other tools' files and back: nothing that a format can hold is lost on the way."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars
import pytest
import yaml
from click.testing import CliRunner

import julja
from julja.cli.main import cli
from julja.errors import StoreError
from julja.run.exports import latex_lines, write_export
from julja.run.imports import Imported, import_logs
from julja.run.reports import export_lines
from julja.scoring.base import scorer
from julja.store.sqlite import Store
from julja.tasks.task import Card, Form, Task
from julja.types import ChoiceLikelihood, Metric, Record, Response, Sample, Score, Usage

ROWS = [
    {"q": "1 + 1?", "a": "2", "kind": "plus"},
    {"q": "2 × 3 – “ja”?", "a": "6", "kind": "times"},
    {"q": "fails", "a": "0", "kind": "plus"},
    {"q": "says nothing", "a": "1", "kind": "plus"},
]


@scorer(metrics=[Metric("right"), Metric("length", low=0, high=math.inf, higher_is_better=False)])
def judged() -> Any:
    def score(sample: Sample, response: Response) -> Score:
        said = response.text.rpartition(" ")[2]
        values = {"right": float(said == sample.target[0]), "length": float(len(response.text))}
        state = "scored" if said.isdigit() else "unparsed"
        return Score(values, state, said or None, explanation=f"it said {said!r}")  # type: ignore[arg-type]

    return score


class Speaker:
    """Answers with reasoning and tokens, fails once, and says nothing once."""

    name = "mock/speaker"
    abilities = frozenset({"generate"})
    identity = {"name": "mock/speaker"}
    max_connections = 2

    async def ask(self, request: Any) -> Response:
        from julja.errors import ProviderError

        text = request.prompt.text
        if "fails" in text:
            raise ProviderError("the server burned down")
        answer = "" if "nothing" in text else f"it is {2 + request.repeat}"
        return Response(
            answer, reasoning="hm", finish="stop", usage=Usage(5, 2), seconds=0.25, model="s-1"
        )

    async def close(self) -> None:
        """Nothing to close."""


def task(**more: Any) -> Task:
    return Task(
        name="sums",
        rows=ROWS,
        sample=lambda row: Sample(
            "", row["q"], (row["a"],), fields={"kind": row["kind"]}, cluster=row["kind"]
        ),
        forms={"generate": Form(prompt="Q: {{ input }}", scorer=judged())},
        by=("kind",),
        **more,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "runs.db")
    yield opened
    opened.close()


def measure(tmp_path: Path, made: Task, **more: Any) -> Any:
    return julja.evaluate(
        made, model=Speaker(), store=str(tmp_path / "runs.db"), max_errors=0.5, **more
    )


def back(tmp_path: Path, store: Store, to: str, told: list[str] | None = None) -> Imported:
    """The last run, exported and imported again into a store of its own."""
    folder = tmp_path / to
    write_export(store, store.find_run("last"), to, folder)
    other = Store(tmp_path / f"{to}.db")
    done = import_logs([folder], other, warn=(told if told is not None else []).append)
    other.close()
    assert done.refused == []
    (found,) = done.runs
    return found


def records(path: Path, run: str) -> dict[tuple[str, int], Record]:
    store = Store(path)
    found = {(r.sample, r.epoch): r for r in store.records(run)}
    store.close()
    return found


def test_every_eval_ever_brings_back_every_field(tmp_path: Path, store: Store) -> None:
    result = measure(tmp_path, task(), epochs=2).json
    found = back(tmp_path, store, "eee")
    (ours,) = result["results"]
    theirs = {part["task"]: part for part in found.result["results"]}
    for part in (ours, *ours["subsets"]):
        again = theirs.pop(part["task"])
        for name, metric in part["metrics"].items():
            for field in ("value", "stderr", "ci", "n", "method"):
                assert again["metrics"][name][field] == metric[field], (name, field)
    assert theirs == {}
    again = next(p for p in found.result["results"] if p["task"] == "sums")
    for field in ("version", "form", "shots", "counts"):
        assert again[field] == ours[field], field
    assert found.result["model"] == result["model"]
    assert found.result["imported"]["from"].startswith("julja ")
    one = records(tmp_path / "runs.db", result["run"])
    two = records(tmp_path / "eee.db", found.run)
    assert set(one) == set(two) and len(one) == 8
    for key, record in one.items():
        same = two[key]
        for field in ("state", "target", "error", "cost_usd", "fields", "prompt", "score"):
            assert getattr(same, field) == getattr(record, field), (key, field)
        if record.response is not None:
            assert same.response is not None
            for field in ("text", "reasoning", "finish", "usage", "seconds"):
                assert getattr(same.response, field) == getattr(record.response, field)


@pytest.mark.parametrize("to", ["inspect", "lm-eval"])
def test_other_tools_files_bring_back_answers_and_numbers(
    tmp_path: Path, store: Store, to: str
) -> None:
    result = measure(tmp_path, task()).json
    told: list[str] = []
    found = back(tmp_path, store, to, told)
    (ours,) = result["results"]
    (again,) = [p for p in found.result["results"] if p["task"] == "sums"]
    for name, metric in ours["metrics"].items():
        for field in ("value", "stderr", "n"):
            assert again["metrics"][name][field] == metric[field], name
    one = records(tmp_path / "runs.db", result["run"])
    two = records(tmp_path / f"{to}.db", found.run)
    failed = {key for key, record in one.items() if record.error is not None}
    # lm-eval's files have no place for a sample that failed.
    assert set(two) == (set(one) - failed if to == "lm-eval" else set(one))
    for key, record in one.items():
        if key in failed:
            continue
        same = two[key]
        assert same.response is not None and record.response is not None
        assert same.response.text == record.response.text
        assert same.score is not None and record.score is not None
        assert same.score.values == record.score.values
        assert (same.state, same.target) == (record.state, record.target)
    assert failed == {("test-2", 0)}
    assert to == "lm-eval" or two["test-2", 0].state == "error"


@pytest.mark.parametrize("to", ["jsonl", "csv", "parquet"])
def test_our_own_files_bring_back_what_they_hold(tmp_path: Path, store: Store, to: str) -> None:
    result = measure(tmp_path, task()).json
    folder = tmp_path / "own"
    folder.mkdir()
    row = store.find_run("last")
    if to == "parquet":
        write_export(store, row, to, folder / "r.parquet")
    else:
        (folder / f"r.{to}").write_text("".join(export_lines(store, row.id, to)))
    told: list[str] = []
    other = Store(tmp_path / "own.db")
    (found,) = import_logs([folder], other, warn=told.append).runs
    other.close()
    assert any("every metric is the mean of its scores" in text for text in told)
    assert found.result["model"] == ("julja/unknown" if to == "csv" else "mock/speaker")
    (again,), (ours,) = found.result["results"], result["results"]
    assert again["counts"] == ours["counts"]
    for name, metric in ours["metrics"].items():
        assert again["metrics"][name]["value"] == metric["value"]
    one = records(tmp_path / "runs.db", result["run"])
    two = records(tmp_path / "own.db", found.run)
    for key, record in one.items():
        assert two[key].state == record.state
        assert two[key].target == record.target
        if record.response is not None and to != "csv":
            assert two[key].response is not None
            assert two[key].response.reasoning == "hm"
            assert two[key].prompt == record.prompt


def test_the_result_file_beside_the_records_brings_the_reported_numbers(
    tmp_path: Path, store: Store
) -> None:
    result = measure(tmp_path, task()).json
    for to in ("jsonl", "json"):
        (tmp_path / f"r.{to}").write_text("".join(export_lines(store, result["run"], to)))
    other = Store(tmp_path / "own.db")
    files = [tmp_path / "r.jsonl", tmp_path / "r.json"]
    (found,) = import_logs(files, other, warn=pytest.fail).runs
    other.close()
    ours = result["results"][0]["metrics"]["right"]
    assert found.result["results"][0]["metrics"]["right"]["ci"] == ours["ci"]


def test_a_parquet_file_has_a_column_for_each_field(tmp_path: Path, store: Store) -> None:
    measure(tmp_path, task())
    (path,) = write_export(store, store.find_run("last"), "parquet", tmp_path / "r.parquet")
    frame = polars.read_parquet(path)
    assert frame.height == 4
    assert frame["model"].unique().to_list() == ["mock/speaker"]
    assert frame["scores"].struct.fields == ["length", "right"]
    assert frame["target"].to_list()[1] == ["6"]
    assert not list(tmp_path.glob("*.jsonl"))


def test_latex_escapes_what_it_prints(tmp_path: Path, store: Store) -> None:
    measure(tmp_path, task())
    text = "".join(latex_lines(store, store.find_run("last")))
    assert r"\toprule" in text and r"\bottomrule" in text
    assert r"generate, 0 shots & right & " in text
    assert "max_errors" not in text and "&" in text
    row = next(line for line in text.splitlines() if "right" in line)
    assert row.count(" & ") == 5 and row.endswith(r"\\")


def test_the_hub_takes_only_what_stands_on_it(tmp_path: Path, store: Store) -> None:
    measure(tmp_path, task())
    with pytest.raises(StoreError, match="no task whose data set is on the hub"):
        write_export(store, store.find_run("last"), "hf", tmp_path / "hf")


def test_confidential_texts_stay_out_of_every_file(tmp_path: Path, store: Store) -> None:
    made = Task(
        name="secrets",
        rows=[{"q": "the hidden question", "a": "swordfish"}],
        sample=lambda row: Sample(
            "", row["q"], (row["a"],), fields={"hint": "mackerel"}, confidential=True
        ),
        forms={"generate": Form(prompt="{{ input }}", scorer=judged())},
        card=Card(paper="", licence=""),
    )
    measure(tmp_path, made)
    row = store.find_run("last")
    for to in ("lm-eval", "inspect", "eee"):
        write_export(store, row, to, tmp_path / "out" / to)
    write_export(store, row, "parquet", tmp_path / "out" / "r.parquet")
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) == 6
    for path in files:
        raw = path.read_bytes()
        for secret in (b"hidden question", b"swordfish", b"mackerel", b"it is 2"):
            assert secret not in raw, path


def test_a_foreign_record_goes_out_as_it_came(tmp_path: Path) -> None:
    """All that schema 0.3 has a place for, whether or not julja knows what it means."""
    name = "0f2b5c1e-7d3a-4a54-9d6b-1f0c2e3a4b5d"
    aggregate = foreign_aggregate(name)
    rows = [foreign_row("s1", "acc", 1.0), foreign_row("s1", "len", 7.0), foreign_row("s2", "acc")]
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / f"{name}.json").write_text(json.dumps(aggregate))
    (folder / f"{name}_samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    store = Store(tmp_path / "runs.db")
    told: list[str] = []
    (found,) = import_logs([folder], store, warn=told.append).runs
    written = write_export(store, store.find_run(found.run), "eee", tmp_path / "out")
    store.close()
    content = json.loads(written[0].read_text())
    detailed = content.pop("detailed_evaluation_results")
    assert detailed["total_rows"] == 3
    stated = {k: v for k, v in aggregate.items() if k != "detailed_evaluation_results"}
    assert content == stated
    again = [json.loads(line) for line in written[1].read_text().splitlines()]
    key = "sample_id", "evaluation_result_id"
    for row in rows:
        (same,) = [r for r in again if all(r[k] == row[k] for k in key)]
        assert {k: same[k] for k in row} == row


def foreign_aggregate(name: str) -> dict[str, Any]:
    def result(metric: str, score: float, **more: Any) -> dict[str, Any]:
        return {
            "evaluation_result_id": metric,
            "evaluation_name": "trivia",
            "source_data": {
                "dataset_name": "trivia",
                "source_type": "hf_dataset",
                "hf_repo": "org/trivia",
                "sample_ids": ["s1", "s2"],
            },
            "metric_config": {"metric_id": metric, "lower_is_better": False, **more},
            "score_details": {
                "score": score,
                "details": {"note": "as published"},
                "uncertainty": {
                    "standard_error": {"value": 0.1, "method": "bootstrap"},
                    "confidence_interval": {"lower": 0.4, "upper": 0.6, "confidence_level": 0.9},
                    "num_samples": 2,
                },
            },
        }

    return {
        "schema_version": "0.3.0",
        "evaluation_id": "trivia/org/tiny/1",
        "evaluation_timestamp": "2026-01-02",
        "retrieved_timestamp": "1767312000",
        "source_metadata": {
            "source_type": "documentation",
            "source_organization_name": "Org",
            "evaluator_relationship": "first_party",
        },
        "eval_library": {"name": "other", "version": "1.2"},
        "model_info": {
            "name": "Tiny",
            "id": "org/tiny",
            "additional_details": {
                "deployment_type": "self_deployed",
                "model_availability": "open_weights",
            },
        },
        "evaluation_results": [
            result("acc", 0.5, score_type="binary"),
            result("len", 7.0, score_type="continuous", min_score=0, max_score="Infinity"),
        ],
    }


def foreign_row(sample: str, metric: str, score: float = 0.0) -> dict[str, Any]:
    call = {"id": "c1", "name": "search", "arguments": {"q": "pears"}}
    return {
        "schema_version": "0.3.0",
        "evaluation_id": "trivia/org/tiny/1",
        "model_id": "org/tiny",
        "evaluation_name": "trivia",
        "evaluation_result_id": metric,
        "sample_id": sample,
        "interaction_type": "agentic",
        "input": {"raw": f"question {sample}", "reference": ["pear"], "choices": ["pear", "fig"]},
        "output": None,
        "messages": [
            {"turn_idx": 0, "role": "user", "content": f"question {sample}"},
            {"turn_idx": 1, "role": "assistant", "content": None, "tool_calls": [call]},
            {"turn_idx": 2, "role": "tool", "content": "pears are fruit", "tool_call_id": ["c1"]},
            {"turn_idx": 3, "role": "assistant", "content": "pear", "reasoning_trace": "sure"},
        ],
        "answer_attribution": [
            {
                "turn_idx": 3,
                "source": "messages[3].content",
                "extracted_value": "pear",
                "extraction_method": metric,
                "is_terminal": True,
            }
        ],
        "evaluation": {
            "score": score,
            "is_correct": score == 1.0,
            "num_turns": 2,
            "tool_calls_count": 1,
        },
        "performance": {"latency_ms": 12.5, "time_to_first_token_ms": 3.0},
        "metadata": {"topic": "fruit", "metric": metric},
    }


def test_likelihoods_come_back(tmp_path: Path) -> None:
    rows = [
        {
            "doc_id": 0,
            "doc": {"q": "fruit?"},
            "target": "1",
            "arguments": {
                "gen_args_0": {"arg_0": "Q:", "arg_1": " stone"},
                "gen_args_1": {"arg_0": "Q:", "arg_1": " pear"},
            },
            "resps": [[["-3.5", "False"]], [["-1.25", "True"]]],
            "filtered_resps": [["-3.5", "False"], ["-1.25", "True"]],
            "filter": "none",
            "metrics": ["acc"],
            "acc": 1.0,
        }
    ]
    source = tmp_path / "samples_fruit_2026-01-02T03-04-05.jsonl"
    source.write_text("\n".join(map(json.dumps, rows)))
    for to in ("eee", "lm-eval"):
        store = Store(tmp_path / f"from-{to}.db")
        import_logs([source], store)
        found = back(tmp_path, store, to)
        store.close()
        ((record),) = records(tmp_path / f"{to}.db", found.run).values()
        assert record.response is not None
        assert record.response.choices == (
            ChoiceLikelihood(" stone", -3.5, greedy=False),
            ChoiceLikelihood(" pear", -1.25, greedy=True),
        )


def test_the_command_line(tmp_path: Path, store: Store) -> None:
    measure(tmp_path, task())
    place = ["--store", str(tmp_path / "runs.db")]
    out = tmp_path / "out"

    def run(*words: str) -> Any:
        return CliRunner().invoke(cli, ["export", "last", *words, *place])

    written = run("--to", "eee", "-o", str(out), "--json")
    files = json.loads(written.stdout)["files"]
    assert len(files) == 2 and all(Path(file).is_file() for file in files)
    assert run("--to", "latex").stdout.startswith("% needs")
    assert "--to eee writes files" in str(run("--to", "eee", "-o", "-").exception)
    assert "name one" in str(run("--to", "csv", "--json").exception)
    blocked = tmp_path / "file"
    blocked.touch()
    assert "can't be written" in str(run("--to", "inspect", "-o", str(blocked)).exception)
    hub = run("--to", "hf", "-o", str(out))
    assert "no task whose data set is on the hub" in str(hub.exception)


def test_a_benchmark_on_the_hub_is_an_entry_in_percent(tmp_path: Path) -> None:
    place = ["--store", str(tmp_path / "runs.db")]
    results = {
        "results": {"fruit": {"acc,none": 0.125, "acc_stderr,none": 0.01}},
        "configs": {"fruit": {"dataset_path": "org/fruit", "test_split": "test"}},
        "n-samples": {"fruit": {"original": 8, "effective": 8}},
        "config": {"model": "hf", "model_args": "pretrained=org/tiny"},
    }
    (tmp_path / "results_x.json").write_text(json.dumps(results))
    CliRunner().invoke(cli, ["import", str(tmp_path / "results_x.json"), *place])
    words = ["export", "last", "--to", "hf", "-o", str(tmp_path), *place]
    assert CliRunner().invoke(cli, words).exit_code == 0
    (entry,) = yaml.safe_load((tmp_path / ".eval_results" / "org__fruit.yaml").read_text())
    assert entry["dataset"] == {"id": "org/fruit", "task_id": "default"}
    assert entry["value"] == 12.5
    assert entry["notes"].startswith("fruit: acc, percent; 95 % interval")
