"""OpenAI's dialect on the wire: exact bodies out, responses in, refusals learnt."""

import asyncio
import math
from dataclasses import replace
from typing import Any

import orjson
import pytest
from aiohttp import web

from julja.errors import ConfigError, ProviderError
from julja.models.registry import EngineOptions, open_engine
from julja.types import ChoiceLikelihood, Response, Usage


def chat(content: str | None = "4", finish: str = "stop", **message: Any) -> dict[str, Any]:
    return {
        "model": "m-2026",
        "choices": [{"message": {"content": content, **message}, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 8},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
    }


def ask(server: Any, request: Any, *more: Any, **options: Any) -> Any:
    """Ask one engine these requests; the last response."""
    return ask_engine(server, [request, *more], **options)[0][-1]


def ask_engine(server: Any, requests: list[Any], **options: Any) -> tuple[list[Response], Any]:
    async def work() -> tuple[list[Response], Any]:
        engine = open_engine("openai/org/m", EngineOptions(base_url=server.url + "/v1", **options))
        try:
            return [await engine.ask(request) for request in requests], engine
        finally:
            await engine.close()

    return asyncio.run(work())


def test_the_body_of_a_chat_request(server: Any, ask_for: Any) -> None:
    server.answers = [chat()]
    request = ask_for(
        messages=(("system", "Be brief."), ("user", "2+2?")),
        repeat=3, max_tokens=64, temperature=0.5, top_p=0.9, seed=7,
        stop=("A", "B", "C", "D", "E"),
    )  # fmt: skip
    ask(server, request, extra={"reasoning_effort": "low"})
    assert server.paths == ["/v1/chat/completions"]
    assert "Authorization" not in server.headers[0]
    assert server.bodies[0] == {
        "model": "org/m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "2+2?"},
        ],
        "max_tokens": 64,
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 10,
        "stop": ["A", "B", "C", "D"],
        "reasoning_effort": "low",
    }


def test_what_is_not_set_is_not_sent(server: Any, ask_for: Any) -> None:
    server.answers = [chat()]
    ask(server, ask_for("2+2?", max_tokens=5, temperature=None))
    assert server.bodies[0] == {
        "model": "org/m",
        "messages": [{"role": "user", "content": "2+2?"}],
        "max_tokens": 5,
    }


def test_a_chat_answer(server: Any, ask_for: Any) -> None:
    server.answers = [chat("4", reasoning_content="2+2")]
    response = ask(server, ask_for())
    assert (response.text, response.reasoning, response.finish) == ("4", "2+2", "stop")
    assert response.usage == Usage(9, 3, 8, 2)
    assert response.model == "m-2026"
    assert response.seconds is not None and response.seconds > 0


@pytest.mark.parametrize(
    ("answer", "text", "finish"),
    [
        (chat("cut of", "length"), "cut of", "length"),
        (chat("", "content_filter"), "", "refusal"),
        (chat(None, "stop", refusal="I can't."), "I can't.", "refusal"),
        (chat(None, "length", reasoning="so"), "", "length"),
        (chat("<think>so", "length"), "", "length"),
        (chat("", "stop"), "", "stop"),
        (chat("x", "something new"), "x", "unknown"),
    ],
)
def test_how_an_answer_ended(
    server: Any, ask_for: Any, answer: Any, text: str, finish: str
) -> None:
    server.answers = [answer]
    response = ask(server, ask_for())
    assert (response.text, response.finish) == (text, finish)


def test_stop_sequences_cut_here_too_but_never_the_reasoning(server: Any, ask_for: Any) -> None:
    server.answers = [chat("<think>a E b</think>4 E 5", "length")]
    response = ask(server, ask_for(stop=("A", "B", "C", "D", "E")))
    assert (response.text, response.reasoning, response.finish) == ("4 ", "a E b", "stop")


def test_a_prompt_that_a_filter_blocks_is_a_refusal(server: Any, ask_for: Any) -> None:
    said = '{"error": {"message": "The response was filtered", "code": "content_filter"}}'
    server.answers = [web.Response(status=400, text=said)]
    response = ask(server, ask_for())
    assert (response.text, response.finish) == ("[blocked: content_filter]", "refusal")


