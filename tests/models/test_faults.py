"""A loopback server that fails in every way: what can recover recovers, the rest says why."""

import asyncio
import socket
from typing import Any

import pytest

from julja.errors import ConfigError, ProviderError, ProviderTimeoutError, RateLimitError
from julja.models.limiter import Limiter
from julja.models.registry import EngineOptions, open_engine

GOOD = {"choices": [{"message": {"content": "4"}, "finish_reason": "stop"}]}


def ask_once(url: str, request: Any, timeout_s: float = 5.0) -> Any:
    async def work() -> Any:
        engine = open_engine("openai/m", EngineOptions(base_url=url, timeout_s=timeout_s))
        try:
            return await engine.ask(request)
        finally:
            await engine.close()

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("429", RateLimitError, "answered 429: slow down"),
        ("503", RateLimitError, "answered 503: loading"),
        ("500", ProviderError, "answered 500: oops"),
        ("cut", ProviderError, "cut the connection"),
        ("hang", ProviderTimeoutError, "did not answer within 0.3 s"),
        ("invalid", ProviderError, "invalid JSON"),
        ("no object", ProviderError, "JSON that is no object"),
        ("empty", ProviderError, "no choice"),
        ("null", ProviderError, "a choice without content"),
        ("shape", ProviderError, "an answer of another shape"),
    ],
)
def test_each_fault_is_an_error_that_can_be_tried_again(
    server: Any, faults: Any, ask_for: Any, fault: str, kind: type, said: str
) -> None:
    server.answers = [faults[fault]]
    with pytest.raises(kind, match=said) as caught:
        ask_once(server.url, ask_for(), timeout_s=0.3)
    assert caught.value.retryable


def test_a_run_through_every_fault_recovers(server: Any, faults: Any, ask_for: Any) -> None:
    server.answers = [*faults.values(), GOOD]

    async def work() -> Any:
        engine = open_engine("openai/m", EngineOptions(base_url=server.url, timeout_s=0.3))
        limiter = Limiter(4, max_retries=len(faults), base_s=0.01, cap_s=0.05)
        response = await limiter.run(lambda: engine.ask(ask_for()))
        await engine.close()
        return response, limiter

    response, limiter = asyncio.run(work())
    assert (response.text, response.attempts) == ("4", len(faults) + 1)
    assert (limiter.rate_limited, limiter.retries) == (2, len(faults))


def test_what_does_not_recover_is_counted(server: Any, faults: Any, ask_for: Any) -> None:
    server.answers = [faults["500"]]

    async def work() -> list[Any]:
        engine = open_engine("openai/m", EngineOptions(base_url=server.url))
        limiter = Limiter(4, max_retries=1, base_s=0.01)
        calls = (limiter.run(lambda: engine.ask(ask_for())) for _ in range(5))
        found = await asyncio.gather(*calls, return_exceptions=True)
        await engine.close()
        return found

    found = asyncio.run(work())
    assert [type(error).__name__ for error in found] == ["ProviderError"] * 5
    assert len(server.bodies) == 10


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def test_a_server_that_was_never_there_is_not_asked_again(ask_for: Any) -> None:
    with pytest.raises(ProviderError, match="can't be reached") as caught:
        ask_once(f"http://127.0.0.1:{free_port()}/v1", ask_for())
    assert not caught.value.retryable
    assert "Is the server running" in (caught.value.hint or "")


def test_no_key_or_password_is_shown(
    server: Any, ask_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sekret123")
    from aiohttp import web

    server.answers = [web.Response(status=401, text="wrong: sekret123 or hunter22")]
    url = server.url.replace("http://", "http://ann:hunter22@") + "/v1?k=v1secret"
    engine = open_engine("openai/m", EngineOptions(base_url=url))

    async def work() -> str:
        with pytest.raises(ProviderError) as caught:
            await engine.ask(ask_for())
        await engine.close()
        return str(caught.value)

    shown = asyncio.run(work()) + repr(engine) + str(engine.identity)
    assert server.headers[0]["Authorization"] == "Bearer sekret123"
    assert server.paths[0] == "/v1/chat/completions?k=v1secret"
    assert not any(word in shown for word in ("sekret123", "hunter22", "v1secret", "ann"))


def test_the_login_of_the_base_url_is_used_when_there_is_no_key(server: Any, ask_for: Any) -> None:
    server.answers = [GOOD]
    ask_once(server.url.replace("http://", "http://ann:hunter22@"), ask_for())
    assert server.headers[0]["Authorization"] == "Basic YW5uOmh1bnRlcjIy"


def test_the_proxy_of_the_environment_is_used(
    server: Any, ask_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    server.answers = [GOOD]
    assert ask_once("http://models.invalid/v1", ask_for()).text == "4"
    assert server.headers[0]["Host"] == "models.invalid"


def test_one_engine_serves_several_event_loops(server: Any, ask_for: Any) -> None:
    server.answers = [GOOD]
    engine = open_engine("openai/m", EngineOptions(base_url=server.url))

    async def work() -> str:
        text = (await engine.ask(ask_for())).text
        await engine.close()
        return text

    assert [asyncio.run(work()), asyncio.run(work())] == ["4", "4"]


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x", "http://", "http://a:b@:x/"])
def test_a_wrong_base_url_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError, match="no http"):
        open_engine("openai/m", EngineOptions(base_url=url))
