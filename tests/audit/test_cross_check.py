"""Which table disagrees is said on evidence, and on nothing else."""

import json

import numpy as np
import pytest

from julja.audit.cross_check import check
from julja.audit.scores.table import ScoreTable
from julja.errors import DataError

MODELS = [f"model-{n:02}" for n in range(24)]


def world(k=4, *, noise=0.3, odd=None, stderr=None, seed=0, m=24):
    """k tables of one ranking, the first of which correlates `odd` with it where given."""
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=m)
    scores = truth + noise * generator.normal(size=(k, m))
    if odd is not None:
        scores[0] = odd * truth + (1 - odd**2) ** 0.5 * generator.normal(size=m)
    return [
        ScoreTable.of(
            f"t{place}",
            dict(zip(MODELS, row.tolist(), strict=False)),
            stderr=dict.fromkeys(MODELS, stderr) if stderr else None,
        )
        for place, row in enumerate(scores)
    ]


def test_tables_that_rank_alike_agree():
    found = check(world())
    assert found.verdict == "AGREE"
    assert {item.verdict for item in found.tables} == {"AGREE"}
    assert found.concordance.w > 0.8
    assert (found.cells, found.missing) == (96, 0)


def test_the_one_that_ranks_otherwise_is_named_with_the_models():
    found = check(world(odd=0.0))
    assert found.verdict == "DISAGREES"
    assert found.to_json()["outliers"] == ["t0"]
    worst = found.tables[0].displaced
    assert abs(worst[0].place - worst[0].others) >= abs(worst[1].place - worst[1].others) > 5
    assert worst[0].of == 24
    assert [item.verdict for item in found.tables[1:]] == ["AGREE"] * 3


def test_few_models_are_no_evidence():
    found = check(world(odd=0.0, m=4))
    assert found.verdict == "INCONCLUSIVE"
    assert "only 4 of its models" in found.tables[0].reason


def test_of_two_tables_neither_is_the_outlier():
    found = check(world(2, odd=0.0))
    assert {item.verdict for item in found.tables} == {"INCONCLUSIVE"}
    assert "neither" in found.tables[0].reason
    assert found.tables[0].p_holm is None
    assert (found.verdict, found.to_json()["outliers"]) == ("DISAGREES", [])


def test_noise_of_its_own_is_no_disagreement():
    plain = world(odd=0.2, seed=2)
    assert check(plain).tables[0].verdict == "DISAGREES"
    noisy = world(odd=0.2, seed=2, stderr=0.8)
    found = check(noisy)
    assert found.tables[0].verdict == "INCONCLUSIVE"
    assert "noise could explain" in found.tables[0].reason
    assert found.tables[0].ceiling < 0.8


def test_agreement_that_is_only_less_is_no_disagreement():
    found = check(world(6, noise=0.02, odd=0.98, seed=1))
    assert found.tables[0].verdict == "AGREE"
    assert "the others agree even more" in found.tables[0].reason


def test_missing_cells_are_counted_and_lone_models_named():
    tables = world(3)
    cut = tables[0].take(tables[0].models[:15])
    alone = ScoreTable.of("more", {**dict(zip(MODELS, range(24), strict=True)), "solo": 1.0})
    found = check([cut, *tables[1:], alone])
    assert (found.missing, found.cells) == (9, 87)
    assert found.single == ("solo",)
    assert found.concordance.models == 15
    assert {(p.first, p.second): p.models for p in found.pairs}["t0", "t1"] == 15


def test_pairs_that_both_separate_are_counted():
    one = ScoreTable.of("one", {"a": 3.0, "b": 2.0, "c": 1.0}, stderr=dict.fromkeys("abc", 0.1))
    two = ScoreTable.of("two", {"a": 1.0, "b": 2.0, "c": 0.0}, stderr=dict.fromkeys("abc", 0.1))
    (pair,) = check([one, two]).pairs
    assert (pair.separated, pair.reversed) == (3, 1)
    assert pair.ceiling == pytest.approx(0.99, abs=0.01)


def test_a_table_turned_round_is_suspected():
    tables = world(3)
    found = check([*tables[:2], tables[2].turned()])
    assert any("the other way round" in text for text in found.remarks)
    assert found.tables[2].verdict == "DISAGREES"


def test_the_seed_repeats_and_the_order_of_tables_does_not_matter():
    tables = world(4, odd=0.3)
    one = check(tables, seed=5).to_json()
    assert one == check(tables, seed=5).to_json()
    json.dumps(one, allow_nan=False)
    back = check(tables[::-1], seed=5).to_json()["tables"][::-1]
    for first, second in zip(one["tables"], back, strict=True):
        assert first["spearman"]["value"] == pytest.approx(second["spearman"]["value"])
        assert first["verdict"] == second["verdict"]


def test_tables_that_cannot_be_compared_are_refused():
    with pytest.raises(DataError, match="1 table of scores"):
        check(world(1))
    strangers = [ScoreTable.of(n, {f"{n}{i}": float(i) for i in range(9)}) for n in ("a", "b")]
    with pytest.raises(DataError, match="no two of the 2 tables"):
        check(strangers)
    found = check(strangers, names={f"a{i}": f"b{i}" for i in range(9)})
    assert len(found.models) == 9
