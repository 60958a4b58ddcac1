"""A store of 200,000 records, and how long the verbs that read it take.

    python -m tests.bench.big_store FOLDER          makes FOLDER/julja.db (minutes), then times
    JULJA_BENCH_RECORDS=20000 python -m …           a smaller one

Ten models of different skill answer two tasks: real runs through the engine `python/FILE.py`.
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

RECORDS = int(os.environ.get("JULJA_BENCH_RECORDS", "200000"))
MODELS = 10
MODEL = '''
"""Models that are right in a share of the cases: more often for a higher number."""
import hashlib, json

def _answer(prompt, skill):
    text = prompt if isinstance(prompt, str) else str(prompt)
    draw = int(hashlib.sha256(text.encode()).hexdigest()[:6], 16) / 16**6
    luck = int(hashlib.sha256(f"{skill}{text}".encode()).hexdigest()[:6], 16) / 16**6
    right = 0.6 * draw + 0.4 * luck < skill
    return text.rsplit("answer ", 1)[-1].split()[0] if right else "none"
'''


def make(folder: Path) -> None:
    """Run ten models on two tasks of equal size."""
    folder.mkdir(parents=True, exist_ok=True)
    each = RECORDS // MODELS // 2
    generator = random.Random(1)
    for name in ("first", "second"):
        with (folder / f"{name}.jsonl").open("w") as file:
            for number in range(each):
                target = str(generator.randrange(10**6))
                text = f"case {name} {number}: what is the answer {target} ?"
                file.write(json.dumps({"id": number, "input": text, "expected": target}) + "\n")
    functions = "".join(
        f"\ndef skill_{number}(prompt):\n    return _answer(prompt, {0.5 + number / 60})\n"
        for number in range(MODELS)
    )
    (folder / "models.py").write_text(MODEL + functions)
    for number in range(MODELS):
        model = f"python/models.py:skill_{number}"
        run(folder, "run", "first.jsonl", "second.jsonl", "-m", model, "--no-cache")


def run(folder: Path, *arguments: str) -> float:
    """One call of julja in a folder; its wall seconds."""
    julja = Path(sys.executable).with_name("julja")
    began = time.perf_counter()
    done = subprocess.run([julja, *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        said = done.stdout[-2000:] + done.stderr[-2000:]
        raise SystemExit(f"julja {' '.join(arguments)}:\n{said}")
    return time.perf_counter() - began


def main() -> None:
    """Make the store where there is none; time each verb three times, and print the best."""
    folder = Path(sys.argv[1])
    if not (folder / "julja.db").is_file():
        make(folder)
    listed = subprocess.run(
        [Path(sys.executable).with_name("julja"), "list", "runs", "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    runs = [item["run"] for item in json.loads(listed.stdout)]
    verbs = {
        "leaderboard": ("leaderboard", "--json"),
        "leaderboard --html": ("leaderboard", "--html", "board.html", "--json"),
        "show": ("show", runs[0]),
        "compare": ("compare", runs[0], runs[1]),
    }
    for name, arguments in verbs.items():
        print(f"{name:20} {min(run(folder, *arguments) for _ in range(3)):.2f} s")


if __name__ == "__main__":
    main()
