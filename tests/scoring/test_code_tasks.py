"""humaneval and mbpp on rows of our own: self-checks, prompts, submission files."""

import pytest

from julja.benchmarks.code.humaneval import humaneval
from julja.benchmarks.code.mbpp import mbpp
from julja.errors import ConfigError, DataError
from julja.tasks.render import render_prompt
from julja.tasks.task import Check, Task
from julja.types import Response

CASES = [
    pytest.param(task, check, id=f"{task.name}-{number}")
    for task in (humaneval(), mbpp())
    for number, check in enumerate(task.checks)
]


@pytest.mark.sandbox
@pytest.mark.parametrize(("task", "check"), CASES)
def test_self_checks(task: Task, check: Check) -> None:
    score = task.forms["generate"].scorer(task.sample(check.row), Response(text=check.response))

    assert score.values == {"passed": check.value}


def test_chat_style_asks_for_the_whole_function() -> None:
    task = humaneval(style="chat")
    sample = task.sample(task.checks[0].row)

    prompt = render_prompt(task.forms["generate"], sample).text

    assert prompt == (
        "Complete this Python function. Answer with the whole function in one code block.\n\n"
        "```python\ndef double_all(numbers: list) -> list:\n"
        '    """Return every number times two.\n\n'
        "    >>> double_all([1, 2])\n    [2, 4]\n"
        '    """\n```'
    )


def test_only_base_style_sends_stop_words() -> None:
    stops = [humaneval(style=style).forms["generate"].decoding.stop for style in ("plain", "chat")]

    assert stops == [(), ()]
    assert humaneval(style="base").forms["generate"].decoding.stop == (
        "\nclass",
        "\ndef",
        "\n#",
        "\nif",
        "\nprint",
    )


def test_mbpp_chat_style_has_no_shots() -> None:
    task = mbpp(style="chat")
    sample = task.sample(task.checks[0].row)

    assert task.forms["generate"].shots == 0
    assert render_prompt(task.forms["generate"], sample).text == (
        "You are an expert Python programmer, and here is your task: Write a function to find the"
        " widest gap between neighbours of a list. Your code should pass these tests:\n\n"
        "assert widest_gap([1, 4, 5]) == 3\n"
        "assert widest_gap([9, 2]) == 7\n"
        "assert widest_gap([3, 3, 3]) == 0\n"
        "\nAnswer with the whole program in one Python code block."
    )


@pytest.mark.parametrize("make", [humaneval, mbpp])
def test_an_unknown_style_is_refused(make: type[Task]) -> None:
    with pytest.raises(ConfigError, match=r"no style 'chatt'\. Did you mean chat\?"):
        make(style="chatt")  # type: ignore[call-arg]


def test_submissions_are_grouped_by_task() -> None:
    task = humaneval()
    row = dict(task.checks[0].row)
    samples = [task.sample({**row, "task_id": f"HumanEval/{number}"}) for number in (0, 1)]
    content = [
        {"task_id": "HumanEval/0", "completion": "a"},
        {"task_id": 1, "completion": "b"},
        {"task_id": "HumanEval/0", "completion": "c"},
        {"task_id": "HumanEval/9", "solution": "d"},
    ]
    assert task.responses is not None
    assert task.responses(content, samples) == [
        {"id": "HumanEval/0", "response": ["a", "c"]},
        {"id": "HumanEval/1", "response": ["b"]},
        {"id": "HumanEval/9", "response": ["d"]},
    ]


def test_submissions_by_prompt_and_by_evalplus_names() -> None:
    task = mbpp()
    samples = [task.sample({**task.checks[0].row, "task_id": 11})]
    assert task.responses is not None

    by_name = task.responses([{"task_id": "Mbpp/11", "solution": "x"}], samples)
    by_prompt = task.responses(
        [{"prompt": samples[0].input + "\n", "samples": ["x", "y"]}], samples
    )

    assert by_name == [{"id": "11", "response": ["x"]}]
    assert by_prompt == [{"id": "11", "response": ["x", "y"]}]


def test_a_row_that_is_no_program_is_named() -> None:
    task = humaneval()
    assert task.responses is not None

    with pytest.raises(DataError, match=r"row 2 of the responses is no program"):
        task.responses([{"task_id": "a", "completion": "x"}, {"task_id": "b"}], [])
