"""Saturation of LiveBench by release and LiveCodeBench's windows, from the tables of their sites.

LiveBench's tables hold 1,000 questions. The windows around 2023-09-01 are those in which
LiveCodeBench's authors show the contamination of DeepSeek Coder (arXiv 2403.07974).
"""

import json
from datetime import date

import pytest

from julja.audit.scores.items import read_items
from julja.audit.scores.read import read_tables
from julja.cli.main import main
from julja.data.files import open_bytes
from julja.energy.intensity import find_intensity

pytestmark = [pytest.mark.mirror, pytest.mark.parity]

RELEASES = {
    "2024_06_24": (0.785, "high", 61.16),
    "2024_11_25": (0.374, "moderate", 82.35),
    "2025_05_30": (0.984, "very high", None),
    "2026_01_08": (0.946, "very high", 80.71),
}


def audit(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(["audit", *arguments, "--json"])
    out, err = capsys.readouterr()
    assert stop.value.code == 0, err
    return json.loads(out)


@pytest.mark.parametrize("release", RELEASES)
def test_saturation_of_livebench(release, mirror, capsys):
    folder = mirror / "dynamic" / "livebench"
    groups = ("--groups", str(folder / f"categories_{release}.json"), "--n", "1000")
    found = audit(capsys, "saturation", str(folder / f"table_{release}.csv"), *groups)
    (item,) = found["benchmarks"]
    value, level, best = RELEASES[release]
    assert item["index"][0]["value"] == pytest.approx(value, abs=5e-4)
    assert item["index"][0]["level"] == level
    if best is not None:
        assert 100 * item["best"]["score"] == pytest.approx(best, abs=6e-3)


def test_livebenchs_tasks_near_their_ceiling(mirror, capsys):
    full = {}
    for release in ("2024_06_24", "2026_01_08"):
        table = mirror / "dynamic" / "livebench" / f"table_{release}.csv"
        found = audit(capsys, "saturation", str(table))["benchmarks"]
        full[release] = (sum(item["best_is_over_95_percent"] for item in found), len(found))
    assert full == {"2024_06_24": (0, 17), "2026_01_08": (8, 23)}


def test_the_short_row_of_the_last_release_is_one_model_without_three_scores(mirror):
    tables = read_tables(str(mirror / "dynamic" / "livebench" / "table_2026_01_08.csv"))
    sizes = {table.name.partition("#")[2]: len(table.models) for table in tables}
    assert {name for name, size in sizes.items() if size == 126} == {
        "typescript", "typos", "zebra_puzzle",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (
            ("--where", "platform=leetcode"),
            {"DSCoder-33b-Ins": (56.5, 19.9), "GPT-4-Turbo-1106": (44.9, 39.7)},
        ),
        ((), {"DSCoder-33b-Ins": (42.0, 25.3), "GPT-4-Turbo-1106": (41.5, 41.8)}),
    ],
    ids=["leetcode", "all"],
)
def test_windows_of_livecodebench(where, expected, mirror, capsys):
    place = str(mirror / "dynamic" / "livecodebench" / "2024_02_26.json.gz")
    found = audit(capsys, "goodhart", place, "--cut", "2023-09-01", *where)
    models = {item["model"]: item for item in found["models"]}
    for name, (public, private) in expected.items():
        assert 100 * models[name]["public"] == pytest.approx(public, abs=0.05)
        assert 100 * models[name]["private"] == pytest.approx(private, abs=0.05)
        low, high = models[name]["gap"]["ci"]
        assert low < models[name]["gap"]["value"] < high
    assert found["matched_on"] == "difficulty"
    assert "DSCoder-33b-Ins" in found["flagged"]
    assert "GPT-4-Turbo-1106" not in found["flagged"]


def test_livecodebenchs_items(mirror):
    table = read_items(str(mirror / "dynamic" / "livecodebench" / "2024_02_26.json.gz"))
    assert (len(table.models), len(table.items)) == (16, 349)
    days = table.dates(None)
    assert min(days) < date(2023, 9, 1) < max(days)
    assert None not in days


def test_grid_intensities_are_those_that_codecarbon_ships(mirror):
    place = str(mirror / "dynamic" / "energy" / "codecarbon_global_energy_mix.json.gz")
    with open_bytes(place) as stream:
        mix = json.load(stream)
    for code in ("AUS", "BRA", "CHN", "DEU", "FRA", "IND", "JPN", "KOR", "NOR", "SWE", "USA"):
        theirs = mix[code]
        assert find_intensity(code).value == pytest.approx(theirs["carbon_intensity"], abs=0.051)
        assert find_intensity(code).date == str(theirs["year"])
