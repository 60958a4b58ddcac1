"""What a user is advised, and what the lists and cards say."""

import json

import pytest

from julja.cli.main import main
from julja.run.catalog import index
from julja.run.suggest import purposes, suggest


def run(capsys, *words):
    with pytest.raises(SystemExit) as stopped:
        main(list(words))
    out, err = capsys.readouterr()
    return stopped.value.code, out, err


def test_every_purpose_of_the_field_has_an_advice():
    assert set(purposes()) == {
        *("general", "maths", "code", "instruction", "safety", "long-context"),
        *("agent", "multimodal", "korean", "own-product"),
    }
    for name in purposes():
        advice = suggest(name)
        assert advice.run and advice.advice
        assert all(item.why for item in (*advice.run, *advice.saturated))


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("수학", "maths"),
        ("Coding", "code"),
        ("긴 문맥", "long-context"),
        ("LLM in general", "general"),
        ("own product", "own-product"),
        ("Long_context", "long-context"),
    ],
)
def test_a_purpose_is_found_by_the_users_own_word(word, name):
    assert suggest(word).name == name


def test_an_advice_says_what_is_saturated_and_ends_with_a_command(capsys):
    code, out, _ = run(capsys, "suggest", "maths")
    assert code == 0
    assert "Saturated" in out and "gsm8k" in out and "0.95 to 0.97" in out
    assert out.rstrip().splitlines()[-1].startswith("julja run math")


@pytest.mark.parametrize("name", sorted(purposes()))
def test_every_advice_is_printed_with_a_command_where_julja_has_a_benchmark(name, capsys):
    code, out, _ = run(capsys, "suggest", name)
    here = [item.task for item in suggest(name).run if item.known]
    last = out.rstrip().splitlines()[-1]
    assert code == 0
    assert last.startswith(f"julja run {' '.join(here)} -m") if here else "julja run" not in last


def test_what_julja_does_not_have_is_named_so(capsys):
    code, out, _ = run(capsys, "suggest", "agent", "--json")
    known = {item["task"]: item["known"] for item in json.loads(out)["run"]}
    assert code == 0
    assert known["webarena"] is ("webarena" in index())


def test_an_unknown_purpose_is_told_with_those_there_are(capsys):
    code, _, err = run(capsys, "suggest", "mats")
    assert code == 2
    assert "Did you mean" in err and "maths" in err


def test_tasks_are_listed_by_ability_language_form_and_licence(capsys):
    code, out, _ = run(capsys, "list", "tasks", "--licence", "mit", "--form", "rank", "--json")
    rows = json.loads(out)
    assert code == 0 and rows
    assert all("MIT" in row["licence"] and "rank" in row["forms"] for row in rows)
    _, out, _ = run(capsys, "list", "tasks", "--ability", "juggling")
    assert "no task with --ability juggling" in out and "mathematics" in out


def test_a_card_says_where_the_data_come_from_and_shows_a_prompt(capsys):
    code, out, _ = run(capsys, "show", "gsm8k")
    assert code == 0
    assert "openai/gsm8k" in out and "── prompt (generate" in out


def test_a_suite_of_one_task_s_subsets_has_its_card_once(capsys):
    code, out, _ = run(capsys, "show", "agieval", "--json")
    assert code == 0
    assert json.loads(out)["task"] == "agieval"
    _, out, _ = run(capsys, "show", "kobest", "--json")
    assert len(json.loads(out)) == 5
