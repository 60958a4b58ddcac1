"""What a user types for a task."""

import pytest

from julja.errors import ConfigError
from julja.tasks.spec import parse_spec


@pytest.mark.parametrize(
    ("text", "name", "subset", "options"),
    [
        ("gsm8k", "gsm8k", None, {}),
        ("mmlu/virology", "mmlu", "virology", {}),
        ("mmlu/virology:shots=0,seed=3", "mmlu", "virology", {"shots": 0, "seed": 3}),
        ("evals/bot.toml", "evals/bot.toml", None, {}),
        ("evals/bot.py/greeting:level=hard", "evals/bot.py", "greeting", {"level": "hard"}),
        ("/a/b.jsonl:limit=5", "/a/b.jsonl", None, {"limit": 5}),
        (
            "truthfulqa:release=v1,strict=true",
            "truthfulqa",
            None,
            {"release": "v1", "strict": True},
        ),
    ],
)
def test_specs(text, name, subset, options):
    spec = parse_spec(text)
    assert (spec.name, spec.subset, dict(spec.options)) == (name, subset, options)


@pytest.mark.parametrize("text", [":shots=1", "", "gsm8k:shots", "gsm8k:=3"])
def test_what_is_no_spec_is_refused(text):
    with pytest.raises(ConfigError):
        parse_spec(text)
