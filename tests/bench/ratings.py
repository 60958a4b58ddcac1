"""A million battles: one fit, 100 bootstraps and a fit at equal style, beside evalica and FastChat.

`python -m tests.bench.ratings` runs this part alone. All times are CPU seconds of one thread, on
the same lists of names: a busy machine stretches wall time, not these. FastChat's algorithm is
written anew in `ratings_fastchat`; evalica's and its bootstraps are timed on a few rounds and
reckoned up to 100.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = Path(os.environ.get("JULJA_PEERS", ROOT / ".venv-peers")) / "bin" / "python"
BATTLES, MODELS, TIES = 1_000_000, 150, 0.188
BOOTSTRAPS, PEER_ROUNDS, FEATURES = 100, 3, 4
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
GOALS = {"fit": 0.5, "bootstrap": 1.5, "style": 3.0}


def draw(seed: int = 0) -> dict[str, Any]:
    """Battles between models of normal ratings, with the Arena's share of ties."""
    rng = np.random.default_rng(seed)
    ratings = rng.normal(0, 1, MODELS)
    a = rng.integers(0, MODELS, BATTLES)
    b = (a + rng.integers(1, MODELS, BATTLES)) % MODELS
    counts = rng.poisson(20, (2, BATTLES, FEATURES)).astype(float)
    x = ratings[a] - ratings[b] + 0.2 * (counts[0, :, 0] - counts[1, :, 0]) / 40
    won = rng.random(BATTLES) < 1 / (1 + np.exp(-x))
    outcome = np.where(rng.random(BATTLES) < TIES, 0.5, won.astype(float))
    return {"a": a, "b": b, "outcome": outcome, "counts": counts, "models": MODELS}


class Clock:
    """CPU seconds of this process."""

    def __init__(self) -> None:
        self.began = time.process_time()

    def stop(self) -> float:
        """Seconds since the last stop."""
        now = time.process_time()
        self.began, spent = now, now - self.began
        return spent


def julja(data: dict[str, Any]) -> dict[str, Any]:
    """julja's three tasks."""
    from julja.arena.battles import Battles
    from julja.arena.rate import RateOptions, rate
    from julja.stats.ratings.bootstrap import bootstrap
    from julja.stats.ratings.bradley_terry import fit
    from julja.stats.ratings.covariates import fit_covariates, relative_difference
    from julja.stats.ratings.pairs import count_cells

    xs, ys, verdicts = named(data, {1.0: "A>B", 0.5: "A=B", 0.0: "B>A"})
    fits, drawn, whole = [], [], []
    for _ in range(3):
        clock = Clock()
        table = Battles.of_columns(xs, ys, verdicts)
        cells = count_cells(table.a, table.b, table.outcome, models=len(table.models))
        found = fit(cells)
        fits.append(clock.stop())
        bootstrap(cells, found, BOOTSTRAPS, np.random.default_rng(0))
        drawn.append(clock.stop())
        rate(table, RateOptions(bootstrap=0))
        whole.append(clock.stop())
    clock = Clock()
    z = relative_difference(*data["counts"])
    z /= z.std(axis=0)
    fit_covariates(data["a"], data["b"], data["outcome"], None, z, models=MODELS)
    style = clock.stop()
    order = [table.models.index(f"model-{number:03}") for number in range(MODELS)]
    return {
        "fit_s": min(fits),
        "bootstrap_s": min(drawn),
        "rate_s": min(whole),
        "style_s": style,
        "ratings": found.ratings[order].tolist(),
    }


