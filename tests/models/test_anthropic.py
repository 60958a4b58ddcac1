"""Anthropic's messages API on the wire."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from julja.errors import ConfigError, ProviderError, RateLimitError
from julja.models.registry import EngineOptions, open_engine
from julja.types import Usage


def message(*blocks: dict[str, Any], stop: str = "end_turn") -> dict[str, Any]:
    return {
        "model": "claude-x",
        "content": list(blocks),
        "stop_reason": stop,
        "usage": {"input_tokens": 5, "output_tokens": 3, "cache_read_input_tokens": 100},
    }


TEXT = {"type": "text", "text": "4"}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sekret123")


def ask(server: Any, request: Any, **options: Any) -> Any:
    async def work() -> Any:
        engine = open_engine("anthropic/claude-x", EngineOptions(base_url=server.url, **options))
        try:
            return await engine.ask(request)
        finally:
            await engine.close()

    return asyncio.run(work())


def test_the_body_and_headers(server: Any, ask_for: Any) -> None:
    server.answers = [message(TEXT)]
    turns = (("system", "Be brief."), ("user", "2+2?"), ("assistant", "It is "))
    request = ask_for(messages=turns, max_tokens=9, top_p=0.5, seed=3, stop=("\n\n", "Q:"))
    ask(server, request, extra={"metadata": {"user_id": "u"}})
    assert server.paths == ["/v1/messages"]
    assert server.headers[0]["x-api-key"] == "sekret123"
    assert server.headers[0]["anthropic-version"] == "2023-06-01"
    assert server.bodies[0] == {
        "model": "claude-x",
        "max_tokens": 9,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "2+2?"},
            {"role": "assistant", "content": "It is"},
        ],
        "temperature": 0.0,
        "top_p": 0.5,
        "stop_sequences": ["Q:"],
        "metadata": {"user_id": "u"},
    }


def test_thinking_is_kept_apart_and_cached_input_counted_in(server: Any, ask_for: Any) -> None:
    server.answers = [message({"type": "thinking", "thinking": "2+2"}, TEXT)]
    response = ask(server, ask_for())
    assert (response.text, response.reasoning, response.finish) == ("4", "2+2", "stop")
    assert response.usage == Usage(105, 3, 100, None)


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("max_tokens", "length"),
        ("stop_sequence", "stop"),
        ("refusal", "refusal"),
        ("pause_turn", "unknown"),
    ],
)
def test_how_an_answer_ended(server: Any, ask_for: Any, stop: str, finish: str) -> None:
    server.answers = [message(TEXT, stop=stop)]
    assert ask(server, ask_for()).finish == finish


def test_stops_of_white_space_cut_here(server: Any, ask_for: Any) -> None:
    server.answers = [message({"type": "text", "text": "4\n\nmore"})]
    assert ask(server, ask_for(stop=("\n\n",))).text == "4"
    assert "stop_sequences" not in server.bodies[0]


def test_overload_is_a_rate_limit(server: Any, ask_for: Any) -> None:
    said = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    server.answers = [web.Response(status=529, text=said)]
    with pytest.raises(RateLimitError, match=r"529: Overloaded \(overloaded_error\)"):
        ask(server, ask_for())


def test_an_answer_without_content_can_be_tried_again(server: Any, ask_for: Any) -> None:
    server.answers = [{"type": "message"}]
    with pytest.raises(ProviderError, match="no content") as caught:
        ask(server, ask_for())
    assert caught.value.retryable


def test_a_temperature_that_is_refused_is_left_out(server: Any, ask_for: Any) -> None:
    said = '{"error": {"message": "`temperature` may only be set to 1 when thinking is enabled."}}'
    server.answers = [web.Response(status=400, text=said), message(TEXT)]
    assert ask(server, ask_for()).text == "4"
    assert "temperature" not in server.bodies[1]


def test_it_gives_no_likelihoods(server: Any, ask_for: Any) -> None:
    with pytest.raises(ProviderError, match="can't answer letter"):
        ask(server, ask_for(kind="letter", choices=("A",)))


def test_a_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(ConfigError) as caught:
        open_engine("anthropic/claude-x")
    assert caught.value.hint == "Set ANTHROPIC_API_KEY."