def test_completions(server: Any, ask_for: Any) -> None:
    server.answers = [{"choices": [{"text": " 4\n\nQ:", "finish_reason": "length"}]}]
    request = ask_for("Q: 2+2?\nA:", max_tokens=8, stop=("\n\n",))
    response = ask(server, request, api="completions")
    assert server.paths == ["/v1/completions"]
    assert server.bodies[0] == {
        "model": "org/m",
        "prompt": "Q: 2+2?\nA:",
        "max_tokens": 8,
        "temperature": 0.0,
        "stop": ["\n\n"],
    }
    assert (response.text, response.finish, response.usage) == (" 4", "stop", Usage())


def test_the_responses_api(server: Any, ask_for: Any) -> None:
    server.answers = [
        {
            "status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"},
            "output": [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "2+2"}]},
                {"type": "message", "content": [{"type": "output_text", "text": "4"}]},
            ],
            "usage": {
                "input_tokens": 5,
                "output_tokens": 4,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens_details": {"reasoning_tokens": 3},
            },
        }
    ]
    response = ask(server, ask_for("2+2?", max_tokens=4, seed=1, stop=("x",)), api="responses")
    assert server.paths == ["/v1/responses"]
    assert server.bodies[0] == {
        "model": "org/m",
        "input": [{"role": "user", "content": "2+2?"}],
        "store": False,
        "max_output_tokens": 4,
        "temperature": 0.0,
    }
    assert (response.text, response.reasoning, response.finish) == ("4", "2+2", "length")
    assert response.usage == Usage(5, 4, 0, 3)


def test_letters_from_chat(server: Any, ask_for: Any) -> None:
    answer = chat("B")
    answer["choices"][0]["logprobs"] = {
        "content": [
            {
                "token": "B",
                "logprob": -0.25,
                "top_logprobs": [
                    {"token": "B", "logprob": -0.25},
                    {"token": " A", "logprob": -2.0},
                    {"token": "C", "logprob": -9999.0},
                ],
            }
        ]
    }
    server.answers = [answer]
    response = ask(server, ask_for("Which?", kind="letter", choices=("A", "B", "C", "D")))
    assert server.bodies[0] == {
        "model": "org/m",
        "messages": [{"role": "user", "content": "Which?"}],
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 20,
    }
    assert response.choices == (
        ChoiceLikelihood("A", -2.0, 1, False),
        ChoiceLikelihood("B", -0.25, 1, True),
        ChoiceLikelihood("C", -math.inf, 1, False),
        ChoiceLikelihood("D", -math.inf, 1, False),
    )
    assert response.text == "B"


def test_letters_from_completions(server: Any, ask_for: Any) -> None:
    top = [{" B": -0.25, " A": -2.0, "\n": -3.0}]
    server.answers = [{"choices": [{"text": " B", "logprobs": {"top_logprobs": top}}]}]
    request = ask_for("Answer:", kind="letter", choices=("A", "B"))
    response = ask(server, request, api="completions", extra={"top_logprobs": 5})
    assert server.bodies[0] == {
        "model": "org/m", "prompt": "Answer:", "max_tokens": 1, "temperature": 0, "logprobs": 5,
    }  # fmt: skip
    assert [c.loglikelihood for c in response.choices] == [-2.0, -0.25]


def test_an_answer_that_is_no_letter_has_no_likelihood_anywhere(server: Any, ask_for: Any) -> None:
    top = [{"The": -0.1}]
    server.answers = [{"choices": [{"text": "The", "logprobs": {"top_logprobs": top}}]}]
    response = ask(server, ask_for(kind="letter", choices=("A", "B")), api="completions")
    assert [c.loglikelihood for c in response.choices] == [-math.inf, -math.inf]


def test_a_server_without_log_probabilities_says_so(server: Any, ask_for: Any) -> None:
    server.answers = [chat("B")]
    with pytest.raises(ProviderError, match="no log-probabilities") as caught:
        ask(server, ask_for(kind="letter", choices=("A", "B")))
    assert not caught.value.retryable
    assert "--form generate" in (caught.value.hint or "")


def echoed(index: int, *pairs: tuple[str, float | None]) -> dict[str, Any]:
    return {
        "index": index,
        "text": "".join(token for token, _ in pairs),
        "logprobs": {
            "tokens": [token for token, _ in pairs],
            "token_logprobs": [value for _, value in pairs],
            "top_logprobs": [None if v is None else {"?": v} for _, v in pairs],
        },
    }


