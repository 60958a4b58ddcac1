"""Leaderboards that others publish, made again from their tables and items."""

import json

import pytest
from tests.parity.leaderboard_data import hal, hal_corners, livebench, livecodebench

from julja.run.leaderboard.board import board
from julja.run.leaderboard.files import FileOptions, sheet_of_files
from julja.run.leaderboard.score import BoardOptions

pytestmark = [pytest.mark.mirror, pytest.mark.parity]


@pytest.fixture(scope="module")
def expected(mirror):
    return json.loads((mirror / "dynamic" / "expected_values.json").read_text())


def test_livebench_s_global_averages(mirror, expected):
    for release, averages in expected["livebench_global_average"].items():
        rows = {row["model"]: row for row in livebench(mirror, release)["models"]}
        for model, value in averages.items():
            assert rows[model]["mean"]["value"] == pytest.approx(value, abs=0.006), (release, model)


def test_livebench_has_a_model_without_one_task_and_doesn_t_rank_it(mirror):
    found = livebench(mirror, "2024_11_25")
    partial = [row for row in found["models"] if not row["compared"]]
    assert len(found["models"]) == 65 and len(partial) == 1
    assert (partial[0]["mean"]["columns"], partial[0]["ranks"]) == (17, None)


def test_hal_s_frontier_of_agents(mirror):
    corners = hal_corners(mirror)
    published = [(0.054854, 0.739024), (0.273124, 0.85), (2.448440, 0.931707)]
    for corner, (cost, accuracy) in zip(corners, published, strict=False):
        assert corner == (pytest.approx(cost, abs=5e-7), pytest.approx(accuracy, abs=5e-7))
    assert len(corners) == 4 and corners[3][0] == pytest.approx(6.3554, abs=5e-5)
    stairs = {row["model"] for row in hal(mirror, "staircase")["models"] if row["on_frontier"]}
    assert {"GPT-3.5", "Escalation", "Warming (GPT-4)", "LDB (GPT-4)"} < stairs
    chance = {row["model"]: row["frontier_chance"] for row in hal(mirror, "staircase")["models"]}
    # Nothing is cheaper than GPT-3.5; LATS costs 24 times as much as what equals it.
    assert chance["GPT-3.5"] == 1.0 and chance["LATS (GPT-4)"] < 0.1
    assert 0.3 < chance["LDB (GPT-4)"] < 0.7


def test_livecodebench_s_pairs_by_max_t(mirror, expected):
    pairing = expected["lcb_pairing"]
    ties = livecodebench(mirror)["ties"]
    assert ties["pairs"] == pairing["pairs"]
    assert ties["pairs"] - ties["pairs_tied"] == pairing["significant_05"]["maxT_bootstrap"]
    adjacent = pairing["adjacent_significant"]
    assert ties["adjacent"] - ties["adjacent_tied"] == adjacent["holm_or_maxT"]
    assert ties["units"] == "items" and ties["exact"]


def test_by_errors_fewer_pairs_are_told_apart(mirror, expected):
    place = f"{mirror / 'dynamic/livecodebench/2024_02_26.json.gz'}#performances"
    sheet = sheet_of_files([place], FileOptions(only=("pass@1",)))
    ties = board(sheet, BoardOptions(units="errors"))["ties"]
    told = ties["pairs"] - ties["pairs_tied"]
    assert told == pytest.approx(expected["lcb_pairing"]["significant_05"]["unpaired_Holm"], abs=2)
