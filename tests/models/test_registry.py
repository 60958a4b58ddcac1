"""Engines by name: late imports, and errors that say what to type next."""

import subprocess
import sys

import pytest

from julja.errors import ConfigError
from julja.models.registry import PROVIDERS, EngineOptions, open_engine


def test_all_after_the_first_slash_is_the_model() -> None:
    engine = open_engine("openai/meta-llama/Llama-3", EngineOptions("http://h/v1"))
    assert engine.name == "openai/meta-llama/Llama-3"
    assert engine.identity["model"] == "meta-llama/Llama-3"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("opneai/gpt-4o", "Did you mean openai?"),
        ("gpt-4o", "Did you mean openai/gpt-4o?"),
        ("zzz/x", "Providers: openai, anthropic"),
        ("openai/", "Write openai/MODEL"),
        ("mock/ecko", "Did you mean echo?"),
        ("mock/constant:txet=1", "Write mock/constant:text=YOUR TEXT"),
        ("python/nofile.py", "Write python/FILE.py:function"),
        ("python/nofile.py:f", "Write python/FILE.py:function"),
        ("replay/none.jsonl", "Write replay/FILE.jsonl"),
    ],
)
def test_a_wrong_name_says_what_to_type(name: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_engine(name)
    assert said in (caught.value.hint or "")


def test_an_unknown_model_argument_is_refused() -> None:
    with pytest.raises(ConfigError, match="no model argument 'latency'") as caught:
        open_engine("mock/echo", EngineOptions(extra={"latency": 1}))
    assert caught.value.hint == "Did you mean latency_ms?"


def test_the_connections_of_the_options_are_the_engines() -> None:
    assert open_engine("mock/echo", EngineOptions(max_connections=3)).max_connections == 3


def test_every_provider_has_a_help_line() -> None:
    assert all(target.startswith("julja.models.") and text for target, text in PROVIDERS.values())


def test_nothing_heavy_is_imported_before_an_engine_is_opened() -> None:
    code = (
        "import sys, julja.models.registry, julja.models.limiter, julja.models.prices;"
        "heavy = {'aiohttp', 'numpy', 'orjson', 'yarl', 'xllamacpp'} & set(sys.modules);"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("given", "ranks"), [("true", True), (True, True), ("false", False)])
def test_flags_may_come_as_text(given: object, ranks: bool) -> None:
    engine = open_engine("openai/m", EngineOptions("http://h/v1", extra={"echo": given}))
    assert ("rank" in engine.abilities) is ranks


@pytest.mark.parametrize(
    ("extra", "said"),
    [({"echo": "maybe"}, "echo=maybe is neither"), ({"top_logprobs": 0}, "at least 1")],
)
def test_a_senseless_argument_is_a_config_error(extra: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        open_engine("openai/m", EngineOptions("http://h/v1", extra=extra))