def test_rank_by_echo(server: Any, ask_for: Any) -> None:
    server.answers = [
        {
            "choices": [
                echoed(1, ("Sky", None), (" is", -1.0), (" red", -4.0), ("!", -1.0)),
                echoed(0, ("Sky", None), (" is", -1.0), (" bl", -0.5), ("ue", -0.25), (".", -1.0)),
            ],
            "usage": {"prompt_tokens": 7, "completion_tokens": 2},
        }
    ]
    request = ask_for("Sky is", kind="rank", choices=(" blue", " red"))
    responses, engine = ask_engine(server, [request], extra={"echo": True})
    assert server.paths == ["/v1/completions"]
    assert server.bodies[0] == {
        "model": "org/m",
        "prompt": ["Sky is blue", "Sky is red"],
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": 1,
        "echo": True,
    }
    assert responses[0].choices == (
        ChoiceLikelihood(" blue", -0.75, 2, True),
        ChoiceLikelihood(" red", -4.0, 1, True),
    )
    assert engine.notes == []


def test_contexts_and_nothing_are_echoed_too(server: Any, ask_for: Any) -> None:
    server.answers = [
        {
            "choices": [
                echoed(0, ("<s>", None), ("A dog", -1.0), (" ran", -0.5), (".", -9.0)),
                echoed(1, ("<s>", None), ("A cat", -1.0), (" ran", -0.25), (".", -9.0)),
                echoed(2, ("<s>", None), (" ran", -6.0), (".", -9.0)),
                echoed(3, ("<s>", None), (" ran", -6.0), (".", -9.0)),
            ]
        }
    ]
    request = replace(
        ask_for("A ", kind="rank", choices=(" ran", " ran")),
        contexts=("dog", "cat"),
        unconditional="",
    )
    (response,), engine = ask_engine(server, [request], extra={"echo": True})
    assert server.bodies[0]["prompt"] == ["A dog ran", "A cat ran", " ran", " ran"]
    assert response.choices == (
        ChoiceLikelihood(" ran", -0.5, 1, True, -6.0),
        ChoiceLikelihood(" ran", -0.25, 1, True, -6.0),
    )
    assert engine.notes == []


def test_a_whole_text_is_read_from_nothing(server: Any, ask_for: Any) -> None:
    server.answers = [{"choices": [echoed(0, ("<s>", None), ("It", -3.0), (" is", -1.0))]}]
    request = replace(ask_for("", kind="rank", choices=("It is",)), rolling=True)
    (response,), _ = ask_engine(server, [request], extra={"echo": True})
    assert response.choices == (ChoiceLikelihood("It is", -4.0, 2, True),)


def test_a_whole_text_without_a_bos_has_no_likelihood(server: Any, ask_for: Any) -> None:
    server.answers = [{"choices": [echoed(0, ("It", None), (" is", -1.0))]}]
    request = replace(ask_for("", kind="rank", choices=("It is",)), rolling=True)
    with pytest.raises(ProviderError, match="puts no BOS token in front") as caught:
        ask(server, request, extra={"echo": True})
    assert "prefix_token_id=N" in (caught.value.hint or "")


def test_a_token_across_the_boundary_is_noted(server: Any, ask_for: Any) -> None:
    server.answers = [{"choices": [echoed(0, ("A", None), (":", -1.0), (" B", -0.5))]}]
    request = ask_for("A: ", kind="rank", choices=("B",))
    responses, engine = ask_engine(server, [request, request], extra={"echo": True})
    assert responses[0].choices[0].loglikelihood == -0.5
    assert len(engine.notes) == 1
    assert "spans the end of the prompt" in engine.notes[0]


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=400, text='{"error": "echo is not supported with logprobs"}'),
        {"choices": [{"index": 0, "text": " B", "logprobs": {"tokens": [" B"],
                      "token_logprobs": [-0.5]}}]},
        {"choices": [{"index": 0, "text": " B", "logprobs": None}]},
    ],
)  # fmt: skip
def test_a_server_that_does_not_echo_says_what_to_do(
    server: Any, ask_for: Any, answer: Any
) -> None:
    server.answers = [answer]
    with pytest.raises(ProviderError) as caught:
        ask(server, ask_for("Sky is", kind="rank", choices=(" B",)), extra={"echo": True})
    assert not caught.value.retryable
    assert "--form letter or generate" in (caught.value.hint or "")


