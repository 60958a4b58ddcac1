"""Reasoning is separated from the answer in one place, and stop sequences cut the answer only."""

import pytest

from julja.models.reasoning import cut_at_stop, split_message, split_reasoning


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("The answer is 4.", None, "The answer is 4."),
        ("<think>2+2 is 4</think>\n\n4", "2+2 is 4", "4"),
        ("\n<think>\nhm\n</think>4", "hm", "4"),
        ("<think></think>4", None, "4"),
        ("<think>still at it", "still at it", ""),
        ("the prompt opened it</think>4", "the prompt opened it", "4"),
        ("[THINK]a[/THINK]b", "a", "b"),
        ("<thinking>a</thinking>b", "a", "b"),
        ("Write <think> around it.", None, "Write <think> around it."),
        (
            "<|channel|>analysis<|message|>sum<|end|><|start|>assistant<|channel|>final"
            "<|message|>4<|return|>",
            "sum",
            "4",
        ),
        ("<|channel|>analysis<|message|>cut off", "cut off", ""),
    ],
)
def test_split_reasoning(text: str, reasoning: str | None, answer: str) -> None:
    assert split_reasoning(text) == (reasoning, answer)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"content": "4", "reasoning_content": "2+2"}, ("2+2", "4")),
        ({"content": "4", "reasoning": "2+2"}, ("2+2", "4")),
        ({"content": None, "reasoning_content": "2+"}, ("2+", "")),
        ({"content": "<think>b</think>4", "reasoning": "a"}, ("a\n\nb", "4")),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "2+2"}]},
                    {"type": "text", "text": "4"},
                ]
            },
            ("2+2", "4"),
        ),
    ],
)
def test_split_message(message: dict, expected: tuple[str | None, str]) -> None:
    assert split_message(message) == expected


def test_the_earliest_stop_sequence_cuts() -> None:
    assert cut_at_stop("4\nB\nA", ("A", "B"), "length") == ("4\n", "stop")


def test_an_answer_without_a_stop_sequence_keeps_its_finish() -> None:
    assert cut_at_stop("4", ("Question:", ""), "length") == ("4", "length")
