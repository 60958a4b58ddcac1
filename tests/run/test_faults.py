"""A whole run against a server that fails in every way: what can recover does, the rest counts."""

import asyncio
import json
import threading

import pytest
from aiohttp import web

from julja.config import RunConfig
from julja.run.execute import start
from julja.store.sqlite import Store

FAULTS = ("429", "500", "cut", "invalid", "empty", "hang", "400")


class Server:
    """Answers each prompt rightly on its second try; the first one meets the prompt's fault."""

    def __init__(self):
        self.tries = {}
        self.ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        self.ready.wait(20)

    def serve(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.open())
        self.loop.run_forever()
        self.loop.run_until_complete(self.runner.cleanup())
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self.loop.close()

    async def open(self):
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self.answer)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/v1"
        self.ready.set()

    async def answer(self, request):
        body = await request.json()
        prompt = body["messages"][-1]["content"]
        number = int(prompt.split()[0])
        fault = FAULTS[number % len(FAULTS)]
        self.tries[number] = self.tries.get(number, 0) + 1
        if fault == "400":
            return web.json_response({"error": {"message": "too long"}}, status=400)
        if self.tries[number] == 1:
            return await self.fail(fault, request)
        text = str(number + 1)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 3, "completion_tokens": 1}
        choice["finish_reason"] = "stop"
        return web.json_response({"choices": [choice], "usage": usage})

    async def fail(self, fault, request):
        if fault == "429":
            return web.Response(status=429, headers={"Retry-After": "0.05"}, text="slow down")
        if fault == "500":
            return web.Response(status=500, text="oops")
        if fault == "cut":
            request.transport.close()
            return web.Response(text="never sent")
        if fault == "invalid":
            return web.Response(text='{"choices": [', content_type="application/json")
        if fault == "empty":
            return web.json_response({"choices": []})
        await asyncio.sleep(1.5)
        return web.Response(text="too late")

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


def test_everything_recoverable_recovers_and_the_rest_is_counted(server, tmp_path):
    with (tmp_path / "sums.jsonl").open("w") as file:
        for n in range(42):
            case = {"id": f"c{n}", "input": f"{n} + 1 = ?", "expected": str(n + 1)}
            file.write(json.dumps(case) + "\n")
    (tmp_path / "sums.toml").write_text('scorer = "number"\n')
    store = Store(tmp_path / "julja.db")
    config = RunConfig(
        tasks=(str(tmp_path / "sums.toml"),),
        model="openai/test",
        base_url=server.url,
        timeout_s=0.5,
        max_connections=20,
    )
    done = asyncio.run(start(config, store))
    (task,) = done.result["results"]
    assert task["counts"]["scored"] == 36
    assert task["counts"]["error"] == 6
    (metric,) = task["metrics"].values()
    assert (metric["value"], metric["n"]) == (1.0, 36)
    assert metric["bounds"] == pytest.approx([36 / 42, 1.0])
    assert done.exit_code == 3
    kinds = {r.error.kind for r in store.records(done.run) if r.state == "error"}
    assert kinds == {"ProviderError"}
    assert all(server.tries[n] == 1 for n in range(6, 42, 7)), "a 400 is never asked twice"
    assert all(server.tries[n] == 2 for n in range(42) if n % 7 != 6)
    attempts = [r.response.attempts for r in store.records(done.run) if r.response]
    assert set(attempts) == {2}
    store.close()
