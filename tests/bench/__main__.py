"""`make bench`: speed and memory as ratios against a bound or a peer in the same run.

Prints a table and writes bench-results/latest.json. Peers (lm-eval, inspect, evalica) are measured
where `.venv-peers` holds them; JULJA_BENCH_PEERS=0 leaves them out. To have them:
`make .venv-peers/.installed`. JULJA_BENCH_DOCS=0.5 halves the documents of the likelihood part;
`python -m tests.bench.ratings` times ratings alone.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.class_scores import bench_class_scores
from tests.bench.corruptions import bench_corruptions
from tests.bench.decoding import bench_decoding
from tests.bench.ratings import bench_ratings
from tests.bench.vision import bench_vision

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = ROOT / ".venv-peers" / "bin" / "python"
REQUESTS = int(os.environ.get("JULJA_BENCH_REQUESTS", "10000"))
CONNECTIONS = 200
LATENCY_S = 0.05
SAMPLES = 100_000


@contextmanager
def server() -> Iterator[str]:
    """A loopback server in a process of its own; gives its base URL."""
    command = [sys.executable, str(Path(__file__).parent / "server.py"), str(LATENCY_S)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def measured(command: list[str], **environment: str) -> dict[str, float]:
    """Run a command; wall and CPU seconds and peak memory of it and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True
    )
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": wall, "cpu_s": cpu}


async def bare_loop(url: str) -> None:
    """The bound: aiohttp alone, the same requests, nothing parsed but the JSON."""
    import aiohttp

    left = iter(range(REQUESTS))
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work() -> None:
            for number in left:
                body = {
                    "model": "bench",
                    "messages": [{"role": "user", "content": f"What is {number} + 1?"}],
                    "max_tokens": 16,
                    "temperature": 0,
                }
                async with session.post(f"{url}/chat/completions", json=body) as answer:
                    await answer.json()

        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


def cases(folder: Path, number: int) -> Path:
    """A benchmark file of `number` cases."""
    path = folder / f"bench{number}.jsonl"
    with path.open("w") as file:
        for row in range(number):
            case = {"id": f"c{row}", "input": f"What is {row} + 1?", "expected": str(row + 1)}
            file.write(json.dumps(case) + "\n")
    (folder / f"bench{number}.toml").write_text(
        f'cases = "{path.name}"\nmax_tokens = 16\nscorer = "includes"\n'
    )
    return path.with_suffix(".toml")


def bench_throughput(folder: Path) -> dict[str, Any]:
    """Requests a second and CPU for each request: the bare loop against julja, records written."""
    task = cases(folder, REQUESTS)
    rows: dict[str, Any] = {}
    with server() as url:
        code = (
            "import asyncio, sys; sys.path.insert(0, '.');"
            f"from tests.bench.__main__ import bare_loop; asyncio.run(bare_loop({url!r}))"
        )
        julja = [
            *("-m", "julja.cli.main", "run", str(task), "-m", "openai/bench", "--base-url", url),
            *("--max-connections", str(CONNECTIONS), "--quiet", "--json", "--no-cache"),
        ]
        for turn in range(3):
            rows[f"bare {turn}"] = measured([sys.executable, "-c", code])
            store = str(folder / f"bench{turn}.db")
            rows[f"julja {turn}"] = measured([sys.executable, *julja, "--store", store])
        start = {
            "bare": _least([sys.executable, "-c", "import aiohttp"]),
            "julja": _least([sys.executable, *_tiny(folder, url)]),
        }
        rows.update(bench_peers(url, folder))
    best = {
        name: min((rows[f"{name} {turn}"] for turn in range(3)), key=lambda row: row["wall_s"])
        for name in ("bare", "julja")
    }
    rates = {name: REQUESTS / (best[name]["wall_s"] - start[name]) for name in best}
    return {
        "rows": rows,
        "start_s": start,
        "requests_per_s": rates,
        "cpu_ms_per_request": {n: 1000 * best[n]["cpu_s"] / REQUESTS for n in best},
        "ratio": rates["julja"] / rates["bare"],
        "goal": 0.8,
    }


def _least(command: list[str]) -> float:
    """Wall seconds of a command at its best of three."""
    return min(measured(command)["wall_s"] for _ in range(3))


def _tiny(folder: Path, url: str) -> list[str]:
    """The same run with one request: julja's start-up, left out of the rate as aiohttp's is."""
    task = cases(folder, 1)
    return [
        *("-m", "julja.cli.main", "run", str(task), "-m", "openai/bench", "--base-url", url),
        *("--quiet", "--json", "--no-cache", "--store", str(folder / "tiny.db")),
    ]