def refuses(name: str, said: str) -> Any:
    """A server that answers 400 as long as the body holds this parameter."""

    async def answer(request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        if name in body:
            return web.json_response({"error": {"message": said, "param": name}}, status=400)
        return web.json_response(chat())

    return answer


def test_max_tokens_goes_by_its_new_name_where_the_old_one_is_refused(
    server: Any, ask_for: Any
) -> None:
    said = (
        "Unsupported parameter: 'max_tokens' is not supported with this model."
        " Use 'max_completion_tokens' instead."
    )
    server.answers = [refuses("max_tokens", said)]
    responses, engine = ask_engine(server, [ask_for(max_tokens=9), ask_for(max_tokens=9)])
    assert [r.text for r in responses] == ["4", "4"]
    # Learnt once: three requests, not four.
    assert [body.get("max_completion_tokens") for body in server.bodies] == [None, 9, 9]
    assert engine.notes == ["openai/org/m takes max_completion_tokens in place of max_tokens."]


def test_a_temperature_that_is_refused_is_left_out_and_noted(server: Any, ask_for: Any) -> None:
    said = (
        "Unsupported value: 'temperature' does not support 0 with this model."
        " Only the default (1) value is supported."
    )
    server.answers = [refuses("temperature", said)]
    _, engine = ask_engine(server, [ask_for()])
    assert "temperature" not in server.bodies[1]
    assert engine.notes == [
        "openai/org/m refuses temperature (0.0 was left out): its own default holds."
    ]


def test_other_bad_requests_are_not_sent_again(server: Any, ask_for: Any) -> None:
    said = "max_tokens is too large: 99999 > 4096"
    server.answers = [web.Response(status=400, text=said)]
    with pytest.raises(ProviderError, match="too large"):
        ask(server, ask_for())
    assert len(server.bodies) == 1


def test_what_each_api_can_do() -> None:
    def abilities(**options: Any) -> set[str]:
        return set(open_engine("openai/m", EngineOptions("http://h/v1", **options)).abilities)

    assert abilities() == {"generate", "letter", "chat", "images"}
    assert abilities(api="completions") == {"generate", "letter"}
    assert abilities(api="responses") == {"generate", "chat", "images"}
    assert abilities(extra={"echo": True}) == {"generate", "letter", "rank"}


def test_what_is_not_declared_is_refused(server: Any, ask_for: Any) -> None:
    with pytest.raises(ProviderError, match="can't answer rank"):
        ask(server, ask_for(kind="rank", choices=("a",)))


def test_identity_holds_what_matters_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sekret123")
    extra = {"api_key_env": "MY_KEY", "seed_mode": 1, "effort": "low"}
    engine = open_engine("openai/m", EngineOptions("http://a:b@h/v1/?key=c", extra=extra))
    assert engine.identity == {
        "provider": "openai",
        "model": "m",
        "base_url": "http://h/v1",
        "api": "chat",
        "arguments": '{"effort":"low","seed_mode":1}',
    }


def test_keys_come_from_the_environment_only() -> None:
    with pytest.raises(ConfigError, match="shell's history"):
        open_engine("openai/m", EngineOptions("http://h/v1", extra={"api_key": "sekret"}))


def test_openais_own_server_needs_a_key() -> None:
    with pytest.raises(ConfigError) as caught:
        open_engine("openai/gpt-4o")
    assert caught.value.hint == "Set OPENAI_API_KEY (or --base-url for a server of your own)."


def test_echo_and_chat_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="completions API"):
        open_engine("openai/m", EngineOptions("http://h/v1", api="chat", extra={"echo": True}))


def test_the_base_url_of_the_environment(
    server: Any, ask_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers = [chat()]
    monkeypatch.setenv("OPENAI_BASE_URL", server.url + "/v1/")
    monkeypatch.setenv("OPENAI_API_KEY", " sekret123\n")

    async def work() -> None:
        engine = open_engine("openai/m")
        await engine.ask(ask_for())
        await engine.close()

    asyncio.run(work())
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == "Bearer sekret123"
