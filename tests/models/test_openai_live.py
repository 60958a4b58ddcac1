"""The OpenAI dialect against a real server: llama.cpp with SmolLM2, over loopback."""

import asyncio
import math
from collections.abc import Iterator
from typing import Any

import pytest

from julja.errors import JuljaError, ProviderError
from julja.models.registry import EngineOptions, open_engine

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A llama.cpp server that asks for a key."""
    xllamacpp = pytest.importorskip("xllamacpp")
    from julja.models.smollm2 import find_smollm2

    try:
        model = find_smollm2()
    except JuljaError as error:
        pytest.skip(str(error))
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.n_ctx = 2048
    params.n_parallel = 2
    params.cpuparams.n_threads = 2
    params.warmup = False
    params.port = 0
    params.api_keys = ["sekret123"]
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sekret123")


def ask(url: str, request: Any, **options: Any) -> Any:
    async def work() -> Any:
        engine = open_engine("openai/smollm2", EngineOptions(base_url=url, **options))
        try:
            return await engine.ask(request)
        finally:
            await engine.close()

    return asyncio.run(work())


def test_chat(url: str, ask_for: Any) -> None:
    response = ask(url, ask_for("What is the capital of France?", max_tokens=24, seed=1))
    # What a model of 135 million parameters says is not the matter here.
    assert response.text.strip()
    assert response.usage.input_tokens == 37
    assert 1 <= response.usage.output_tokens <= 24


def test_an_answer_that_is_cut_says_length(url: str, ask_for: Any) -> None:
    response = ask(url, ask_for("Count to one hundred.", max_tokens=3))
    assert (response.finish, response.usage.output_tokens) == ("length", 3)


def test_completions_with_a_stop_sequence(url: str, ask_for: Any) -> None:
    request = ask_for("1, 2, 3, 4, 5, 6,", max_tokens=24, stop=(" 9",))
    response = ask(url, request, api="completions")
    assert (response.text.strip(), response.finish) == ("7, 8,", "stop")


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_letters(url: str, ask_for: Any, api: str) -> None:
    text = "Is the sky blue?\nA. yes\nB. no\nReply with the letter alone.\nAnswer:"
    response = ask(url, ask_for(text, kind="letter", choices=("A", "B")), api=api)
    found = [c.loglikelihood for c in response.choices]
    assert any(math.isfinite(value) for value in found)
    assert math.fsum(math.exp(value) for value in found) <= 1.0


def test_it_does_not_echo_and_that_is_said(url: str, ask_for: Any) -> None:
    request = ask_for("The sky is", kind="rank", choices=(" blue", " made of cheese"))
    with pytest.raises(ProviderError) as caught:
        ask(url, request, extra={"echo": True})
    assert not caught.value.retryable
    assert "--form letter or generate" in (caught.value.hint or "")


def test_a_wrong_key_is_named_by_its_variable(
    url: str, ask_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "wrong-key-9")
    with pytest.raises(ProviderError, match="401") as caught:
        ask(url, ask_for())
    assert "Set OPENAI_API_KEY" in str(caught.value)
    assert "wrong-key-9" not in str(caught.value)


def test_a_prompt_that_is_too_long_says_what_to_do(url: str, ask_for: Any) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(url, ask_for("word " * 4000))
    assert not caught.value.retryable
    assert "lower --shots" in (caught.value.hint or "")
