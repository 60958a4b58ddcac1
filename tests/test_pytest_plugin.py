"""The pytest plug-in: evaluations and gates from tests, and nothing of julja before they are used.

The fixtures come from the installed entry point, as in a user's own suite.
"""

import subprocess
import sys

import pytest

from julja.errors import ConfigError

GateError = pytest.importorskip("julja.pytest_plugin").GateError

CASES = [{"id": f"c{n}", "input": f"{n} + 1 = ?", "target": str(n + 1)} for n in range(100)]


def right(prompt):
    return str(int(prompt.split()[0]) + 1)


def sometimes(prompt):
    return right(prompt) if int(prompt.split()[0]) % 3 else "no"


def test_a_claim_holds_when_the_data_show_it(julja_eval):
    result = julja_eval(CASES, model=right)
    assert result.score == 1.0 and result["complete"]
    assert result.at_least(0.9)
    short = julja_eval(CASES, model=right, limit=20)
    found = short.at_least(0.9)
    assert not found, "20 right answers don't show 0.9"
    assert "INCONCLUSIVE" in repr(found) and "29 samples would show it" in repr(found)
    with pytest.raises(ConfigError, match="more is better"):
        result.at_most(0.5)


def test_two_results_are_compared_by_claims(julja_eval, tmp_path):
    one = julja_eval(CASES, model=sometimes)
    two = julja_eval(CASES, model=right, store=tmp_path / "other.db")
    assert two.better_than(one) and two.better_than(one, by=0.2)
    assert two.not_worse_than(one, by=0.05)
    assert not one.not_worse_than(two, by=0.05)
    with pytest.raises(AssertionError, match=r"max_drop 0\.05"):
        assert one.not_worse_than(two, by=0.05)


def test_a_gate_raises_with_its_table(julja_eval, julja_gate, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text('[[rules]]\ntask = "cases"\nmax_drop = 0.02\n')
    good, bad = julja_eval(CASES, model=right), julja_eval(CASES, model=sometimes)
    assert julja_gate(policy, candidate=good, baseline=bad)["decision"] == "GO"
    with pytest.raises(GateError, match="is broken") as caught:
        julja_gate(policy, candidate=bad, baseline=good.run)
    assert caught.value.found["decision"] == "NO-GO"
    found = julja_gate({"rules": [{"min_value": 0.99}]}, candidate=bad, check=False)
    assert found["blocks"]


def test_the_store_is_a_folder_of_the_session_unless_named(julja_store, tmp_path_factory):
    assert julja_store.parent == tmp_path_factory.getbasetemp()


def test_a_user_s_suite_reads_a_baseline_from_its_store(tmp_path):
    (tmp_path / "test_model.py").write_text(
        "CASES = [{'id': str(n), 'input': str(n), 'target': str(n)} for n in range(80)]\n"
        "def test_gate(julja_eval, julja_gate, julja_store):\n"
        "    assert julja_store.name == 'runs.db'\n"
        "    first = julja_eval(CASES, model=lambda prompt: prompt.split()[-1])\n"
        "    again = julja_eval(CASES, model=lambda prompt: 'no')\n"
        "    julja_gate({'rules': [{'max_drop': 0.1}]}, candidate=again, baseline=first.run)\n"
    )
    arguments = ["-q", "-p", "no:cacheprovider", "-W", "error", "--julja-store", "runs.db"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed" in done.stdout and "max_drop 0.1" in done.stdout and "NO-GO" in done.stdout
    assert "pytest_plugin.py" not in done.stdout.split("short test summary")[0]
    assert (tmp_path / "runs.db").is_file() and not (tmp_path / "julja.db").exists()


def test_loading_it_loads_no_part_of_julja():
    code = (
        "import sys, pytest; before = set(sys.modules); import julja.pytest_plugin;"
        "new = {name for name in set(sys.modules) - before};"
        "assert new <= {'julja', 'julja.pytest_plugin'}, sorted(new)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
