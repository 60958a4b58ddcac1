"""Gemini's generateContent on the wire."""

import asyncio
from typing import Any

import pytest

from julja.errors import ConfigError, ProviderError
from julja.models.registry import EngineOptions, open_engine
from julja.types import Usage


def content(*parts: dict[str, Any], finish: str = "STOP", **more: Any) -> dict[str, Any]:
    return {
        "candidates": [{"content": {"parts": list(parts)}, "finishReason": finish, **more}],
        "usageMetadata": {
            "promptTokenCount": 7, "candidatesTokenCount": 2, "thoughtsTokenCount": 5,
        },
        "modelVersion": "gemini-x-001",
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "sekret123")


def ask(server: Any, request: Any, **options: Any) -> Any:
    async def work() -> Any:
        engine = open_engine("google/gemini-x", EngineOptions(base_url=server.url, **options))
        try:
            return await engine.ask(request)
        finally:
            await engine.close()

    return asyncio.run(work())


def test_the_body_and_headers(server: Any, ask_for: Any) -> None:
    server.answers = [content({"text": "4"})]
    turns = (("system", "Be brief."), ("user", "1+1?"), ("assistant", "2"), ("user", "2+2?"))
    request = ask_for(messages=turns, max_tokens=9, top_p=0.5, seed=3, stop=tuple("ABCDEF"))
    ask(server, request, extra={"thinkingConfig": {"thinkingBudget": 0}})
    assert server.paths == ["/v1beta/models/gemini-x:generateContent"]
    assert server.headers[0]["x-goog-api-key"] == "sekret123"
    assert server.bodies[0] == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "1+1?"}]},
            {"role": "model", "parts": [{"text": "2"}]},
            {"role": "user", "parts": [{"text": "2+2?"}]},
        ],
        "generationConfig": {
            "maxOutputTokens": 9,
            "temperature": 0.0,
            "topP": 0.5,
            "seed": 3,
            "stopSequences": ["A", "B", "C", "D", "E"],
            "thinkingConfig": {"thinkingBudget": 0},
        },
    }


def test_thoughts_are_kept_apart_and_counted_into_the_output(server: Any, ask_for: Any) -> None:
    server.answers = [content({"text": "2+2", "thought": True}, {"text": "4"})]
    response = ask(server, ask_for())
    assert (response.text, response.reasoning, response.finish) == ("4", "2+2", "stop")
    assert response.usage == Usage(7, 7, None, 5)
    assert response.model == "gemini-x-001"


@pytest.mark.parametrize(
    ("finish", "expected"),
    [("MAX_TOKENS", "length"), ("SAFETY", "refusal"), ("RECITATION", "refusal")],
)
def test_how_an_answer_ended(server: Any, ask_for: Any, finish: str, expected: str) -> None:
    server.answers = [content(finish=finish)]
    assert ask(server, ask_for()).finish == expected


def test_a_blocked_prompt_is_a_refusal(server: Any, ask_for: Any) -> None:
    server.answers = [{"promptFeedback": {"blockReason": "SAFETY"}}]
    response = ask(server, ask_for())
    assert (response.text, response.finish) == ("[blocked: SAFETY]", "refusal")


@pytest.mark.parametrize("answer", [{}, {"candidates": []}, content()])
def test_an_empty_answer_can_be_tried_again(server: Any, ask_for: Any, answer: Any) -> None:
    server.answers = [answer]
    with pytest.raises(ProviderError) as caught:
        ask(server, ask_for())
    assert caught.value.retryable


def test_letters_where_they_are_declared(server: Any, ask_for: Any) -> None:
    top = [{"candidates": [{"token": "B", "logProbability": -0.25}]}]
    server.answers = [content({"text": "B"}, logprobsResult={"topCandidates": top})]
    request = ask_for(kind="letter", choices=("A", "B"))
    response = ask(server, request, extra={"logprobs": True})
    assert server.bodies[0]["generationConfig"] == {
        "maxOutputTokens": 1, "temperature": 0, "responseLogprobs": True, "logprobs": 20,
    }  # fmt: skip
    assert response.choices[1].loglikelihood == -0.25
    with pytest.raises(ProviderError, match="can't answer letter"):
        ask(server, request)


def test_a_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(ConfigError, match="Google needs a key"):
        open_engine("google/gemini-x")
