"""Matchmaking: the widest interval first, blind, balanced, and the same again with a seed."""

from collections import Counter

import numpy as np
import pytest

from julja.arena.ballots import ballots
from julja.arena.matchmaking import gains, order_pairs, posterior
from julja.arena.plan import Wish, plan
from julja.arena.pool import Answer, make_pool
from julja.arena.session import Arena
from julja.arena.votes import VoteError, VoteLog, new_token
from julja.types import Message

ALL = ~np.eye(4, dtype=bool)


def counts(**pairs):
    """wins of 4 models: counts(ab=(3, 1)) says that a won 3 and b 1."""
    wins = np.zeros((4, 4))
    for (i, j), (first, second) in pairs.items():
        a, b = "abcd".index(i), "abcd".index(j)
        wins[a, b], wins[b, a] = first, second
    return wins


def test_the_posterior_is_newton_s_maximum_under_the_prior():
    wins = counts(ab=(30, 10), bc=(20, 20), ca=(5, 15), cd=(8, 2))
    found = posterior(wins, prior_sd=1.5)
    games = wins + wins.T
    p = 1 / (1 + np.exp(found.ratings[None, :] - found.ratings[:, None]))
    slope = (wins - games * p).sum(axis=1) - found.ratings / 1.5**2
    assert np.abs(slope).max() < 1e-8
    weights = games * p * (1 - p)
    hessian = np.diag(weights.sum(axis=1)) - weights + np.eye(4) / 1.5**2
    assert found.covariance == pytest.approx(np.linalg.inv(hessian))


def test_many_arenas_are_fitted_as_one_by_one():
    rng = np.random.default_rng(0)
    wins = rng.integers(0, 9, (5, 4, 4)) * ALL
    together = posterior(wins.astype(float))
    for index in range(5):
        alone = posterior(wins[index].astype(float))
        assert together.ratings[index] == pytest.approx(alone.ratings, abs=1e-7)
        assert gains(together)[index] == pytest.approx(gains(alone), abs=1e-7)


def test_a_gain_is_what_one_vote_takes_off_the_widest_variance():
    wins = counts(ab=(30, 10), bc=(20, 20), ac=(15, 5), cd=(3, 2))
    before = posterior(wins)
    widest = np.unravel_index(before.variance().argmax(), (4, 4))
    pending = np.zeros((4, 4))
    pending[1, 3] = pending[3, 1] = 1
    after = posterior(wins, pending)
    taken = before.variance()[widest] - after.variance()[widest]
    assert gains(before)[1, 3] == pytest.approx(taken)


def test_a_model_nobody_has_seen_comes_first():
    wins = counts(ab=(30, 10), bc=(20, 20), ac=(15, 5))
    orders = [
        order_pairs(posterior(wins), ALL, ALL, np.random.default_rng(seed))[0] for seed in range(20)
    ]
    assert sum(3 in pair for pair in orders) >= 18


def test_battles_that_wait_for_their_vote_are_not_asked_twice():
    wins = counts(ab=(10, 10), bc=(10, 10), cd=(10, 10), da=(10, 10))
    first = gains(posterior(wins)).max()
    pending = np.full((4, 4), 10.0) * ALL
    assert gains(posterior(wins, pending)).max() < first


def test_uniform_takes_every_pair_alike():
    wins = counts(ab=(300, 100))
    rng = np.random.default_rng(1)
    first = Counter(order_pairs(posterior(wins), ALL, ALL, rng, "uniform")[0] for _ in range(600))
    assert len(first) == 6 and min(first.values()) > 60


def pool_of(models, prompts, text=lambda prompt, model: f"{model} says {prompt}"):
    return make_pool(
        Answer(f"p{n}", (Message("user", f"q{n}"),), f"model-{m}", text(n, chr(97 + m)))
        for n in range(prompts)
        for m in range(models)
    )


@pytest.fixture
def arena(tmp_path):
    log = VoteLog(tmp_path / "julja.db")
    yield lambda models=4, prompts=5, **more: Arena(pool_of(models, prompts), log, **more)
    log.close()


def test_what_is_shown_has_no_name_and_the_names_come_after(arena):
    one = arena(seed=1)
    voter = one.log.register(new_token())
    shown = one.next(voter)
    assert "model-" not in repr(shown)
    told = one.vote(voter, shown.battle, "A>B")
    letters = {"model-0": "a", "model-1": "b", "model-2": "c", "model-3": "d"}
    assert shown.text_a.startswith(letters[told.model_a] + " says")
    assert shown.text_b.startswith(letters[told.model_b] + " says")
    assert one.told(voter, shown.battle).model_a == told.model_a


def test_without_a_reveal_no_name_is_told(arena):
    one = arena(seed=1)
    voter = one.log.register(new_token())
    shown = one.next(voter)
    assert one.told(voter, shown.battle) is None
    told = one.vote(voter, shown.battle, "A>B", reveal=False)
    assert (told.model_a, told.model_b) == (None, None)
    assert one.told(voter, shown.battle).model_a is None
    assert one.reveal(voter, shown.battle).model_a is not None


def test_a_battle_waits_for_its_vote(arena):
    one = arena()
    voter = one.log.register(new_token())
    assert one.next(voter) == one.next(voter)


def test_no_voter_sees_an_answer_twice(arena):
    one = arena(models=5, prompts=7)
    voter = one.log.register(new_token())
    seen = Counter()
    while (shown := one.next(voter)) is not None:
        seen.update([shown.text_a, shown.text_b])
        one.vote(voter, shown.battle, "A>B")
    # Two of five answers are left at most of each prompt: one, that has no partner.
    assert set(seen.values()) == {1} and len(seen) == 28
    assert one.progress(voter).left == 0
    other = one.log.register(new_token())
    assert one.next(other) is not None


