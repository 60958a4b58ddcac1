"""Published leaderboards as julja makes them: LiveBench, HAL's HumanEval agents, LiveCodeBench."""

import json
from functools import cache
from pathlib import Path

from julja.run.leaderboard.board import board
from julja.run.leaderboard.files import FileOptions, read_groups, sheet_of_files
from julja.run.leaderboard.score import BoardOptions
from julja.run.leaderboard.sheet import Cell, Column, Sheet, Spent

LIVEBENCH = "dynamic/livebench"
HAL = "dynamic/hal_pareto/data.json"
LIVECODEBENCH = "dynamic/livecodebench/2024_02_26.json.gz"
# Dollars for a million tokens, in and out (HAL's own table).
PRICES = {"gpt_4": (10, 30), "gpt_35": (0.5, 1.5), "l3_8b": (0.2, 0.2), "l3_70b": (0.9, 0.9)}
# LDB debugs the programs of another strategy, whose cost comes on top.
SEEDS = {
    "LDB (GPT-3.5)": "GPT-3.5",
    "LDB (GPT-4)": "GPT-4",
    "LDB (Reflexion, GPT-3.5)": "Reflexion (GPT-4)",
    "LDB (Reflexion, GPT-4)": "Reflexion (GPT-4)",
    "LDB (GPT-4, GPT-3.5)": "GPT-4",
}
PROBLEMS = 164


@cache
def livebench(mirror: Path, release: str) -> dict:
    """LiveBench's table of one release, the mean of its categories."""
    folder = mirror / LIVEBENCH
    groups = read_groups(str(folder / f"categories_{release}.json"))
    sheet = sheet_of_files([str(folder / f"table_{release}.csv")], FileOptions(groups=groups))
    return board(sheet, BoardOptions())


def livebench_average(mirror: Path, release: str, model: str) -> float:
    """A model's global average."""
    rows = livebench(mirror, release)["models"]
    return next(row["mean"]["value"] for row in rows if row["model"] == model)


@cache
def hal(mirror: Path, shape: str) -> dict:
    """HAL's agents on HumanEval: accuracy against dollars."""
    agents = json.loads((mirror / HAL).read_text())
    cost = {agent["strategy_renamed"]: _dollars(agent) for agent in agents}
    cells, spent = {}, {}
    for agent in agents:
        name, accuracy = agent["strategy_renamed"], agent["mean_accuracy"]
        stderr = (accuracy * (1 - accuracy) / PROBLEMS) ** 0.5
        cells[name] = Cell(accuracy, stderr, n=PROBLEMS)
        spent[name] = Spent(cost_usd=cost[name] + cost.get(SEEDS.get(name, ""), 0.0))
    sheet = Sheet((Column("humaneval", "humaneval", "acc", cells),), "HAL", spent=spent)
    return board(sheet, BoardOptions(shape=shape))  # type: ignore[arg-type]


def _dollars(agent: dict) -> float:
    return sum(
        (
            agent[f"mean_{model}_prompt_tokens"] * one
            + agent[f"mean_{model}_completion_tokens"] * two
        )
        / 1e6
        for model, (one, two) in PRICES.items()
    )


def hal_corners(mirror: Path) -> list[tuple[float, float]]:
    """(dollars, accuracy) of the hull's corners, cheapest first."""
    rows = [row for row in hal(mirror, "hull")["models"] if row["on_frontier"]]
    return sorted((row["spent"]["cost_usd"], row["score"]) for row in rows)


@cache
def livecodebench(mirror: Path) -> dict:
    """16 models on 349 problems, compared problem by problem."""
    place = f"{mirror / LIVECODEBENCH}#performances"
    return board(sheet_of_files([place], FileOptions(only=("pass@1",))), BoardOptions())
