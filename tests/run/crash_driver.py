"""Kills a run at random moments and resumes it; run by test_crash.py in a process of its own.

Forks children from one warm interpreter, so that the kill falls into the run and not into imports.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from julja.config import RunConfig
from julja.run.execute import resume, start
from julja.run.reports import record_json
from julja.store.sqlite import Store

HERE = Path(sys.argv[1])
MOMENTS = int(sys.argv[2])
MODEL = """
import asyncio, os

async def answer(prompt: str) -> str:
    with open(os.environ["ASKED"], "a") as file:
        file.write(prompt + "\\n")
    await asyncio.sleep(0.01)
    return f"The answer is {len(prompt)}."
"""


def config() -> RunConfig:
    model = f"python/{HERE}/model.py:answer"
    return RunConfig(tasks=(f"{HERE}/cases.toml",), model=model, max_connections=4, epochs=2)


def child(work) -> int:
    """Fork; the child does the work and ends without cleaning up after pytest."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def begin(path: Path) -> None:
    store = Store(path)
    asyncio.run(start(config(), store))
    store.close()


def go_on(path: Path) -> None:
    store = Store(path)
    asyncio.run(resume(store.find_run("last"), store))
    store.close()


def records(path: Path) -> list[str]:
    """Every record without what differs from run to run: its id and timings."""
    store = Store(path)
    row = store.find_run("last")
    lines = []
    for record in store.records(row.id):
        line = record_json(record, "")
        line["run"] = ""
        line["usage"]["seconds"] = None
        lines.append(json.dumps(line, sort_keys=True))
    result = store.result(row.id)
    lines.append(json.dumps([part["metrics"] for part in result["results"]], sort_keys=True))
    store.close()
    return lines


def wait_for(path: Path, count: int) -> None:
    """Until the run has so many records on disk: the random moment, whatever the machine's load."""
    while not path.exists():
        time.sleep(0.002)
    store = Store(path)
    while not store.runs() or len(store.done(store.find_run("last").id)) < count:
        time.sleep(0.002)
    store.close()


def main() -> None:
    HERE.joinpath("model.py").write_text(MODEL)
    with HERE.joinpath("cases.jsonl").open("w") as file:
        for row in range(60):
            case = {"id": f"c{row}", "input": "x" * row, "expected": str(row), "kind": row % 3}
            file.write(json.dumps(case) + "\n")
    HERE.joinpath("cases.toml").write_text('scorer = "number"\nby = ["kind"]\n')
    os.environ["ASKED"] = str(HERE / "asked-whole.txt")
    os.waitpid(child(lambda: begin(HERE / "whole.db")), 0)
    expected = records(HERE / "whole.db")
    assert len(expected) == 121, len(expected)
    moments = random.Random(20)
    killed = again = 0
    for turn in range(MOMENTS):
        path = HERE / f"turn{turn}.db"
        os.environ["ASKED"] = str(HERE / f"asked{turn}.txt")
        pid = child(lambda path=path: begin(path))
        wait_for(path, moments.randint(0, 115))
        time.sleep(moments.uniform(0, 0.01))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        store = Store(path)
        if not store.runs():
            store.close()
            continue
        done = store.done(store.find_run("last").id)
        killed += 0 < len(done) < 120
        store.close()
        os.environ["ASKED"] = str(HERE / f"resumed{turn}.txt")
        _, status = os.waitpid(child(lambda path=path: go_on(path)), 0)
        assert status == 0, f"resume failed at moment {turn}"
        assert records(path) == expected, f"other records after moment {turn}"
        asked = (HERE / f"resumed{turn}.txt").read_text().count("\n") if len(done) < 120 else 0
        again += asked + len(done) - 120
    print(json.dumps({"killed_midway": killed, "asked_again": again}))


main()
