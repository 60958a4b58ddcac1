"""The gap between public and private scores: honest models, trained ones, and the verb."""

import json
from dataclasses import replace

import numpy as np
import pytest

from julja.audit.goodhart import compare
from julja.audit.scores.items import ItemTable, read_date, read_items
from julja.audit.scores.sides import label, side_of_items, side_of_scores
from julja.audit.scores.table import ScoreTable
from julja.cli.main import main
from julja.errors import DataError
from julja.stats.gap import expected_maximum

NAMES = tuple(f"m{n}" for n in range(12))


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(["audit", "goodhart", *arguments])
    out, err = capsys.readouterr()
    return stop.value.code, out, err


def table(name, scores, levels=None):
    items = tuple(f"{name}{n}" for n in range(scores.shape[1]))
    pairs = () if levels is None else zip(items, levels, strict=True)
    fields = {item: {"difficulty": level} for item, level in pairs}
    return ItemTable(name, NAMES[: len(scores)], items, scores, fields)


def answers(generator, ability, hard):
    chance = 1 / (1 + np.exp(hard - ability[:, None]))
    return (generator.random(chance.shape) < chance).astype(float)


def gsm1k(seed, m=12, n=(1319, 1205), harder=0.0, seen=0.0):
    """Two sides like GSM8K and GSM1k; the first model knows a share of the public one by heart."""
    generator = np.random.default_rng(seed)
    ability = generator.normal(1.0, 1.2, m)
    public = answers(generator, ability, generator.normal(0, 1.2, n[0]))
    private = answers(generator, ability, generator.normal(harder, 1.2, n[1]))
    public[0, generator.random(n[0]) < seen] = 1
    return side_of_items(table("public", public)), side_of_items(table("private", private))


@pytest.mark.parametrize(
    "settings",
    [{}, {"m": 4}, {"m": 1}, {"m": 8, "n": (200, 150)}, {"harder": 0.7}],
    ids=["like GSM1k", "four models", "one model", "few items", "harder private"],
)
def test_honest_models_are_not_flagged(settings):
    gaps = [
        gap
        for seed in range(15)
        for gap in compare(*gsm1k(seed, **settings), resamples=200, seed=seed).gaps
    ]
    assert sum(gap.flagged for gap in gaps) <= 0.05 * len(gaps)


def test_plain_intervals_cover_the_truth():
    gaps = [
        gap.gap
        for seed in range(60)
        for gap in compare(*gsm1k(seed, m=4), resamples=100, seed=seed).gaps
    ]
    covered = [gap.ci[0] <= 0 <= gap.ci[1] for gap in gaps]
    assert 0.91 <= np.mean(covered) <= 0.99


@pytest.mark.parametrize("harder", [0.0, 0.7])
def test_a_model_that_knows_the_public_set_is_flagged(harder):
    flagged = 0
    for seed in range(8):
        found = compare(*gsm1k(seed, harder=harder, seen=0.6), resamples=200, seed=seed)
        first = next(gap for gap in found.gaps if gap.model == "m0")
        flagged += first.flagged
        assert first.basis == "excess"
        if first.flagged:
            assert "consistent with" in first.says
    # A model near the top has next to no room to be lifted.
    assert flagged >= 5


def test_a_harder_private_set_is_told_from_training_by_the_other_models():
    found = compare(*gsm1k(1, harder=1.5), resamples=200)
    assert found.mean.ci[0] > 0.1
    assert not any(gap.flagged for gap in found.gaps)
    says = {gap.says for gap in found.gaps if gap.gap.ci[0] > 0.02}
    assert says == {
        "over 2 points, but so are others: consistent with a harder private, or all tuned"
    }


def test_with_few_models_a_harder_private_set_cant_be_told_apart():
    found = compare(*gsm1k(1, m=3, harder=1.5), resamples=200)
    (says,) = {gap.says for gap in found.gaps if gap.flagged}
    assert says == "over 2 points: consistent with training or tuning, and with a harder private"


