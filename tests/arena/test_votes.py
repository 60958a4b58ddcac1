"""The log of votes: append-only, one current vote, durable whatever happens to the process."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap

import pytest

from julja.arena.ballots import ballots, summarise, write_ballots
from julja.arena.votes import Pick, VoteError, VoteLog, new_token, voter_of
from julja.data.files import read_rows
from julja.errors import ConfigError, StoreError

PICK = Pick("p1", "big", "small", {"answer_a": "1", "answer_b": "2", "group": "maths"})


@pytest.fixture
def log(tmp_path):
    opened = VoteLog(tmp_path / "julja.db")
    yield opened
    opened.close()


def battle(log, voter, pick=PICK):
    return log.serve(voter, lambda: pick).battle


def test_a_voter_is_named_by_a_hash_and_registered_once(log):
    token = new_token()
    voter = log.register(token)
    assert log.register(token) == voter == voter_of(token)
    assert token not in voter
    assert log.knows(voter) and not log.knows("v-nobody")
    assert [event.kind for event in log.since(0)] == ["voter"]


def test_ids_are_random_and_say_nothing(log):
    voter = log.register(new_token())
    ids = {battle(log, voter) for _ in range(50)}
    assert len(ids) == 50
    assert all(len(id_) == 26 and "big" not in id_ for id_ in ids)


def test_a_vote_carries_all_that_a_battle_needs(log):
    voter = log.register(new_token())
    id_ = battle(log, voter)
    cast = log.vote(voter, id_, "A>B")
    assert (cast.is_new, cast.counts, cast.battle.model_a) == (True, True, "big")
    (row,) = ballots(log.since(0))
    assert (row.prompt, row.model_a, row.model_b, row.verdict) == ("p1", "big", "small", "A>B")
    assert (row.first, row.judge, row.weight) == ("a", voter, 1.0)
    assert row.fields["battle"] == id_ and row.fields["group"] == "maths"
    assert row.fields["seconds"] >= 0 and row.time > 1e9


def test_before_the_names_a_later_vote_replaces_the_earlier(log):
    voter = log.register(new_token())
    id_ = battle(log, voter)
    log.vote(voter, id_, "A>B", reveal=False)
    cast = log.vote(voter, id_, "B>A", reveal=False)
    assert (cast.is_new, cast.counts, cast.current.verdict) == (True, True, "B>A")
    assert [row.verdict for row in ballots(log.since(0))] == ["B>A"]
    # Both stand in the log.
    assert [e.verdict for e in log.since(0) if e.kind == "vote"] == ["A>B", "B>A"]


def test_after_the_names_a_change_is_kept_and_not_counted(log):
    voter = log.register(new_token())
    id_ = battle(log, voter)
    log.vote(voter, id_, "A>B")
    cast = log.vote(voter, id_, "B>A")
    assert (cast.is_new, cast.counts, cast.current.verdict) == (True, False, "A>B")
    events = log.since(0)
    assert [row.verdict for row in ballots(events)] == ["A>B"]
    assert [row.verdict for row in ballots(events, late=True)] == ["B>A"]
    assert summarise(events).late == 1
    # Back to what counted: that counts, and the log has all three.
    assert log.vote(voter, id_, "A>B").counts
    assert len([e for e in log.since(0) if e.kind == "vote"]) == 3


def test_a_replayed_vote_adds_nothing(log):
    voter = log.register(new_token())
    id_ = battle(log, voter)
    log.vote(voter, id_, "A=B")
    before = len(log.since(0))
    again = log.vote(voter, id_, "A=B")
    assert (again.is_new, again.counts) == (False, True)
    assert len(log.since(0)) == before


def test_the_names_come_after_the_vote_and_only_to_its_voter(log):
    one, two = log.register(new_token()), log.register(new_token())
    id_ = battle(log, one)
    with pytest.raises(VoteError, match="after the vote") as early:
        log.reveal(one, id_)
    assert early.value.code == "not_voted"
    with pytest.raises(VoteError) as stranger:
        log.vote(two, id_, "A>B")
    with pytest.raises(VoteError) as nowhere:
        log.vote(two, "b-" + "x" * 24, "A>B")
    # Somebody else's battle and none at all can't be told apart.
    assert str(stranger.value) == str(nowhere.value)
    log.vote(one, id_, "A>B", reveal=False)
    assert log.reveal(one, id_).model_a == "big"


def test_a_skipped_battle_takes_no_vote_and_a_voted_one_no_skip(log):
    voter = log.register(new_token())
    skipped, voted = battle(log, voter), battle(log, voter)
    log.skip(voter, skipped)
    log.skip(voter, skipped)
    with pytest.raises(VoteError, match="skipped"):
        log.vote(voter, skipped, "A>B")
    log.vote(voter, voted, "bothbad")
    with pytest.raises(VoteError, match="has a vote"):
        log.skip(voter, voted)
    found = summarise(log.since(0))
    assert (found.battles, found.votes, found.skipped, found.unanswered) == (2, 1, 1, 0)
    assert found.tally[0].both_bad == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE votes SET verdict = 'B>A'",
        "DELETE FROM votes",
        "INSERT OR REPLACE INTO votes SELECT seq, kind, time, voter, battle, prompt, model_a,"
        " model_b, 'B>A', after_reveal, body, chain FROM votes WHERE kind = 'vote'",
        "REPLACE INTO votes SELECT seq + 100, kind, time, voter, battle, prompt, model_a,"
        " model_b, verdict, after_reveal, body, chain FROM votes WHERE kind = 'battle'",
        "INSERT INTO votes SELECT seq + 100, kind, time, voter, battle, prompt, model_a,"
        " model_b, 'A>A', after_reveal, body, chain FROM votes WHERE kind = 'vote'",
    ],
)
def test_no_statement_changes_what_was_voted(log, tmp_path, statement):
    voter = log.register(new_token())
    log.vote(voter, battle(log, voter), "A>B")
    before = log.since(0)
    other = sqlite3.connect(tmp_path / "julja.db", isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError):
        other.execute(statement)
    other.close()
    assert log.since(0) == before


def test_tampering_around_the_triggers_shows(log, tmp_path):
    voter = log.register(new_token())
    for _ in range(3):
        log.vote(voter, battle(log, voter), "A>B")
    assert log.verify() is None
    other = sqlite3.connect(tmp_path / "julja.db", isolation_level=None)
    other.execute("DROP TRIGGER votes_no_update")
    other.execute("UPDATE votes SET verdict = 'B>A' WHERE seq = 6")
    other.close()
    assert log.verify() == 6


def test_a_row_that_was_taken_out_shows(log, tmp_path):
    voter = log.register(new_token())
    for _ in range(3):
        log.vote(voter, battle(log, voter), "A>B")
    other = sqlite3.connect(tmp_path / "julja.db", isolation_level=None)
    other.execute("DROP TRIGGER votes_no_delete")
    other.execute("DELETE FROM votes WHERE seq = 4")
    other.close()
    assert log.verify() == 4


VOTER = """
import sys
from pathlib import Path
from julja.arena.votes import Pick, VoteLog, new_token
log = VoteLog(Path(sys.argv[1]))
voter = log.register(new_token())
for number in range(int(sys.argv[2])):
    shown = log.serve(voter, lambda: Pick(f"p{number}", "big", "small"))
    log.vote(voter, shown.battle, "A>B")
    print(shown.battle, flush=True)
