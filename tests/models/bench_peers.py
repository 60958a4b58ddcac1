"""The API paths of other harnesses against the server of `bench_http.py`; run by their Python.

    PEERS_PYTHON=/tmp/peers/bin/python .venv/bin/python tests/models/bench_http.py

Called as `bench_peers.py NAME URL REQUESTS CONNECTIONS`; prints requests/s and CPU per request.
Imports and start-up are outside of what is measured.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable


def text(number: int) -> str:
    return f"Question {number}: what is 6 times 7? " * 12


def inspect(url: str, requests: int, connections: int) -> Callable[[], None]:
    from inspect_ai.model import GenerateConfig, get_model

    async def work() -> None:
        config = GenerateConfig(max_connections=connections, max_tokens=64, temperature=0.0)
        model = get_model(
            "openai/bench", base_url=url, api_key="none", config=config, responses_api=False
        )
        await asyncio.gather(*(model.generate(text(i)) for i in range(requests)))

    return lambda: asyncio.run(work())


def lm_eval(url: str, requests: int, connections: int) -> Callable[[], None]:
    from lm_eval.api.instance import Instance
    from lm_eval.models.api_models import JsonChatStr
    from lm_eval.models.openai_completions import LocalChatCompletion

    model = LocalChatCompletion(
        model="bench", base_url=f"{url}/chat/completions", num_concurrent=connections,
        tokenizer_backend=None, max_retries=3,
    )  # fmt: skip
    made = [
        Instance(
            request_type="generate_until",
            doc={},
            arguments=(
                JsonChatStr(json.dumps([{"role": "user", "content": text(i)}])),
                {"max_gen_toks": 64, "until": [], "temperature": 0},
            ),
            idx=0,
        )
        for i in range(requests)
    ]
    return lambda: model.generate_until(made, disable_tqdm=True)


def main() -> None:
    name, url, requests, connections = sys.argv[1:]
    count = int(requests)
    work = {"inspect": inspect, "lm_eval": lm_eval}[name](url, count, int(connections))
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    found = {"requests_per_s": round(count / wall), "cpu_ms": round(cpu / count * 1000, 4)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
