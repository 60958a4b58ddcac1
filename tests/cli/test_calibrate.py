"""`julja judge calibrate` as its user sees it: one JSON object, tables, messages, exit codes."""

import csv
import json

import pytest

from julja.cli.main import main


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """A folder with judged items of which a third have a label."""
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "judged.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["item", "judge", "human"])
        for n in range(90):
            writer.writerow([f"문항{n}", (n * 7) % 5 + 1, (n * 7) % 5 + n % 2 if n < 30 else ""])
    return tmp_path


def run(capsys, *arguments):
    """(exit code, stdout, stderr) of one command."""
    with pytest.raises(SystemExit) as stop:
        main(["judge", "calibrate", *arguments])
    out, err = capsys.readouterr()
    return stop.value.code, out, err


def test_json_is_one_object(judged, capsys):
    code, out, _ = run(capsys, "judged.csv", "--json", "--bootstrap", "200")
    found = json.loads(out)
    assert code == 0
    assert found["files"] == ["judged.csv"]
    assert found["judges"][0]["labelled"] == 30
    assert found["judges"][0]["means"][0]["judge_only_remark"]


def test_the_table_names_a_judge_only_number_for_what_it_is(judged, capsys):
    code, out, err = run(capsys, "judged.csv", "--bootstrap", "200")
    assert (code, err) == (0, "")
    assert "judge   90 ratings of 90 items, 30 with a human label" in out
    (line,) = [line for line in out.splitlines() if line.startswith("mean ")]
    assert line.rstrip().endswith("judge only: no human label in it")
    assert "  PPI++ " in out
    assert "no noise: no item was judged twice in the same way" in out


def test_recalibrated_scores_are_written(judged, capsys):
    code, _, err = run(capsys, "judged.csv", "--out", "scores.jsonl", "--bootstrap", "200")
    rows = [json.loads(line) for line in (judged / "scores.jsonl").read_text("utf-8").splitlines()]
    assert (code, err) == (0, "julja: 90 recalibrated scores in scores.jsonl\n")
    assert rows[0]["item"] == "문항0"
    assert set(rows[0]) == {"item", "judge", "score", "recalibrated", "human"}
    assert rows[89]["human"] is None
    assert rows[89]["recalibrated"] is not None


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nope.csv",), 1, "nope.csv: there is no such file"),
        (("empty.csv",), 1, "empty.csv: the file is empty"),
        (("judged.csv", "-c", "judge=jugde"), 2, "no file has a column 'jugde'"),
        (("judged.csv", "-c", "item"), 2, "not ROLE=COLUMN"),
        (("judged.csv", "--judge-scale", "10:1"), 2, "not two ends of a scale"),
        (("judged.csv", "--bootstrap", "3"), 2, "too few for an interval"),
        (("judged.csv", "--family", "x="), 2, "no models"),
        (("judged.csv", "--out", "empty.csv/folder.jsonl"), 1, "can't be written"),
        (("alone.csv", "--out", "x.jsonl"), 2, "there is nothing to recalibrate"),
        ((), 2, "Missing argument"),
    ],
)
def test_wrong_use_is_explained(judged, capsys, arguments, code, message):
    (judged / "empty.csv").write_text("")
    (judged / "alone.csv").write_text("item,judge\n1,2\n2,3\n")
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert message in err


def test_an_error_is_json_too(judged, capsys):
    code, out, _ = run(capsys, "nope.csv", "--json")
    assert code == 1
    assert json.loads(out)["error"]["kind"] == "DataError"


@pytest.fixture
def run_id(tmp_path, monkeypatch, capsys):
    """A run of a small benchmark that a judge has graded, five times each answer."""
    monkeypatch.chdir(tmp_path)
    cases = [{"id": f"q{n}", "input": f"Say {n}.", "expected": str(n)} for n in range(12)]
    (tmp_path / "qs.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    (tmp_path / "qs.toml").write_text('cases = "qs.jsonl"\nscorer = "judge"\n')
    (tmp_path / "m.py").write_text(
        "def answer(prompt: str) -> str:\n    return prompt\n\n\n"
        "def judge(prompt: str) -> str:\n"
        "    return 'Lovely.' if 'Say 3.' in prompt else f'[[{len(prompt) % 5 + 1}]]'\n"
    )
    with pytest.raises(SystemExit):
        main(
            ["run", "qs.toml", "-m", "python/m.py:answer", "--judge", "python/m.py:judge", "--json"]
        )
    return json.loads(capsys.readouterr().out)["run"]


def test_a_run_s_judge_is_held_against_labels_of_its_samples(run_id, tmp_path, capsys):
    labels = "".join(f"q{n},{n % 5 + 1}\n" for n in range(2, 14))
    (tmp_path / "labels.csv").write_text("id,human\n" + labels)
    code, out, _ = run(capsys, run_id, "--human", "labels.csv", "--json", "--bootstrap", "200")
    found = json.loads(out)
    (judge,) = found["judges"]
    assert code == 0
    assert judge["judge"] == "python/m.py:judge"
    assert (judge["ratings"], judge["unparsed"]) == (60, 5)
    assert (judge["items"], judge["labelled"]) == (12, 9)
    assert judge["noise"]["within"] == 0
    assert found["lost"] == {"labels of items that no judge rated": 2}


def test_a_run_that_is_not_there_is_told_from_a_file(run_id, capsys):
    assert "there is no run 'lost'" in run(capsys, "lost")[2]
    assert "lost.csv: there is no such file" in run(capsys, "lost.csv")[2]