def bench_peers(url: str, folder: Path) -> dict[str, Any]:
    """lm-eval's and inspect's API path on the same server, where they are installed."""
    if not PEERS.exists() or os.environ.get("JULJA_BENCH_PEERS") == "0":
        return {}
    from tests.bench import peers

    rows: dict[str, Any] = {}
    for name, command in peers.commands(PEERS, url, folder, REQUESTS, CONNECTIONS).items():
        try:
            rows[name] = measured(command, OPENAI_API_KEY="x", HF_HUB_OFFLINE="1")
        except SystemExit as error:
            rows[name] = {"failed": str(error)[-300:]}
    return rows


def bench_start() -> dict[str, Any]:
    """Start-up times; the least of five, since the machine is noisy."""
    verbs = {"--help": (["--help"], 0.25), "list tasks": (["list", "tasks"], 0.5)}
    julja = [sys.executable, "-m", "julja.cli.main"]
    return {
        name: {
            "wall_s": min(measured([*julja, *arguments])["wall_s"] for _ in range(5)),
            "goal_s": goal,
        }
        for name, (arguments, goal) in verbs.items()
    }


def bench_memory(folder: Path) -> dict[str, Any]:
    """Peak memory of a run of 100,000 samples against a mock."""
    task = cases(folder, SAMPLES)
    code = (
        "import resource, sys\nfrom julja.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nfinally:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    store = str(folder / "memory.db")
    began = time.perf_counter()
    arguments = ["run", str(task), "-m", "mock/echo", "-q", "--json", "--store", store]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--max-connections", "200"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    peak = int(done.stderr.strip().splitlines()[-1]) / 1024
    wall = time.perf_counter() - began
    return {"samples": SAMPLES, "peak_mb": peak, "goal_mb": 500, "wall_s": wall}


def main() -> None:
    """Run all, print, keep."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {
            "throughput": bench_throughput(folder),
            "start": bench_start(),
            "memory": bench_memory(folder),
        }
    report(found)
    found["ratings"] = bench_ratings()
    found["vision"] = bench_vision()
    found["class_scores"] = bench_class_scores()
    found["decoding"] = bench_decoding()
    found["corruptions"] = bench_corruptions()
    found |= bench_models()
    home = ROOT / "bench-results"
    home.mkdir(exist_ok=True)
    (home / "latest.json").write_text(json.dumps(found, indent=1) + "\n")


def bench_models() -> dict[str, Any]:
    """Prefix trees of whole benchmarks, and likelihoods beside lm-eval (about 20 minutes)."""
    mirror = Path(os.environ.get("JULJA_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not mirror.is_dir():
        print(f"no benchmark files in {mirror}: trees and likelihoods are left out")
        return {}
    from tests.bench.likelihood import bench_likelihoods
    from tests.bench.trees import bench_trees

    found: dict[str, Any] = {"trees": bench_trees(mirror)}
    if PEERS.exists() and os.environ.get("JULJA_BENCH_PEERS") != "0":
        found["likelihoods"] = bench_likelihoods(mirror)
    return found


def report(found: dict[str, Any]) -> None:
    """The figures as plain lines."""
    speed = found["throughput"]
    for name, rate in speed["requests_per_s"].items():
        cpu = speed["cpu_ms_per_request"][name]
        print(f"{name:28} {rate:8.0f} requests/s   {cpu:.3f} ms CPU each")
    print("whole commands, start-up included:")
    whole = min(speed["rows"][f"julja {turn}"]["wall_s"] for turn in range(3))
    print(f"{'julja':28} {REQUESTS / whole:8.0f} requests/s")
    for name, row in speed["rows"].items():
        if not name.startswith(("bare", "julja")):
            rate = REQUESTS / row["wall_s"] if "wall_s" in row else float("nan")
            print(f"{name:28} {rate:8.0f} requests/s   {row}")
    print(f"{'julja / bare aiohttp':28} {speed['ratio']:8.2f}   (goal {speed['goal']})")
    for name, row in found["start"].items():
        print(f"julja {name:22} {row['wall_s']:8.3f} s   (goal {row['goal_s']})")
    memory = found["memory"]
    print(
        f"{memory['samples']:,} mock samples{'':10} {memory['peak_mb']:8.0f} MB peak"
        f"   (goal {memory['goal_mb']}), {memory['wall_s']:.0f} s"
    )


if __name__ == "__main__":
    main()