def mixed(shares, seed=0):
    """A side whose hard items, wrong for all, have a share; easy ones are right for all."""
    n = 200
    hard = np.arange(n) < shares * n
    scores = np.tile(np.where(hard, 0.0, 1.0), (3, 1))
    generator = np.random.default_rng(seed)
    noise = generator.random(scores.shape) < 0.1
    scores = np.where(noise, 1 - scores, scores)
    return table(f"side{shares}", scores, np.where(hard, "hard", "easy").tolist())


def test_matching_takes_a_different_mix_of_difficulties_away():
    public, private = mixed(0.2), mixed(0.7, seed=1)
    labels = label(public, private, "difficulty")
    sides = [
        replace(side_of_items(side), strata=tuple(names))
        for side, names in zip((public, private), labels, strict=True)
    ]
    found = compare(*sides, matched_on="difficulty", resamples=200)
    for gap in found.gaps:
        assert gap.gap.ci[0] > 0.2
        assert gap.matched.ci[0] < 0 < gap.matched.ci[1]
        assert (gap.basis, gap.flagged) == ("matched", False)
    assert (found.matched_on, found.unmatched) == ("difficulty", 0)


def test_strata_of_one_side_only_are_left_out_and_counted():
    public = table("a", np.tile([1.0, 0.0, 1.0, 0.0], (1, 5)), ["x", "x", "y", "y"] * 5)
    private = table("b", np.tile([1.0, 0.0, 0.0, 0.0], (1, 5)), ["x", "x", "z", "z"] * 5)
    labels = label(public, private, "difficulty")
    sides = [
        replace(side_of_items(side), strata=tuple(names))
        for side, names in zip((public, private), labels, strict=True)
    ]
    found = compare(*sides, matched_on="difficulty", resamples=100)
    assert found.unmatched == 20
    assert found.gaps[0].matched.value == pytest.approx(0.0)
    assert found.gaps[0].matched.n == 20


def test_numbers_of_many_kinds_are_five_bins():
    scores = np.ones((1, 50))
    public = table("a", scores, list(np.linspace(0, 1, 50)))
    private = table("b", scores, list(np.linspace(0, 1, 50)))
    first, second = label(public, private, "difficulty")
    assert sorted(set(first)) == ["0", "1", "2", "3", "4"]
    assert first == second
    words = table("c", scores, [f"w{n}" for n in range(50)])
    with pytest.raises(DataError, match="no label of difficulty"):
        label(words, private, "difficulty")


def test_the_best_of_many_tries_is_taken_off():
    one, two = gsm1k(3, m=2)
    plain = compare(one, two, resamples=100)
    tried = compare(one, two, tries=27, resamples=100)
    for before, after in zip(plain.gaps, tried.gaps, strict=True):
        error = one.variance[one.models.index(before.model)] ** 0.5
        assert after.tries == pytest.approx(expected_maximum(27) * error)
        assert after.gap.value == pytest.approx(before.gap.value - after.tries)
        assert after.gap.ci[0] == pytest.approx(before.gap.ci[0] - after.tries)


def means(name, values, n=None):
    made = ScoreTable.of(name, dict(zip(NAMES, values, strict=False)))
    return side_of_scores(made, made.score, n, 1.0)


def test_tables_of_means_need_errors_for_a_flag():
    bare = compare(means("a", [0.9, 0.8]), means("b", [0.5, 0.7]))
    assert [gap.gap.ci for gap in bare.gaps] == [None, None]
    assert all("can't be told" in gap.says for gap in bare.gaps)
    assert bare.mean.value == pytest.approx(0.25)
    sized = compare(means("a", [0.9, 0.8], 500), means("b", [0.5, 0.7], 300))
    first = next(gap for gap in sized.gaps if gap.model == "m0")
    error = (0.9 * 0.1 / 500 + 0.25 / 300) ** 0.5
    assert first.gap.stderr == pytest.approx(error)
    assert first.flagged


def test_models_in_one_set_only_are_told():
    one = means("a", [0.9, 0.8, 0.7], 100)
    two = replace(means("b", [0.5, 0.7], 100), models=("m1", "m9"))
    found = compare(one, two)
    assert [gap.model for gap in found.gaps] == ["m1"]
    assert found.remarks == (
        "a: 2 models are in no other set: m0, m2",
        "b: 1 models are in no other set: m9",
    )
    with pytest.raises(DataError, match="no model in common"):
        compare(one, replace(two, models=("x", "y")))


