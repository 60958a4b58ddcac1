"""lm-eval's files as `Log`: rows of every kind, older and newer files, foreign files."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest

from julja.errors import DataError
from julja.interop.lm_eval.files import find_logs
from julja.interop.lm_eval.results import read_log
from julja.interop.log import Log, LogTask
from julja.types import ChoiceLikelihood

STAMP = "2026-01-02T03-04-05.678901"
CHOSEN = {
    "doc_id": 4,
    "doc": {"question": "Which is a fruit?"},
    "target": "1",
    "arguments": {
        "gen_args_0": {"arg_0": "Q: fruit?\nA:", "arg_1": " stone"},
        "gen_args_1": {"arg_0": "Q: fruit?\nA:", "arg_1": " pear"},
    },
    "resps": [[["-3.5", "False"]], [["-1.25", "True"]]],
    "filtered_resps": [["-3.5", "False"], ["-1.25", "True"]],
    "filter": "none",
    "metrics": ["acc", "acc_norm"],
    "doc_hash": "d4",
    "prompt_hash": "p4",
    "target_hash": "t4",
    "acc": 1.0,
    "acc_norm": 0.0,
}
WRITTEN = {
    "doc_id": 0,
    "doc": {"question": "2+2?"},
    "target": "4",
    "arguments": {"gen_args_0": {"arg_0": "2+2?", "arg_1": {"until": ["\n"], "max_gen_toks": 9}}},
    "resps": [["so 4", "so 5"]],
    "filtered_resps": ["4"],
    "filter": "strict",
    "metrics": ["exact_match"],
    "doc_hash": "d0",
    "exact_match": 1.0,
}
RESULTS: dict[str, Any] = {
    "results": {"fruit": {"alias": "fruit", "acc,none": 1.0, "acc_stderr,none": "N/A"}},
    "configs": {"fruit": {"task": "fruit", "test_split": "test", "num_fewshot": 5}},
    "versions": {"fruit": 2.0},
    "n-shot": {"fruit": 5},
    "n-samples": {"fruit": {"original": 100, "effective": 1}},
    "config": {"model": "hf", "model_args": "pretrained=org/tiny,dtype=float32"},
    "total_evaluation_time_seconds": "12.5",
}


def write(folder: Path, name: str, rows: list[Any]) -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> Log:
    (files,) = find_logs([path])
    log = read_log(files)
    for task in log.tasks:
        assert len(list(task.items)) == len(task.items)
    return log


def samples(folder: Path, *rows: dict[str, Any]) -> LogTask:
    log = read(write(folder, f"samples_fruit_{STAMP}.jsonl", list(rows)))
    return log.tasks[0]


def test_a_choice_has_its_likelihoods_its_target_and_its_numbers(tmp_path: Path) -> None:
    task = samples(tmp_path, CHOSEN)
    (item,) = task.items
    assert item.sample.id == "doc-4"
    assert (item.sample.choices, item.sample.answer) == (("stone", "pear"), (1,))
    assert item.sample.target == ("pear",)
    assert item.request.prompt.text == "Q: fruit?\nA:"
    assert item.response.choices == (
        ChoiceLikelihood(" stone", -3.5, greedy=False),
        ChoiceLikelihood(" pear", -1.25, greedy=True),
    )
    assert item.score.values == {"acc": 1.0, "acc_norm": 0.0}
    assert item.score.extracted == "pear"
    assert (task.form, task.shots, task.version, task.total) == ("rank", None, None, 1)


def test_all_filters_of_a_document_are_one_record(tmp_path: Path) -> None:
    other = {**WRITTEN, "filter": "flexible", "filtered_resps": ["[invalid]"], "exact_match": 0.0}
    (item,) = samples(tmp_path, WRITTEN, other).items
    assert item.score.values == {"exact_match,strict": 1.0, "exact_match,flexible": 0.0}
    assert (item.score.state, item.score.extracted) == ("scored", "4")
    assert item.score.details == {"filtered": {"strict": "4", "flexible": "[invalid]"}}
    assert (item.response.text, item.request.decoding.stop) == ("so 4", ("\n",))
    assert item.request.decoding.max_tokens == 9


def test_an_answer_that_no_filter_could_read_is_unparsed(tmp_path: Path) -> None:
    row = {**WRITTEN, "filtered_resps": ["[invalid]"], "exact_match": 0.0}
    (item,) = samples(tmp_path, row).items
    assert (item.score.state, item.score.extracted) == ("unparsed", None)


def test_a_document_without_a_number_is_skipped_and_never_zero(tmp_path: Path) -> None:
    (item,) = samples(tmp_path, {**WRITTEN, "exact_match": math.nan}).items
    assert (item.score.state, dict(item.score.values)) == ("skipped", {})


def test_contexts_that_differ_and_a_shared_continuation(tmp_path: Path) -> None:
    row = {
        **CHOSEN,
        "arguments": {
            "gen_args_0": {"arg_0": "He gave Ann", "arg_1": " a pear."},
            "gen_args_1": {"arg_0": "He gave Bob", "arg_1": " a pear."},
        },
    }
    request = next(iter(samples(tmp_path, row).items)).request
    assert (request.prompt.text, request.contexts) == ("He gave ", ("Ann", "Bob"))
    assert request.context(1) == "He gave Bob"


def test_mutual_information_asks_each_choice_twice(tmp_path: Path) -> None:
    asked = {
        **CHOSEN["arguments"],
        "gen_args_2": {"arg_0": "", "arg_1": " stone"},
        "gen_args_3": {"arg_0": "", "arg_1": " pear"},
    }
    answers = [*CHOSEN["resps"], [["-9.0", "False"]], [["-7", "False"]]]
    row = {**CHOSEN, "arguments": asked, "resps": answers}
    (item,) = samples(tmp_path, row).items
    assert item.request.unconditional == ""
    assert [c.unconditional for c in item.response.choices] == [-9.0, -7.0]


def test_a_rolling_text_weighs_by_its_words(tmp_path: Path) -> None:
    row = {
        **WRITTEN,
        "arguments": {"gen_args_0": {"arg_0": "one two three"}},
        "resps": [["-6.0"]],
        "filter": "none",
        "metrics": ["word_perplexity"],
        "word_perplexity": [-6.0, 3],
    }
    task = samples(tmp_path, row)
    (item,) = task.items
    assert item.request.rolling and item.request.choices == ("one two three",)
    assert item.score.values == {"word_perplexity:nats": 2.0}
    metric = task.metrics[0].metric
    assert metric.weight is not None and metric.weight(item.sample) == 3.0
    assert metric.transform is not None and metric.transform(2.0) == pytest.approx(math.e**2)


def test_pairs_and_lists_of_verdicts(tmp_path: Path) -> None:
    row = {
        **CHOSEN,
        "metrics": ["mcc", "brier_score", "inst_acc"],
        "mcc": [1, 0],
        "brier_score": [1, "[0.25 0.75]"],
        "inst_acc": [True, False, True, True],
    }
    (item,) = samples(tmp_path, row).items
    assert item.score.values == {
        "mcc:gold": 1.0,
        "mcc:predicted": 0.0,
        "brier_score": 0.125,
        "inst_acc": 0.75,
    }
    assert item.sample.fields["lm_eval_weights"] == {"inst_acc": 4.0}


def test_older_rows_name_no_filter_and_no_arguments(tmp_path: Path) -> None:
    row = {key: value for key, value in CHOSEN.items() if key not in ("filter", "metrics")}
    row["arguments"] = [["Q: fruit?\nA:", " stone"], ["Q: fruit?\nA:", " pear"]]
    row["resps"] = [[[-3.5, False]], [[-1.25, True]]]
    (item,) = samples(tmp_path, row).items
    assert [c.loglikelihood for c in item.response.choices] == [-3.5, -1.25]
    assert item.score.values == {"acc": 1.0, "acc_norm": 0.0}


def test_a_results_file_and_its_samples_are_one_log(tmp_path: Path) -> None:
    (tmp_path / f"results_{STAMP}.json").write_text(json.dumps(RESULTS))
    packed = tmp_path / f"samples_fruit_{STAMP}.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(CHOSEN).encode()))
    write(tmp_path, "samples_fruit_2025-01-01T00-00-00.jsonl", [CHOSEN])
    assert len(find_logs([tmp_path])) == 2
    log = read(packed)
    assert (log.model, log.seconds) == ("hf/org/tiny", 12.5)
    (task,) = log.tasks
    assert (task.version, task.shots, task.total) == (2, 5, 1)
    assert next(iter(task.items)).sample.id == "test-4"
    assert [(m.key, m.value, m.stderr) for m in task.metrics] == [
        ("acc", 1.0, None),
        ("acc_norm", None, None),
    ]


def test_files_of_the_first_releases_have_no_stamp(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(json.dumps(RESULTS))
    (tmp_path / "pretrained__tiny_fruit.jsonl").write_text(json.dumps([CHOSEN], indent=1))
    log = read(tmp_path / "results.json")
    assert len(log.tasks[0].items) == 1


def test_groups_stand_apart_from_tasks(tmp_path: Path) -> None:
    group = {"alias": "food", "acc,none": 0.0, "sample_count": {"acc,none": 7}}
    content = {
        **RESULTS,
        "results": {**RESULTS["results"], "food": group},
        "groups": {"food": group},
        "group_subtasks": {"food": ["fruit"], "fruit": []},
    }
    path = tmp_path / f"results_{STAMP}.json"
    path.write_text(json.dumps(content))
    log = read(path)
    assert [task.name for task in log.tasks] == ["fruit"]
    (found,) = log.groups
    assert (found.name, found.members, found.metric.value, found.n) == ("food", ("fruit",), 0.0, 7)


def test_a_repeated_row_is_left_out_and_told(tmp_path: Path) -> None:
    log = read(write(tmp_path, f"samples_fruit_{STAMP}.jsonl", [CHOSEN, CHOSEN]))
    assert len(log.tasks[0].items) == 1
    assert "1 rows repeat a document" in log.warnings[0]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("results_x.json", {"a": 1}, 'no results file of lm-eval: it has no "results"'),
        ("results_x.json", {"results": {"a": {}}}, "neither versions nor configs"),
        ("samples_x.jsonl", {"prompt": "?"}, "row 1 has no doc_id"),
        ("samples_x.jsonl", {**CHOSEN, "resps": [["x"], ["y"]]}, "document 4: its arguments"),
        ("samples_x.jsonl", {**CHOSEN, "resps": CHOSEN["resps"][:1]}, "2 requests have 1 answers"),
    ],
)
def test_foreign_files_are_told_apart(
    tmp_path: Path, name: str, content: dict[str, Any], message: str
) -> None:
    (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(DataError, match=message):
        read(tmp_path / name)


def test_an_empty_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no files of lm-eval"):
        find_logs([tmp_path])
    with pytest.raises(DataError, match="no such file or folder"):
        find_logs([tmp_path / "nothing"])
