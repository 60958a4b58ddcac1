"""How fast requests go out: julja's engine and limiter next to a bare aiohttp loop.

    .venv/bin/python tests/models/bench_http.py [requests] [connections] [latency_ms]

One server process on loopback answers a chat completion after the latency. Each client is run in
turn, three times, in this process; the better run counts. Prints one JSON object: requests/s, client CPU
milliseconds per request, and julja's share of the bare loop's throughput. With PEERS_PYTHON (the
Python of an environment with inspect-ai and lm-eval[api]) their API paths are measured too, over a
tenth of the requests.
"""

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
import orjson
from aiohttp import web

from julja.models.limiter import Limiter
from julja.models.registry import EngineOptions, open_engine
from julja.types import Decoding, Message, Prompt, Request

ANSWER = orjson.dumps(
    {
        "id": "x",
        "object": "chat.completion",
        "model": "bench",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "The answer is 42. " * 10},
            }
        ],
        "usage": {"prompt_tokens": 120, "completion_tokens": 60, "total_tokens": 180},
    }
)


def serve(latency_s: float, ready: Connection) -> None:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(latency_s)
        return web.Response(body=ANSWER, content_type="application/json")

    async def main() -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ready.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(main())


def question(number: int) -> Request:
    text = f"Question {number}: what is 6 times 7? " * 12
    return Request("generate", Prompt((Message("user", text),)), Decoding(max_tokens=64))


async def bare(url: str, requests: int, connections: int) -> None:
    numbers = iter(range(requests))

    async def worker(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            text = f"Question {number}: what is 6 times 7? " * 12
            body = {"model": "bench", "messages": [{"role": "user", "content": text}]}
            async with session.post(f"{url}/chat/completions", data=orjson.dumps(body)) as reply:
                orjson.loads(await reply.read())

    connector = aiohttp.TCPConnector(limit=0)
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        await asyncio.gather(*(worker(session) for _ in range(connections)))


async def julja(url: str, requests: int, connections: int) -> None:
    engine = open_engine("openai/bench", EngineOptions(base_url=url))
    limiter = Limiter(connections)
    numbers = iter(range(requests))

    async def worker() -> None:
        for number in numbers:
            request = question(number)
            await limiter.run(lambda r=request: engine.ask(r))

    await asyncio.gather(*(worker() for _ in range(connections)))
    await engine.close()


def measure(client: Callable[[str, int, int], Awaitable[None]], url: str, n: int, c: int) -> dict:
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(client(url, n, c))  # type: ignore[arg-type]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"requests_per_s": round(n / wall), "cpu_ms": round(cpu / n * 1000, 4)}


def peers(url: str, requests: int, connections: int) -> dict[str, dict]:
    """What `bench_peers.py` measures with the Python of PEERS_PYTHON; an error's last line."""
    python = os.environ.get("PEERS_PYTHON")
    found: dict[str, dict] = {}
    for name in ("inspect", "lm_eval") if python else ():
        script = Path(__file__).with_name("bench_peers.py")
        done = subprocess.run(
            [str(python), str(script), name, url, str(requests), str(connections)],
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
        found[name] = json.loads(lines[-1]) if done.returncode == 0 else {"error": lines[-1]}
    return found


def main() -> None:
    given = [int(text) for text in sys.argv[1:]]
    requests, connections, latency_ms = [*given, *[10_000, 200, 50][len(given) :]]
    mine, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(latency_ms / 1000, theirs), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{mine.recv()}/v1"
    runs: dict[str, list[dict]] = {"bare": [], "julja": []}
    for _ in range(3):
        runs["bare"].append(measure(bare, url, requests, connections))
        runs["julja"].append(measure(julja, url, requests, connections))
    best = {name: max(rows, key=lambda row: row["requests_per_s"]) for name, rows in runs.items()}
    best |= peers(url, requests // 10, connections)
    server.terminate()
    share = best["julja"]["requests_per_s"] / best["bare"]["requests_per_s"]
    cpu = best["julja"]["cpu_ms"] / best["bare"]["cpu_ms"]
    found = {"requests": requests, "connections": connections, "latency_ms": latency_ms, **best}
    print(json.dumps({**found, "share": round(share, 3), "cpu_ratio": round(cpu, 3)}))


if __name__ == "__main__":
    main()
