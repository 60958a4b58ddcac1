"""Arena-Hard's notebook: the quality of four benchmarks, on 20 models, against the Chatbot Arena.

Expected are the numbers that lmarena/arena-hard-auto's benchmark_for_benchmarks.ipynb prints; the
bootstrap values and the Arena's table of 2024-03-29 are those of its `notebook/` folder.
"""

import json

import pytest

from julja.audit.cross_check import check
from julja.audit.quality import measure
from julja.audit.scores.read import read_tables
from julja.stats.ranks import agreement, interval_order

pytestmark = [pytest.mark.mirror, pytest.mark.parity]

ARENA = "elo_20240329_leaderboard_table.json"
# file of bootstrap values, file of names, and what the notebook prints: separability,
# agreement, order (strict), Spearman, Brier, log-loss.
TABLE = {
    "arena_hard": ("arena_to_arena_hard", 160, 0.903955, 0.915789, 0.932331, 0.070479, 0.395046),
    "alpaca_LC": ("alpaca_to_arena", 167, 0.872881, 0.852632, 0.878195, 0.134726, 1.965293),
    "alpaca": ("alpaca_to_arena", 135, 0.790960, 0.810526, 0.757895, 0.164211, 1.840866),
    "mt_bench": ("arena_to_mt_bench", 69, 0.694915, 0.868421, 0.893233, 0.100829, 0.331054),
}
KENDALL = {"arena_hard": 0.8316, "alpaca_LC": 0.7053, "alpaca": 0.6211, "mt_bench": 0.7368}
# With +1 / 0 / -1 over the same 177 pairs.
SIGNED = {"arena_hard": 0.8079, "alpaca_LC": 0.7458, "alpaca": 0.5819, "mt_bench": 0.3898}
AT_80 = {"arena_hard": 0.9105, "alpaca_LC": 0.9316, "alpaca": 0.8263, "mt_bench": 0.5526}
ALL_MODELS = {"arena_hard": (302, 378), "mt_bench": (103, 300)}


@pytest.fixture(scope="module")
def notebook(mirror):
    return mirror / "judge" / "lmarena__arena-hard-auto" / "notebook"


@pytest.fixture(scope="module")
def arena(notebook):
    (table,) = read_tables(str(notebook / ARENA))
    return table


def bench(notebook, name):
    (table,) = read_tables(str(notebook / f"bootstrap_stats_{name}.jsonl.gz"), unit="prompt")
    return table


def names_of(notebook, name):
    return json.loads((notebook / f"{TABLE[name][0]}.json").read_text())


@pytest.mark.parametrize("name", TABLE)
def test_the_notebooks_numbers_are_reproduced(name, notebook, arena):
    names = names_of(notebook, name)
    found = measure(bench(notebook, name), arena, names=names, resamples=50)
    _, separated, agree, order, spearman, brier, log_loss = TABLE[name]
    assert len(found.models) == 20
    assert (found.separability.separated, found.separability.pairs) == (separated, 190)
    assert found.separability.bootstraps == 1000
    assert found.agreements["notebook"].value == pytest.approx(agree, abs=1e-6)
    assert found.agreements["notebook"].pairs == 177
    values = {key: item.value for key, item in found.estimates.items()}
    assert values["order"] == pytest.approx(order, abs=1e-6)
    assert values["spearman"] == pytest.approx(spearman, abs=1e-6)
    assert values["kendall"] == pytest.approx(KENDALL[name], abs=5e-5)
    assert values["brier"] == pytest.approx(brier, abs=1e-6)
    assert values["log_loss"] == pytest.approx(log_loss, abs=1e-6)
    assert found.reference_separability.value == pytest.approx(0.9158, abs=5e-5)
    if name in ALL_MODELS:
        assert (found.whole.separated, found.whole.pairs) == ALL_MODELS[name]
    lower = measure(bench(notebook, name), arena, names=names, level=0.8, resamples=2)
    assert lower.separability.value == pytest.approx(AT_80[name], abs=5e-5)


@pytest.mark.parametrize("name", TABLE)
def test_an_anchors_point_makes_three_pairs_of_the_denominator(name, notebook, arena):
    # Mixtral's rating is fixed, so its interval is a point: the notebook takes that for certain
    # where it computes agreement (177 pairs), and for overlap where it computes separability (174).
    from julja.audit.scores.table import intervals, join

    both = join(bench(notebook, name), arena, names_of(notebook, name))
    ends = [intervals(table, 0.95) for table in (both.first, both.second)]
    points = [interval_order(one.lower, one.upper, points_apart=True) for one in ends]
    signed = agreement(*points, "reference")
    assert (signed.pairs, signed.value) == (177, pytest.approx(SIGNED[name], abs=5e-5))
    ours = measure(bench(notebook, name), arena, names=names_of(notebook, name), resamples=2)
    assert ours.agreements["reference"].pairs == 174
    assert signed.value <= ours.agreements["reference"].value <= signed.value + 0.02


def test_the_whole_arena_of_76_models(arena):
    found = measure(arena, resamples=2)
    assert (found.separability.separated, found.separability.pairs) == (2850 - 258, 2850)


def test_the_draws_of_the_arena_give_the_same_intervals(notebook, arena):
    (drawn,) = read_tables(str(notebook / "elo_20240329_bootstrap_df.csv.gz"))
    found = measure(drawn, arena, resamples=2)
    assert len(found.models) == 76
    assert found.separability.bootstraps == 100
    assert found.separability.separated == 2850 - 258
    # The same hundred draws as differences of two models: far fewer pairs are in doubt.
    assert found.restated[0].separated > found.separability.separated


def test_raw_alpacaeval_is_what_disagrees(notebook, arena):
    # Without its length control, and with the other three: AlpacaEval ranks by length too.
    three = ("arena_hard", "alpaca", "mt_bench")
    tables = [arena, *(bench(notebook, name) for name in three)]
    names = {}
    for name, table in zip(three, tables[1:], strict=True):
        pairs = names_of(notebook, name)
        known = {model.lower() for model in table.models}
        turned = {value: key for key, value in pairs.items()}
        best = max((pairs, turned), key=lambda p: sum(key.lower() in known for key in p))
        names[table.name] = best
    found = check(tables, names=names)
    assert found.to_json()["outliers"] == ["bootstrap_stats_alpaca"]
    assert found.tables[2].displaced[0].model == "yi-34b-chat"
    assert found.tables[2].displaced[0].place == 1
    verdicts = {item.table: item.verdict for item in found.tables}
    assert verdicts["bootstrap_stats_arena_hard"] == "AGREE"


def test_the_arenas_categories_rank_alike(mirror):
    place = mirror / "judge" / "lmarena__arena-catalog" / "data" / "leaderboard-text.json.gz"
    tables = read_tables(str(place))
    wanted = ("#full", "#coding", "#math", "#korean")
    found = check([table for table in tables if table.name.endswith(wanted)])
    assert len(tables) == 29
    assert found.verdict == "AGREE"
    assert found.concordance.w > 0.97
