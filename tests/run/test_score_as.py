"""An imported run's answers, scored as a task of julja's: matched by what was asked."""

import json
from pathlib import Path
from typing import Any

import pytest

from julja.cli.main import main
from julja.store.sqlite import Store
from julja.types import Message, Prompt, Record, Response, Sample

TASK = """
from julja.tasks.task import Form, Task, task
from julja.scoring.choice import ranked
from julja.scoring.match import choice_letter, exact
from julja.types import Sample

ROWS = [
    {"q": "Which fruit is green and sweet?", "c": ["pear", "fig", "plum"], "a": 0},
    {"q": "Which fruit is dark and full of seeds?", "c": ["pear", "fig", "plum"], "a": 1},
    {"q": "Same question?", "c": ["one", "two", "three"], "a": 0},
    {"q": "Same question?", "c": ["red", "blue", "white"], "a": 2},
]

@task
def fruit():
    return Task(
        name="fruit",
        rows=ROWS,
        sample=lambda row: Sample(
            "", row["q"], (row["c"][row["a"]],), choices=tuple(row["c"]), answer=(row["a"],)
        ),
        forms={
            "generate": Form(prompt="{{ input }}", scorer=exact()),
            "rank": Form(prompt="{{ input }}", scorer=ranked("acc")),
        },
    )
"""
QUESTIONS = {
    "green": ("Which fruit is green and sweet?", ["pear", "fig", "plum"]),
    "dark": ("Which fruit is dark and full of seeds?", ["pear", "fig", "plum"]),
}