"""


def test_no_vote_that_was_told_is_lost_by_kill_9(tmp_path):
    place = tmp_path / "julja.db"
    command = [sys.executable, "-c", textwrap.dedent(VOTER), str(place), "100000"]
    told = []
    for stop_after in (7, 23):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        told += [process.stdout.readline().strip() for _ in range(stop_after)]
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.read().split("\n")[:-1]
        process.wait()
        process.stdout.close()
    log = VoteLog(place)
    kept = {row.fields["battle"] for row in ballots(log.since(0))}
    assert len(told) >= 30 and set(told) <= kept
    assert log.verify() is None
    log.close()


def test_two_processes_vote_at_once(tmp_path):
    place = tmp_path / "julja.db"
    command = [sys.executable, "-c", textwrap.dedent(VOTER), str(place), "60"]
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    log = VoteLog(place)
    found = summarise(log.since(0))
    assert (found.voters, found.battles, found.votes) == (2, 120, 120)
    assert [event.seq for event in log.since(0)] == list(range(1, 363))
    assert log.verify() is None
    log.close()


def test_a_damaged_file_is_said_to_be_one(tmp_path):
    place = tmp_path / "julja.db"
    place.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="cannot open the store"):
        VoteLog(place)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_votes_are_written_for_rating(log, tmp_path, suffix):
    voter = log.register(new_token())
    pick = Pick('문제 1, "x"\n\'; DROP TABLE votes;--', "큰 모델", "small", {"length_a": 3.0})
    log.vote(voter, battle(log, voter, pick), "B>>A")
    path = write_ballots(ballots(log.since(0)), str(tmp_path / f"votes{suffix}"))
    (row,) = read_rows(path)
    assert (row["prompt"], row["model_a"]) == (pick.prompt, "큰 모델")
    assert (row["verdict"], row["first"], row["judge"]) == ("B>>A", "a", voter)
    assert float(row["length_a"]) == 3.0


def test_other_endings_are_refused(log, tmp_path):
    with pytest.raises(ConfigError, match=r"\.jsonl or \.csv"):
        write_ballots([], str(tmp_path / "votes.xlsx"))


def test_how_often_the_first_answer_won_is_counted(log):
    voter = log.register(new_token())
    for verdict in ["A>B", "A>>B", "B>A", "A=B", "bothbad", "A>B"]:
        log.vote(voter, battle(log, voter), verdict)
    found = summarise(log.since(0))
    assert (found.decided, found.first) == (4, 0.75)
    assert found.first_ci[0] < 0.75 < found.first_ci[1]
    big, small = found.tally
    assert (big.model, big.wins, big.ties, big.losses, big.both_bad) == ("big", 3, 2, 1, 1)
    assert (small.wins, small.ties, small.losses) == (1, 2, 3)


def test_a_log_without_votes_has_no_share(log):
    assert summarise(log.since(0)).first is None
