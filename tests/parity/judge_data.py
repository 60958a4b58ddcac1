"""The shared files of judges, as sheets: LLMBar's 499 evaluator runs, AlpacaEval's annotations."""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from julja.audit.judges.sheet import Entry, Sheet, sheet_of
from julja.data.files import open_bytes
from julja.stats.intervals import Floats

LLMBAR = "judge/princeton-nlp__LLMBar"
ALPACA = "judge/tatsu-lab__alpaca_eval/derived/annotations_slim_half.csv.gz"
CODINGS = "judge/dustalov__evalica/codings.csv"
GPT4 = f"{LLMBAR}/Dataset/Processed/MT-Bench/evaluators/GPT-4/Vanilla_NoRules/result.json.gz"
CROWD = "judge/dustalov__llmfao"
Run = tuple[str, str]


def table(place: Path) -> list[dict[str, str]]:
    """A csv's rows."""
    with open_bytes(str(place)) as stream:
        return list(csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8")))


def codings(mirror: Path) -> Floats:
    """Krippendorff's example: four observers, twelve units, NaN for none."""
    lines = (mirror / CODINGS).read_text().splitlines()
    return np.array([[float(cell) if cell else np.nan for cell in row.split(",")] for row in lines])


def llmbar_runs(mirror: Path) -> Iterator[tuple[Run, Sheet]]:
    """Each evaluator's run on each set: its verdicts in both orders, and people's label."""
    rows: dict[Run, list[dict[str, str]]] = defaultdict(list)
    for row in table(mirror / LLMBAR / "derived" / "llmbar_winners_slim_499runs.csv.gz"):
        rows[row["dataset"], row["evaluator"]].append(row)
    worth = {"1": 1.0, "2": 0.0, "None": float("nan")}
    for run, found in rows.items():
        entries = []
        for row in found:
            verdicts = (("human", "label", None), ("judge", "winner_noswap", "a"))
            for rater, column, first in (*verdicts, ("judge", "winner_swap", "b")):
                entries.append(
                    Entry(
                        key=(row["i"],),
                        item=row["i"],
                        cluster=row["i"],
                        rater=rater,
                        person=rater == "human",
                        value=worth[row[column]],
                        first=first,  # type: ignore[arg-type]
                    )
                )
        yield run, sheet_of(entries, "pair")


def llmbar_counts(mirror: Path) -> dict[Run, dict[str, int]]:
    """What LLMBar's own statistics count: correct in each order and in both, equal, all."""
    found = {}
    for row in table(mirror / LLMBAR / "derived" / "statistics_all.csv.gz"):
        named = re.fullmatch(r"Dataset/(.+)/evaluators/(.+)/statistics\.json", row["path"])
        assert named is not None
        columns = ("correct_False", "correct_True", "correct_both", "equal")
        counts = {name: int(row[name].split(" / ")[0]) for name in columns}
        counts["n"] = int(row["equal"].split(" / ")[1].split(" ")[0])
        found[named.group(1), named.group(2)] = counts
    return found


def alpaca_pairs(mirror: Path, folder: Path) -> Path:
    """The annotations with log-probabilities, with both models named, as a file."""
    place = folder / "annotations.jsonl"
    rows = (row for row in table(mirror / ALPACA) if row["logprob_m"] and row["logprob_M"])
    with place.open("w") as file:
        for row in rows:
            model = row.pop("model")
            pair = {"model_a": "gpt4_1106_preview", "model_b": model}
            file.write(json.dumps({**row, **pair}) + "\n")
    return place
