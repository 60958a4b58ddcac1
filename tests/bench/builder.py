"""BenchBuilder's stages without a model on 200,000 prompts: seconds, CPU seconds, peak memory.

    python -m tests.bench.builder [FILE]

Without a file, prompts are made: topics with words of their own over a common vocabulary with
Zipf's frequencies, and a tenth of them copied, exactly or with one word changed. What was planted
is counted by the stage that removes it, so a fast stage that misses it is seen.
"""

import json
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROMPTS = int(os.environ.get("JULJA_BENCH_PROMPTS", "200000"))
TOPICS = 400


def make(path: Path, count: int) -> dict[str, int]:
    """Write the prompts; gives how many of each kind were planted."""
    draw = random.Random(6)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(draw.choices(letters, k=draw.randint(3, 9))) for _ in range(60_000)]
    common, weights = words[:20_000], [1 / rank for rank in range(1, 20_001)]
    own = [words[20_000 + topic * 100 : 20_100 + topic * 100] for topic in range(TOPICS)]
    plain = int(count * 0.9)
    rows: list[tuple[str, int]] = []
    for _ in range(plain):
        topic = draw.randrange(TOPICS)
        size = draw.choice([12, 20, 40, 80, 160])
        text = draw.choices(common, weights, k=size) + draw.choices(own[topic], k=size // 4)
        draw.shuffle(text)
        rows.append((" ".join(text), topic))
    for number in range(count - plain):
        text_, topic = rows[draw.randrange(plain)]
        if number % 2:
            parts = text_.split()
            parts[draw.randrange(len(parts))] = "changed"
            text_ = " ".join(parts)
        rows.append((text_, topic))
    with path.open("w") as file:
        for number, (text_, topic) in enumerate(rows):
            file.write(json.dumps({"id": f"p{number}", "prompt": text_, "topic": topic}) + "\n")
    return {"plain": plain, "copied": count - plain}


def measure(path: Path) -> list[dict[str, Any]]:
    """Run the stages; gives a row for each."""
    from julja.builder.cache import StageCache
    from julja.builder.prepare import find_clusters, unique_prompts
    from julja.builder.prompts import Stage
    from julja.builder.settings import BuildConfig

    rows: list[dict[str, Any]] = []
    last = [time.process_time()]

    def tell(stage: Stage) -> None:
        cpu, peak = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        row = {
            "stage": stage.name,
            "before": stage.before,
            "after": stage.after,
            "wall_s": round(stage.seconds, 1),
            "cpu_s": round(cpu - last[0], 1),
            "peak_mb": round(peak),
            "notes": ", ".join([*(f"{n} {why}" for why, n in stage.reasons.items()), *stage.notes]),
        }
        last[0] = cpu
        rows.append(row)
        print(
            f"{row['stage']:<10}{row['before']:>9,} -> {row['after']:>9,}"
            f"{row['wall_s']:>8} s{row['cpu_s']:>8} CPU s{row['peak_mb']:>7} MB  {row['notes']}",
            flush=True,
        )

    config = BuildConfig(sources=(str(path),), name="bench", quality=False, language="any")
    cache = StageCache(None)
    unique = unique_prompts(config, cache, tell)
    find_clusters(config, unique.prompts, cache, tell)
    return rows


def main() -> None:
    """Measure on a file, or on prompts that are made."""
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prompts.jsonl"
        planted = make(path, PROMPTS)
        print(f"{PROMPTS:,} prompts, {planted['copied']:,} of them copies")
        measure(path)


if __name__ == "__main__":
    main()
