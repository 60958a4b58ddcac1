"""A comparison on a terminal: verdicts, what they take, flips, and nothing that obeys a model."""

import pytest

from julja.report.comparison import print_comparison, printable

ENTRY = {
    "task": "sums",
    "metric": "acc",
    "form": "generate",
    "run_a": "1",
    "run_b": "2",
    "higher_is_better": True,
    "n": 20,
    "clusters": None,
    "a": 0.1,
    "b": 0.7,
    "difference": 0.6,
    "stderr": 0.15,
    "ci": [0.3, 0.9],
    "p": 0.2,
    "p_adjusted": 0.2,
    "test": "exact McNemar",
    "wins": 12,
    "losses": 0,
    "ties": 8,
    "mde": 0.3,
    "verdict": "BETTER",
    "reason": "p 0.2000",
    "lost": {"a": 0, "b": 0, "both": 0},
    "bounds": [0.6, 0.6],
    "equivalence": {"margin": None, "p": None, "ci": [0.3, 0.9], "smallest_margin": 0.9},
    "needs": None,
    "subsets": [],
    "flips": [],
}
RUNS = [{"label": "A", "run": "1", "model": "m"}, {"label": "B", "run": "2", "model": "n"}]
ADJUST = {"method": "holm", "chosen": "1", "comparisons": 1, "alpha": 0.05, "about": "Holm"}


def shown(capsys, *entries, flips=10, **more):
    found = {
        "runs": RUNS,
        "adjust": {**ADJUST, "comparisons": len(entries)},
        "comparisons": list(entries),
        "suites": [],
        "standings": [],
        "warnings": [],
        **more,
    }
    print_comparison(found, flips=flips)
    return capsys.readouterr().out


@pytest.mark.parametrize("p", [0.2, 0.00001])
def test_a_comparison_lists_flips(capsys, p):
    flips = [{"task": "sums", "sample": f"test-{n}", "a": 0.0, "b": 1.0} for n in range(12)]
    out = shown(capsys, {**ENTRY, "p_adjusted": p, "flips": flips})
    assert "+0.6000" in out and "12/0/8" in out and "BETTER" in out
    assert "12 samples differ: B is worse on 0, better on 12" in out and "and 2 more" in out
    assert ("<0.0001" in out) == (p < 0.0001)
    assert not any(line.endswith(" ") for line in out.splitlines())


def test_an_undecided_one_says_what_it_takes(capsys):
    needs = {
        "detectable": 0.42,
        "more_samples": 33,
        "epochs": 4,
        "samples_for_margin": 900,
        "power": 0.8,
    }
    same = {**ENTRY["equivalence"], "margin": 0.05, "smallest_margin": 0.09}
    entry = {**ENTRY, "verdict": "INCONCLUSIVE", "needs": needs, "equivalence": same}
    out = shown(capsys, entry)
    assert "20 samples show 0.4200 with 80 % power" in out
    assert "would take 33 samples more" in out and "4 epochs" in out
    assert "EQUIVALENT within 0.05: 900 samples" in out
    assert "EQUIVALENT by any --margin from 0.0901" in out


def test_without_a_pair_there_are_no_numbers(capsys):
    none = dict.fromkeys(("a", "b", "difference", "stderr", "ci", "p", "p_adjusted", "mde"))
    same = {**ENTRY["equivalence"], "smallest_margin": None, "ci": None}
    entry = {**ENTRY, **none, "n": 0, "equivalence": same, "verdict": "INCONCLUSIVE"}
    out = shown(capsys, {**entry, "reason": "none: no sample has a score in both runs"})
    assert "no sample has a score in both runs" in out


def test_models_and_answers_obey_nothing(capsys):
    flip = {
        "task": "sums",
        "sample": "a\x1b[2Jb",
        "a": 1.0,
        "b": 0.0,
        "target": ["[bold]4[/bold]"],
        "answer_a": {"state": "scored", "extracted": None, "text": "four \x1b[31mred\u202e " * 9},
        "answer_b": {"state": "truncated", "extracted": "5", "text": "five"},
    }
    runs = [RUNS[0], {"label": "B", "run": "2", "model": "evil\x1b]0;title\x07"}]
    out = shown(capsys, {**ENTRY, "flips": [flip]}, runs=runs)
    assert "\x1b" not in out and "\x07" not in out and "\u202e" not in out
    assert "[bold]4[/bold]" in out and "5 (truncated)" in out and "…" in out
    assert "B is worse on 1" in out
    assert printable("a\x00b") == "a\\x00b"


def test_parts_suites_bounds_and_the_unpaired_p(capsys):
    part = {"subset": "hard", "n": 9, "a": 0.1, "b": 0.2, "difference": 0.1, "stderr": 0.1}
    part |= {"ci": [0.0, 0.2], "p": 0.3, "p_holm": 0.6}
    parts = [{**part, "subset": f"part {n}", "p": 0.9 - n / 100} for n in range(8)]
    suite = {"suite": "board", "run_a": "1", "run_b": "2", "a": 0.5, "b": 0.6, "difference": 0.1}
    suite |= {"ci": None, "p_adjusted": None, "verdict": "INCONCLUSIVE", "reason": "other columns"}
    entry = {**ENTRY, "subsets": parts, "bounds": [-0.1, 0.7], "p_unpaired": 0.5}
    out = shown(capsys, entry, suites=[suite])
    assert "part 7" in out and "part 0" not in out and "2 parts more" in out
    assert "with all that was lost, between -0.1000 and +0.7000" in out
    assert "an unpaired z-test of the same scores says 0.5000" in out
    assert "board: other columns" in out


def test_several_runs_are_named_in_each_row(capsys):
    runs = [*RUNS, {"label": "C", "run": "3", "model": "o"}]
    row = {"run": "3", "model": "o", "mean": 0.9, "group": "a", "ranks": [1, 1]}
    rows = [row, {**row, "run": "1", "group": "b", "ranks": [2, 3]}]
    standing = {"task": "sums", "metric": "acc", "separated": 2, "pairs": 3, "runs": rows}
    entries = (ENTRY, {**ENTRY, "run_b": "3"})
    out = shown(capsys, *entries, runs=runs, standings=[standing])
    assert "A → B" in out and "A → C" in out and "2–3" in out
    assert "2 of 3 pairs separated" in out and "p is adjusted" in out