def run(tmp_path: Path, *words: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main([*words, "--store", str(tmp_path / "runs.db")])
    return int(str(stopped.value.code))


@pytest.fixture
def task(tmp_path: Path) -> str:
    path = tmp_path / "fruit.py"
    path.write_text(TASK)
    return str(path)


def sample(number: int, question: str, answer: str, **more: Any) -> dict[str, Any]:
    """A sample of an inspect log, whose ids are row numbers that count from 1."""
    prompt = more.pop("prompt", question)
    return {
        "id": number,
        "epoch": 1,
        "input": question,
        "target": more.pop("target", ""),
        "messages": [
            {"role": "user", "content": prompt},
            {"role": "assistant", "content": answer},
        ],
        "output": {"choices": [{"message": {"role": "assistant", "content": answer}}]},
        "scores": {"match": {"value": "I"}},
        **more,
    }


def bring(tmp_path: Path, *samples: dict[str, Any]) -> None:
    log = {
        "version": 2,
        "status": "success",
        "eval": {"task": "other", "model": "openai/m"},
        "results": {"total_samples": len(samples), "scores": []},
        "samples": list(samples),
    }
    path = tmp_path / "log.json"
    path.write_text(json.dumps(log))
    assert run(tmp_path, "import", str(path)) == 0


def score(tmp_path: Path, task: str, capsys: Any) -> tuple[dict[str, Any], str]:
    capsys.readouterr()
    code = run(tmp_path, "score", "last", "--as", task, "--json")
    said = capsys.readouterr()
    return (json.loads(said.out) if code == 0 else {}), said.err


def test_answers_find_their_samples_whatever_their_ids(
    tmp_path: Path, task: str, capsys: Any
) -> None:
    shots = f"{QUESTIONS['dark'][0]} fig\n\n{QUESTIONS['green'][0]}\nAnswer:"
    bring(
        tmp_path,
        sample(1, QUESTIONS["dark"][0], "fig"),
        sample(2, "", "pear", prompt=shots),
    )
    result, said = score(tmp_path, task, capsys)
    (part,) = result["results"]
    assert part["metrics"]["exact_match"]["value"] == 1.0
    assert part["metrics"]["exact_match"]["n"] == part["counts"]["total"] == 2
    assert result["rescored"]["by"] == {"question": 1, "prompt": 1}
    assert (result["rescored"]["of"], result["rescored"]["lost"]) == (4, {})
    assert "samples:2/4" in result["signature"]
    assert "2 answers fit samples of" in said
    store = Store(tmp_path / "runs.db")
    found = {record.sample: record for record in store.records(result["run"])}
    assert found["test-0"].response is not None and found["test-0"].response.text == "pear"
    store.close()
    # It is scored again like any other run, of the same samples.
    assert run(tmp_path, "score", result["run"], "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["results"][0]["counts"]["total"] == 2


def test_what_fits_no_sample_or_several_is_told(tmp_path: Path, task: str, capsys: Any) -> None:
    bring(
        tmp_path,
        sample(1, QUESTIONS["green"][0], "pear"),
        sample(2, "Something else entirely?", "x"),
        sample(3, "Same question?", "one"),
        sample(4, "Same question?", "white", choices=["red", "blue", "white"]),
    )
    result, said = score(tmp_path, task, capsys)
    assert result["rescored"]["matched"] == 2
    assert result["rescored"]["lost"] == {
        "fit no sample": 1,
        "have a question that several samples share": 1,
    }
    assert "1 fit no sample (first: other/2)" in said


def test_letters_of_shuffled_choices_are_not_scored(tmp_path: Path, task: str, capsys: Any) -> None:
    question, choices = QUESTIONS["green"]
    shown = f"{question}\nA. plum\nB. fig\nC. pear"
    bring(
        tmp_path,
        sample(1, question, "C", choices=choices[::-1]),
        sample(2, QUESTIONS["dark"][0], "fig", target="B", choices=choices),
    )
    result, _ = score(tmp_path, task, capsys)
    assert result["rescored"]["lost"] == {"have their choices in another order": 1}
    assert result["rescored"]["other_targets"] == 0
    bring(tmp_path, sample(1, question, "C", prompt=shown))
    assert "in another order" in score(tmp_path, task, capsys)[1]


def test_another_right_answer_in_the_log_is_told(tmp_path: Path, task: str, capsys: Any) -> None:
    bring(tmp_path, sample(1, QUESTIONS["green"][0], "pear", target="fig"))
    result, said = score(tmp_path, task, capsys)
    assert result["rescored"]["other_targets"] == 1
    assert "1 of the matched samples have another right answer" in said
    assert result["results"][0]["metrics"]["exact_match"]["value"] == 1.0


def test_likelihoods_are_put_in_the_order_of_the_choices(
    tmp_path: Path, task: str, capsys: Any
) -> None:
    texts = [" plum", " fig", " pear"]
    row = {
        "doc_id": 9,
        "doc": {},
        "target": "2",
        "arguments": {
            f"gen_args_{i}": {"arg_0": QUESTIONS["green"][0], "arg_1": text}
            for i, text in enumerate(texts)
        },
        "resps": [[["-5", "False"]], [["-4", "False"]], [["-1", "True"]]],
        "filtered_resps": [],
        "filter": "none",
        "metrics": ["acc"],
        "acc": 0.0,
    }
    path = tmp_path / "samples_x_2026-01-02T03-04-05.jsonl"
    path.write_text(json.dumps(row))
    assert run(tmp_path, "import", str(path)) == 0
    result, _ = score(tmp_path, task, capsys)
    (part,) = result["results"]
    assert (part["form"], part["metrics"]["acc"]["value"]) == ("rank", 1.0)


def test_it_says_why_it_can_not(tmp_path: Path, task: str, capsys: Any) -> None:
    bring(tmp_path, sample(1, "Something else entirely?", "x"))
    assert "none of its 1 answers fits a sample" in score(tmp_path, task, capsys)[1]
    bring(tmp_path)
    assert "holds no answers that could be scored" in score(tmp_path, task, capsys)[1]
    assert run(tmp_path, "run", task, "-m", "mock/constant:text=pear") == 0
    _, said = score(tmp_path, task, capsys)
    assert "was not imported" in said
    answers = tmp_path / "a.jsonl"
    answers.write_text('{"id": "test-0", "response": "pear"}\n')
    words = ("score", "last", "--as", task, "--responses", str(answers))
    assert run(tmp_path, *words) == 2
    assert "name one" in capsys.readouterr().err


def test_an_answer_in_another_form_is_told(tmp_path: Path, capsys: Any) -> None:
    numbers = TASK.replace("scorer=exact()", "scorer=choice_letter()")
    path = tmp_path / "fruit.py"
    path.write_text(numbers)
    bring(tmp_path, sample(1, QUESTIONS["green"][0], "no letter here at all: 42"))
    capsys.readouterr()
    run(tmp_path, "score", "last", "--as", str(path))
    assert "1 of 1 answers can't be read as fruit asks for them" in capsys.readouterr().err


def test_ids_that_are_no_row_numbers_count() -> None:
    from julja.run.match_log import is_row_number, words_of

    assert is_row_number("test-12") and is_row_number("7")
    assert not is_row_number("HumanEval/12a") and not is_row_number("5733be28")
    assert words_of("  Is it\n“GREEN”? ") == ("is", "it", "green")


def test_a_record_without_an_answer_is_lost_by_name() -> None:
    from julja.run.match_log import match_records

    record = Record("r", "t", "s", 0, "error", prompt=Prompt((Message("user", "?"),)))
    made = match_records([(record, Sample("s", "?"))], [])
    assert made.lost == {"have no answer": 1}
    answered = Record("r", "t", "s", 0, "scored", response=Response("x"))
    assert match_records([(answered, None)], []).lost == {"fit no sample": 1}