def test_answers_in_the_same_words_never_meet(tmp_path):
    log = VoteLog(tmp_path / "julja.db")
    pool = pool_of(3, 4, lambda prompt, model: "4" if model < "c" else "5")
    one = Arena(pool, log)
    voter = log.register(new_token())
    texts = set()
    while (shown := one.next(voter)) is not None:
        texts.add(frozenset((shown.text_a, shown.text_b)))
        one.skip(voter, shown.battle)
    assert texts == {frozenset("45")}
    log.close()


def test_the_same_seed_and_log_give_the_same_battles_and_sides(tmp_path):
    found = []
    for name in ("one", "two"):
        log = VoteLog(tmp_path / f"{name}.db")
        arena = Arena(pool_of(5, 6), log, seed=7)
        voter = log.register(new_token())
        sequence = []
        for _ in range(8):
            shown = arena.next(voter)
            arena.vote(voter, shown.battle, "A>B")
            sequence.append((shown.text_a, shown.text_b))
        found.append(sequence)
        log.close()
    assert found[0] == found[1]


def test_going_on_in_another_process_is_going_on(tmp_path):
    log = VoteLog(tmp_path / "julja.db")
    voter = log.register(new_token())
    texts = []
    for _ in range(10):
        arena = Arena(pool_of(4, 5), log, seed=7)
        shown = arena.next(voter)
        arena.vote(voter, shown.battle, "B>A")
        texts += [shown.text_a, shown.text_b]
    assert len(set(texts)) == 20
    log.close()


def test_prompts_are_shown_alike_often(arena):
    one = arena(models=3, prompts=6, policy="uniform")
    shown_on = Counter()
    for _ in range(4):
        voter = one.log.register(new_token())
        for _ in range(3):
            shown = one.next(voter)
            one.vote(voter, shown.battle, "A=B")
            shown_on[shown.messages[0].content] += 1
    assert set(shown_on.values()) == {2}


def test_sides_are_random_and_balanced_between_voters(arena):
    one = arena(models=2, prompts=40)
    voters = [one.log.register(new_token()) for _ in range(2)]
    sides = {voter: Counter() for voter in voters}
    for _ in range(40):
        for voter in voters:
            shown = one.next(voter)
            one.vote(voter, shown.battle, "A>B")
            sides[voter][shown.text_a[0]] += 1
    total = sides[voters[0]] + sides[voters[1]]
    assert total["a"] == total["b"] == 40
    assert all(10 <= count["a"] <= 30 for count in sides.values())


def test_one_voter_s_sides_are_a_fair_coin(arena):
    one = arena(models=2, prompts=200)
    voter = one.log.register(new_token())
    first = 0
    for _ in range(200):
        shown = one.next(voter)
        one.skip(voter, shown.battle)
        first += shown.text_a[0] == "a"
    # Four standard deviations of a fair coin.
    assert 72 <= first <= 128


def test_an_answer_that_was_made_anew_is_a_new_one(tmp_path):
    log = VoteLog(tmp_path / "julja.db")
    voter = log.register(new_token())
    old = Arena(pool_of(2, 1), log)
    shown = old.next(voter)
    old.vote(voter, shown.battle, "A>B")
    assert old.next(voter) is None
    new = Arena(pool_of(2, 1, lambda prompt, model: f"{model} again"), log)
    assert new.next(voter) is not None
    with pytest.raises(VoteError, match="not here any more"):
        new.show(voter, shown.battle)
    log.close()


def test_a_battle_of_answers_that_are_gone_does_not_wait(tmp_path):
    log = VoteLog(tmp_path / "julja.db")
    voter = log.register(new_token())
    waiting = Arena(pool_of(2, 1), log).next(voter)
    new = Arena(pool_of(2, 1, lambda prompt, model: f"{model} again"), log)
    assert new.next(voter).battle != waiting.battle
    log.close()


def test_strong_verdicts_only_where_they_are_offered(arena):
    one, two = arena(), arena(strong=True)
    voter = one.log.register(new_token())
    shown = one.next(voter)
    with pytest.raises(VoteError, match="no verdict here"):
        one.vote(voter, shown.battle, "A>>B")
    assert two.vote(voter, shown.battle, "A>>B").verdict == "A>>B"


def test_the_widest_interval_takes_fewer_votes_than_uniform_pairing():
    # The figure of docs/arena.md, on fewer arenas.
    found = plan(Wish(models=20, half_width=50, spread=150, rounds=12))
    assert [item.policy for item in found.policies] == ["uniform", "widest"]
    assert 0.15 < found.saved < 0.4


def test_votes_of_an_arena_are_battles_to_rate(arena):
    one = arena(models=3, prompts=30, seed=3)
    rng = np.random.default_rng(0)
    for _ in range(3):
        voter = one.log.register(new_token())
        for _ in range(20):
            shown = one.next(voter)
            better = shown.text_a[0] < shown.text_b[0]
            is_right = rng.random() < 0.8
            one.vote(voter, shown.battle, "A>B" if better == is_right else "B>A")
    rows = ballots(one.log.since(0))
    wins = Counter(row.model_a if row.verdict == "A>B" else row.model_b for row in rows)
    assert wins["model-0"] > wins["model-2"]
    assert {"length_a", "length_b", "headers_a", "bold_b"} <= set(rows[0].fields)
