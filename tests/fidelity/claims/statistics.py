"""Statistics: tau-bench's pass^k, Miller's sample size, pairing and multiplicity on LiveCodeBench.

The numbers of LiveCodeBench (16 models, 348 items that all of them have) are nobody's publication:
they were computed apart from julja, with their own code and other random numbers.
"""

import json
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from julja.data.files import open_bytes
from julja.stats.adaptive import HeldOut, held_out
from julja.stats.intervals import Floats
from julja.stats.many import ModelComparison, compare_models
from julja.stats.power import Design, samples_needed
from julja.stats.repeats import over_tasks, pass_hat_k
from tests.fidelity.claim import Claim

LIVECODEBENCH = "dynamic/livecodebench/2024_02_26.json.gz"
TAU = "dynamic/tau_bench/gpt-4o-airline_rewards.json"
APART = "computed apart from julja on the same file, 16 models x 348 items"


def livecodebench(mirror: Path) -> tuple[list[str], Floats, list[str]]:
    """(models, pass@1 (m, n) in 0..1, each item's contest) over the items that all models have."""
    with open_bytes(str(mirror / LIVECODEBENCH)) as stream:
        rows = json.load(stream)["performances"]
    models = sorted({row["model"] for row in rows})
    contests = {
        (row["platform"], row["question_id"]): f"{row['platform']} {row['date']}" for row in rows
    }
    places = {item: place for place, item in enumerate(contests)}
    table = np.full((len(models), len(places)), np.nan)
    for row in rows:
        place = places[row["platform"], row["question_id"]]
        table[models.index(row["model"]), place] = row["pass@1"] / 100
    complete = np.isfinite(table).all(axis=0)
    kept = [contest for contest, there in zip(contests.values(), complete, strict=True) if there]
    return models, table[:, complete], kept


def pass_hat(k: int, mirror: Path) -> tuple[float, int]:
    """pass^k of gpt-4o on tau-bench's airline tasks, four trials each."""
    rows = json.loads((mirror / TAU).read_text())
    task = np.array([row["task_id"] for row in rows])
    right = np.array([abs(row["reward"] - 1) < 1e-6 for row in rows])
    found = over_tasks(f"pass^{k}", pass_hat_k(np.bincount(task), np.bincount(task[right]), k))
    return float(found.value or 0.0), found.n


def paired(value: Callable[[ModelComparison, Floats], float], mirror: Path) -> tuple[float, int]:
    """A number of the comparison of all 120 pairs."""
    _, table, _ = livecodebench(mirror)
    return value(compare_models(table, resamples=4000), table), table.shape[1]


def separated(adjust: str, found: ModelComparison, _: Floats) -> float:
    """How many pairs differ at 5 %."""
    return float(np.triu(np.abs(found.order(adjust))).sum())  # type: ignore[arg-type]


def unpaired_stderr(table: Floats) -> Floats:
    """(m, m): what the standard errors would be if no two models had answered the same items."""
    own = table.var(axis=1, ddof=1) / table.shape[1]
    return np.sqrt(own[:, None] + own[None, :])


def stderr_ratio(found: ModelComparison, table: Floats) -> float:
    """The median of paired over unpaired standard errors."""
    upper = np.triu_indices(len(table), 1)
    return float(np.median((found.stderr / unpaired_stderr(table))[upper]))


def unpaired_pairs(found: ModelComparison, table: Floats) -> float:
    """How many pairs an unpaired z test separates, as lm-eval's model comparator does it."""
    z = np.abs(found.difference / unpaired_stderr(table))
    return float(np.triu(z > 1.959964, 1).sum())


def needed(_: Path) -> tuple[float, int]:
    """Miller's example."""
    return float(samples_needed(Design(between=1 / 9), 0.03)), 1


def screened(asked: int, mirror: Path) -> tuple[float, int]:
    """Mean absolute error of adaptive screening, one model left out at a time, in points."""
    (found,) = (one for one in all_screened(mirror) if one.asked == asked)
    return 100 * float(np.abs(found.adaptive).mean()), 348


@cache
def all_screened(mirror: Path) -> list[HeldOut]:
    """Every model screened with 20, 40 and 80 items."""
    return held_out(livecodebench(mirror)[1], [20, 40, 80], draws=15)


def many(metric: str, published: float, places: int, value: Callable[..., float]) -> Claim:
    """A number of all pairs of LiveCodeBench's models."""
    compute = partial(paired, value)
    return Claim("pairing", LIVECODEBENCH, metric, published, places, APART, compute=compute)


CLAIMS = (
    *(
        Claim(
            "tau_bench",
            TAU,
            f"pass^{k}",
            published,
            places,
            "sierra-research/tau-bench: README, gpt-4o on airline",
            "50 tasks, four trials",
            compute=partial(pass_hat, k),
        )
        for k, published, places in ((1, 0.420, 3), (2, 0.273, 3), (3, 0.220, 3), (4, 0.200, 3))
    ),
    Claim(
        "power",
        LIVECODEBENCH,
        "samples for 3 points, omega^2 = 1/9",
        969,
        0,
        "Miller, arXiv 2411.00640, section 5",
        "no file is read",
        compute=needed,
    ),
    many("median paired / unpaired standard error", 0.623, 3, stderr_ratio),
    many("pairs separated, unpaired", 84, 0, unpaired_pairs),
    many("pairs separated, paired", 92, 0, partial(separated, "none")),
    many("pairs separated, Benjamini-Hochberg", 92, 0, partial(separated, "bh")),
    many("pairs separated, Holm", 85, 0, partial(separated, "holm")),
    many("pairs separated, max-T", 83, 0, partial(separated, "max_t")),
    *(
        Claim(
            "screening",
            LIVECODEBENCH,
            f"error in points, {asked} adaptive items",
            published,
            2,
            APART,
            "ours is smaller: EM over abilities on the models' own scale, theirs a joint MAP",
            slack=1.0,
            compute=partial(screened, asked),
        )
        for asked, published in ((20, 2.41), (40, 2.17), (80, 1.54))
    ),
)