def fastchat(data: dict[str, Any]) -> dict[str, Any]:
    """FastChat's algorithm on the same lists."""
    from tests.bench import ratings_fastchat as peer

    xs, ys, outcomes = named(data, {1.0: 1.0, 0.5: 0.5, 0.0: 0.0})
    clock = Clock()
    pairs, worth, counts, models = peer.prepare(xs, ys, np.array(outcomes))
    ratings = peer.search(pairs, worth, counts, len(models)) * peer.ALPHA
    fit_s = clock.stop()
    peer.bootstrap(pairs, worth, counts, len(models), PEER_ROUNDS)
    each = clock.stop() / PEER_ROUNDS
    first, second = data["counts"]
    z = (first - second) / (first + second + 1)
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    peer.style(data["a"], data["b"], data["outcome"], z, MODELS)
    return {
        "fit_s": fit_s,
        "bootstrap_s": BOOTSTRAPS * each,
        "style_s": clock.stop(),
        "ratings": (ratings - ratings.mean()).tolist(),
    }


def named(data: dict[str, Any], kinds: dict[float, Any]) -> tuple[list[str], list[str], list[Any]]:
    """The battles as lists of names and verdicts, as a user has them."""
    names = [f"model-{number:03}" for number in range(MODELS)]
    sides = [[names[code] for code in data[side].tolist()] for side in "ab"]
    return sides[0], sides[1], [kinds[value] for value in data["outcome"].tolist()]


def evalica(data: dict[str, Any]) -> dict[str, Any] | None:
    """evalica's two tasks, where the peers are installed."""
    if not PEERS.exists() or os.environ.get("JULJA_BENCH_PEERS") == "0":
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "battles.npz"
        np.savez(file, **{key: data[key] for key in ("a", "b", "outcome", "models")})
        script = Path(__file__).parent / "ratings_peer.py"
        done = subprocess.run(
            [str(PEERS), str(script), str(file), str(PEER_ROUNDS)],
            env={**os.environ, **ONE_THREAD},
            capture_output=True,
            text=True,
        )
    if done.returncode:
        return {"failed": done.stderr[-300:]}
    found: dict[str, Any] = json.loads(done.stdout)
    ratings = np.array(found["ratings"])
    return found | {
        "bootstrap_s": BOOTSTRAPS * found["bootstrap_each_s"],
        "ratings": (ratings - ratings.mean()).tolist(),
    }


def bench_ratings() -> dict[str, Any]:
    """All, each in a process of its own with one thread; prints and gives the figures."""
    found: dict[str, Any] = {}
    for name in ("julja", "fastchat", "evalica"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.ratings", name],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"the ratings bench of {name} failed:\n{done.stderr[-2000:]}")
        found[name] = json.loads(done.stdout)
    report(found)
    for row in found.values():
        (row or {}).pop("ratings", None)
    return found | {"goals_s": GOALS, "battles": BATTLES, "models": MODELS}


def report(found: dict[str, Any]) -> None:
    """The figures as plain lines, with ratios to julja."""
    own = found["julja"]
    print(f"{BATTLES:,} battles, {MODELS} models, CPU seconds of one thread:")
    for task, goal in GOALS.items():
        text = f"{task:10} julja {own[f'{task}_s']:7.3f} (goal {goal:g})"
        for name in ("evalica", "fastchat"):
            seconds = (found[name] or {}).get(f"{task}_s")
            if seconds is not None:
                text += f"   {name} {seconds:8.3f} = {seconds / own[f'{task}_s']:6.1f} x"
        print(text)
    print(f"rate()     julja {own['rate_s']:7.3f}: table, sandwich errors, ranks, win rates")
    for name in ("evalica", "fastchat"):
        ratings = (found[name] or {}).get("ratings")
        if ratings is not None:
            gap = np.abs(np.array(ratings) - np.array(own["ratings"])).max() * 400 / np.log(10)
            print(f"largest difference to {name}: {gap:.2g} points of rating")
        elif found[name]:
            print(f"{name}: {found[name]['failed']}")
        else:
            print(f"{name}: not installed in {PEERS.parent.parent}: left out")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        task = {"julja": julja, "fastchat": fastchat, "evalica": evalica}[sys.argv[1]]
        print(json.dumps(task(draw())))
    else:
        bench_ratings()
