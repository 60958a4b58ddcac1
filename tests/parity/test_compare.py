"""All pairs of LiveCodeBench's 16 models through `julja compare`: the published counts."""

from pathlib import Path

import pytest
from tests.fidelity.claims import statistics
from tests.run.compare_case import Shelf

from julja.run.compare import compare_sides
from julja.run.comparison.options import Options
from julja.run.comparison.sides import Side

pytestmark = [pytest.mark.mirror, pytest.mark.parity]


@pytest.fixture(scope="module")
def runs(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Side]:
    models, table, _ = statistics.livecodebench(mirror)
    shelf = Shelf(tmp_path_factory.mktemp("livecodebench"))
    made = []
    for model, row in zip(models, table.tolist(), strict=True):
        scores = {f"{place:03}": value for place, value in enumerate(row)}
        made.append(shelf.run(model, {"livecodebench": scores}, metric="pass@1"))
    return made


@pytest.mark.parametrize(("adjust", "separated"), [("none", 92), ("bh", 92), ("holm", 85)])
def test_all_pairs_are_separated_as_often_as_is_printed(
    runs: list[Side], adjust: str, separated: int
) -> None:
    options = Options(adjust=adjust, all_pairs=True, flips=0, unpaired=adjust == "none")  # type: ignore[arg-type]
    found = compare_sides(runs, options)
    entries = found["comparisons"]
    assert len(entries) == 120 and {entry["n"] for entry in entries} == {348}
    decided = [entry for entry in entries if entry["verdict"] in ("BETTER", "WORSE")]
    # Two runs of 0/1 scores are held to the exact test, which is stricter than the paired t.
    exact = sum(entry["test"] == "exact McNemar" for entry in entries)
    assert separated - exact <= len(decided) <= separated
    (standing,) = found["standings"]
    assert (standing["separated"], standing["pairs"]) == (separated, 120)
    if adjust == "none":
        assert sum(entry["p_unpaired"] < 0.05 for entry in entries) == 84


def test_max_t_over_the_same_pairs(runs: list[Side]) -> None:
    found = compare_sides(runs, Options(adjust="max-t", all_pairs=True, flips=0))
    decided = sum(entry["verdict"] in ("BETTER", "WORSE") for entry in found["comparisons"])
    # 83 in the facts, by their own resamples.
    assert decided == pytest.approx(83, abs=2)
