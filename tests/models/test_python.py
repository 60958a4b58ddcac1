"""A user's function as a model: plain, async, with the request, and failing."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from julja.errors import ConfigError, ProviderError
from julja.models.python import FunctionEngine
from julja.models.registry import open_engine

SOURCE = """
from __future__ import annotations
import threading
import helper
from julja.types import ChoiceLikelihood, Request, Response

def plain(prompt: str) -> str:
    return prompt.upper() + helper.MARK

async def coroutine(prompt):
    return "async " + prompt

def named(request):
    return request.kind

def annotated(question: Request) -> Response:
    return Response(question.prompt.messages[0].content, "thought", "length")

def ranks(request):
    return Response(choices=tuple(ChoiceLikelihood(c, -1.0) for c in request.choices))
ranks.abilities = ("rank",)

def slow(prompt):
    import time
    time.sleep(0.2)
    return threading.current_thread().name

def broken(prompt):
    values = {}
    return values["none"]

def number(prompt):
    return 4

def nothing():
    return ""

def wrong(request):
    return ""
wrong.abilities = ("fly",)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text("MARK = '!'\n")
    path = tmp_path / "bot.py"
    path.write_text(SOURCE)
    return path


def ask(file: Path, function: str, request: Any) -> Any:
    return asyncio.run(open_engine(f"python/{file}:{function}").ask(request))


@pytest.mark.parametrize(
    ("function", "text"),
    [("plain", "HI!"), ("coroutine", "async hi"), ("named", "generate"), ("annotated", "hi")],
)
def test_every_kind_of_function(file: Path, ask_for: Any, function: str, text: str) -> None:
    response = ask(file, function, ask_for("hi"))
    assert response.text == text
    assert response.seconds is not None


def test_a_response_is_kept_whole(file: Path, ask_for: Any) -> None:
    response = ask(file, "annotated", ask_for("hi"))
    assert (response.reasoning, response.finish) == ("thought", "length")


def test_declared_abilities(file: Path, ask_for: Any) -> None:
    assert open_engine(f"python/{file}:ranks").abilities == {"rank", "chat", "images"}
    response = ask(file, "ranks", ask_for(kind="rank", choices=("a", "b")))
    assert [c.text for c in response.choices] == ["a", "b"]
    with pytest.raises(ProviderError, match="can't answer rank"):
        ask(file, "plain", ask_for(kind="rank", choices=("a",)))


def test_plain_functions_run_beside_each_other(file: Path, ask_for: Any) -> None:
    async def work() -> float:
        engine = open_engine(f"python/{file}:slow")
        started = time.perf_counter()
        await asyncio.gather(*(engine.ask(ask_for()) for _ in range(20)))
        await engine.close()
        return time.perf_counter() - started

    assert asyncio.run(work()) < 1.0


def test_an_error_says_what_and_where(file: Path, ask_for: Any) -> None:
    line = SOURCE.splitlines().index('    return values["none"]') + 1
    with pytest.raises(ProviderError, match=rf"bot\.py:{line}: KeyError: 'none'") as caught:
        ask(file, "broken", ask_for())
    assert not caught.value.retryable


def test_an_answer_that_is_no_text_is_an_error(file: Path, ask_for: Any) -> None:
    with pytest.raises(ProviderError, match="returned int"):
        ask(file, "number", ask_for())


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("plian", "Did you mean plain?"),
        ("nothing", "takes no argument"),
        ("wrong", "declares abilities"),
    ],
)
def test_a_wrong_function_is_a_config_error(file: Path, function: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("?", r"\?")):
        open_engine(f"python/{file}:{function}")


def test_a_file_that_can_not_be_imported_says_where(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("x = 1\ny = 1 / 0\n")
    with pytest.raises(ConfigError, match=r"line 2\): ZeroDivisionError"):
        open_engine(f"python/{path}:f")


def test_the_identity_changes_with_the_code(file: Path) -> None:
    before = open_engine(f"python/{file}:plain").identity
    file.write_text(SOURCE + "\n# changed\n")
    assert before["function"] == "plain"
    assert open_engine(f"python/{file}:plain").identity["sha256"] != before["sha256"]


def bot(text: str):
    def answer(prompt: str) -> str:
        return text

    return answer


def test_a_function_at_hand(ask_for: Any) -> None:
    engine = FunctionEngine.of(bot("a"))
    assert asyncio.run(engine.ask(ask_for())).text == "a"
    assert engine.name.endswith(":bot.<locals>.answer")
    assert engine.abilities == {"generate", "chat"}


def test_a_closure_over_another_value_is_another_model() -> None:
    first, same, other = (FunctionEngine.of(bot(text)).identity for text in ("a", "a", "b"))
    assert first == same
    assert first != other


def test_an_object_that_can_be_called(ask_for: Any) -> None:
    class Bot:
        async def __call__(self, prompt: str) -> str:
            return prompt + "!"

    assert asyncio.run(FunctionEngine.of(Bot()).ask(ask_for("hi"))).text == "hi!"