def test_clusters_widen_the_gap():
    one, two = gsm1k(5, m=2, n=(300, 300))
    twice = replace(
        one.items,
        items=tuple(map(str, range(600))),
        scores=np.repeat(one.items.scores, 2, axis=1),
        clusters=tuple(str(n // 2) for n in range(600)),
    )
    side = side_of_items(twice)
    assert side.variance == pytest.approx(one.variance, rel=0.01)
    assert compare(side, two, resamples=100).gaps[0].gap.method == "Welch"
    assert compare(one, two, resamples=100).gaps[0].gap.method == "Newcombe"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A file of dated items of three models, one of which does worse on the fresh ones."""
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    rows = []
    for n in range(240):
        day = f"2023-{1 + n // 20:02d}-15"
        for model, chance in (("정직", 0.6), ("learned", 0.9 if n < 120 else 0.4), ("other", 0.5)):
            about = {"date": day, "site": "xy"[n % 2], "difficulty": ("easy", "hard")[n % 3 == 0]}
            score = 100.0 * (generator.random() < chance)
            rows.append({"model": model, "question_id": n, **about, "pass@1": score})
    content = {"performances": rows, "models": [{"model": "x"}], "marks": [1, 2]}
    (tmp_path / "board.json").write_text(json.dumps(content, ensure_ascii=False))
    (tmp_path / "old.csv").write_text("model,score\na,80\nb,70\n")
    (tmp_path / "new.csv").write_text("model,score\nA,60\nb,69\n")
    (tmp_path / "names.json").write_text(json.dumps({"a": "A"}))
    return tmp_path


def test_items_before_and_after_a_day(here, capsys):
    code, out, _ = run(capsys, "board.json", "--cut", "2023-07-01", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["public"], found["private"]) == ("before 2023-07-01", "from 2023-07-01")
    assert (found["matched_on"], found["flagged"]) == ("difficulty", ["learned"])
    first = found["models"][0]
    assert (first["model"], first["n_public"], first["n_private"]) == ("learned", 120, 120)
    assert first["gap"]["value"] == pytest.approx(first["public"] - first["private"])
    _, text, _ = run(capsys, "board.json", "--cut", "2023-07-01")
    assert "learned" in text.splitlines()[2]
    assert "look" in text.splitlines()[2]
    assert "a flag is a reason to look, and no proof of anything" in text


def test_windows_filters_and_splits(here, capsys):
    window = ("--cut", "2023-07-01", "--since", "2023-03-01", "--until", "2023-11-01")
    _, out, _ = run(capsys, "board.json", *window, "--where", "site=x", "--json")
    first = json.loads(out)["models"][0]
    assert (first["n_public"], first["n_private"]) == (40, 40)
    _, out, _ = run(capsys, "board.json", "--split", "site=y", "--match", "none", "--json")
    found = json.loads(out)
    assert (found["public"], found["private"], found["matched_on"]) == (
        "other site",
        "site=y",
        None,
    )
    assert found["flagged"] == []


def test_only_some_models_are_shown(here, capsys):
    _, out, _ = run(capsys, "board.json", "--cut", "2023-07-01", "--model", "정직", "--json")
    assert [item["model"] for item in json.loads(out)["models"]] == ["정직"]


def test_tables_with_other_names(here, capsys):
    arguments = ("--n", "500", "500", "--names", "names.json", "--json")
    _, out, _ = run(capsys, "old.csv", "new.csv", *arguments)
    found = json.loads(out)
    assert [item["model"] for item in found["models"]] == ["A", "b"]
    assert found["flagged"] == ["A"]
    _, out, err = run(capsys, "--old", "old.csv", "--new", "new.csv", "--json")
    assert [item["model"] for item in json.loads(out)["models"]] == ["b"]
    assert "old: 1 models are in no other set: a" in err


def test_runs_and_tasks_of_a_store(here, capsys):
    for name, first in (("seen", 0), ("fresh", 100)):
        rows = [
            {"id": f"c{n}", "input": f"{n}", "expected": str(n), "year": 2020 + n % 2}
            for n in range(first, first + 100)
        ]
        (here / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
        (here / f"{name}.toml").write_text(f'cases = "{name}.jsonl"\nscorer = "number"\n')
    text = "def m{k}(prompt):\n    n = prompt.split()[-1]\n    return n if int(n) < {k} else 'x'\n"
    (here / "models.py").write_text("\n".join(text.format(k=k) for k in (120, 190)))
    for k in (120, 190):
        with pytest.raises(SystemExit):
            main(["run", "seen.toml", "fresh.toml", "-m", f"python/models.py:m{k}", "-q"])
    capsys.readouterr()
    code, out, _ = run(capsys, "seen", "fresh", "--json")
    found = json.loads(out)
    assert (code, found["public"], found["private"]) == (0, "seen", "fresh")
    assert [(item["public"], item["private"]) for item in found["models"]] == [(1, 0.2), (1, 0.9)]
    assert len(found["flagged"]) == 2
    code, out, _ = run(capsys, "last#seen", "last#fresh", "--json")
    assert [item["private"] for item in json.loads(out)["models"]] == [0.9]
    code, out, _ = run(capsys, "last#fresh", "--split", "year=2021", "--json")
    assert [item["n_private"] for item in json.loads(out)["models"]] == [50]
    for wrong, said in (
        ("last", "Name one: last#seen"),
        ("last#sene", "Did you mean seen?"),
        ("sene", "Did you mean seen?"),
    ):
        code, _, err = run(capsys, wrong, "fresh")
        assert (code, said in err) == (1, True), err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "no scores were given"),
        (("board.json",), 2, "what is public, and what private?"),
        (("board.json", "--cut", "2023-07-01", "--split", "site=x"), 2, "what is public"),
        (("board.json", "old.csv", "--old", "old.csv"), 2, "are the same: give one"),
        (
            ("board.json", "--split", "site=x", "--since", "2023-01-01"),
            2,
            "--since goes with --cut",
        ),
        (("board.json", "--cut", "soon"), 2, "--cut soon: is no date"),
        (("board.json", "--cut", "2023-07-01", "--since", "2024-01-01"), 2, "before --cut"),
        (("board.json", "--cut", "2023-07-01", "--date", "day"), 2, "no field 'day'"),
        (("board.json", "--cut", "2020-01-01"), 1, "before 2020-01-01: 0 items are left"),
        (("board.json", "--split", "site"), 2, "is no FIELD=VALUE"),
        (("board.json", "--split", "site=z"), 1, "There are x, y."),
        (("board.json", "--cut", "2023-07-01", "--where", "siet=x"), 2, "Did you mean site?"),
        (("board.json", "--cut", "2023-07-01", "--tries", "0"), 2, "one at least"),
        (("board.json", "--cut", "2023-07-01", "--margin", "-1"), 2, "from 0 to 100"),
        (("board.json", "--cut", "2023-07-01", "--model", "lerned"), 2, "Did you mean learned?"),
        (("old.csv", "--cut", "2023-07-01"), 1, "so it can't be split"),
        (("old.csv", "new.csv", "--where", "a=b"), 2, "item by item on both sides"),
        (("nowhere.csv", "old.csv"), 1, "there is no such file, and no store of runs"),
    ],
)
def test_wrong_use(here, capsys, arguments, code, said):
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, ""), err
    assert said in err


def test_dates_as_files_write_them():
    days = [read_date(value) for value in (1692576000, 1692576000000, "2023-08-21", "x", None)]
    assert [day and day.isoformat() for day in days] == ["2023-08-21"] * 3 + [None, None]


def test_items_without_a_score_are_counted(tmp_path):
    rows = [{"model": m, "item": n, "score": n % 2} for m in "ab" for n in range(4)]
    rows += [{"model": "a", "item": 9, "score": None}]
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    found = read_items(str(path))
    assert found.remarks == ("x: 1 rows have no model, item or score and are left out",)
    assert found.scores.shape == (2, 4)
    with pytest.raises(DataError, match="which column is the item can't be 'nope'"):
        read_items(str(path), item="nope")
