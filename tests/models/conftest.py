"""A loopback server that answers as a test tells it to, and remembers what it was asked."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from aiohttp import web

from julja.types import Decoding, FormName, Message, Prompt, Request

Handler = Callable[[web.Request, int], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """`answers` maps the number of a request (from 0) to a reply; the last one repeats."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        number = len(self.bodies)
        self.bodies.append(orjson.loads(await request.read()))
        self.headers.append(dict(request.headers))
        self.paths.append(request.path_qs)
        answer = self.answers[min(number, len(self.answers) - 1)]
        if callable(answer):
            return await answer(request)
        if isinstance(answer, web.Response):
            return web.Response(
                status=answer.status, body=answer.body, headers=answer.headers.copy()
            )
        return web.Response(body=orjson.dumps(answer), content_type="application/json")


async def hang(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def cut(request: web.Request) -> web.StreamResponse:
    """Begin an answer and close the connection in the middle of it."""
    reply = web.StreamResponse(headers={"Content-Length": "1000"})
    await reply.prepare(request)
    await reply.write(b'{"choices": [')
    assert request.transport is not None
    request.transport.close()
    return reply


@pytest.fixture
def faults() -> dict[str, Any]:
    """Every way in which a server fails, by name."""
    return {
        "429": web.Response(status=429, text="slow down", headers={"Retry-After": "0"}),
        "503": web.Response(status=503, text="loading"),
        "500": web.Response(status=500, text="<html><b>oops</b></html>"),
        "cut": cut,
        "hang": hang,
        "invalid": web.Response(text='{"choices": [', content_type="application/json"),
        "no object": web.Response(text="[1]", content_type="application/json"),
        "empty": {"choices": []},
        "null": {"choices": [{"message": {"content": None}, "finish_reason": "stop"}]},
        "shape": {
            "choices": [{"message": {"content": "x"}}],
            "usage": {"prompt_tokens_details": 3},
        },
    }


@pytest.fixture
def server() -> Iterator[Server]:
    """A running `Server`; set its `answers` before asking."""
    made = Server()
    loop = asyncio.new_event_loop()
    started = threading.Event()
    runner: list[web.AppRunner] = []

    async def start() -> None:
        app = web.Application()
        app.router.add_post("/{tail:.*}", made.handle)
        runner.append(web.AppRunner(app, access_log=None, shutdown_timeout=0.1))
        await runner[0].setup()
        await web.TCPSite(runner[0], "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner[0].addresses[0][1]}"
        started.set()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()
        left = asyncio.all_tasks(loop)  # handlers that hang on purpose
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert started.wait(10)
    yield made
    asyncio.run_coroutine_threadsafe(runner[0].cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def ask_for() -> Callable[..., Request]:
    """Make a request: `ask_for("2+2?", kind="letter", choices=("A", "B"), max_tokens=5)`."""

    def make(
        text: str = "What is 2+2?",
        *,
        kind: FormName = "generate",
        choices: tuple[str, ...] = (),
        messages: tuple[tuple[str, str], ...] = (),
        repeat: int = 0,
        **decoding: Any,
    ) -> Request:
        turns = messages or (("user", text),)
        prompt = Prompt(tuple(Message(role, content) for role, content in turns))  # type: ignore[arg-type]
        return Request(kind, prompt, Decoding(**decoding), choices, repeat)

    return make
