"""julja in pytest: evaluations and gates as fixtures. Loaded by pytest itself (`pytest11`).

    def test_the_model_still_knows_sums(julja_eval, julja_gate):
        result = julja_eval("sums.toml", model="openai/my-model", limit=200)
        assert result.at_least(0.8)
        julja_gate("policy.toml", candidate=result, baseline="20261123-101502-k3f9")

Nothing of julja but this file is imported until a fixture is asked for.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from julja.models.engine import Engine
    from julja.run.api import Result
    from julja.run.comparison.sides import Side
    from julja.store.sqlite import Store
    from julja.types import Scorer


def pytest_addoption(parser: pytest.Parser) -> None:
    """--julja-store, and the same in the ini file."""
    text = "Where julja's fixtures keep runs, and look for baselines (a folder of their own)."
    parser.getgroup("julja").addoption("--julja-store", default=None, metavar="FILE", help=text)
    parser.addini("julja_store", text)


@dataclass(frozen=True)
class Finding:
    """Whether something could be shown; true in an `assert`, and its text is the reason."""

    holds: bool
    text: str

    def __bool__(self) -> bool:
        return self.holds

    def __repr__(self) -> str:
        return self.text


class Evaluated:
    """The result of `julja_eval`: what `julja.evaluate` gives, with claims for `assert`.

    A claim holds when the data show it: a score of 0.81 over 20 samples is no proof of 0.8.
    """

    def __init__(self, result: "Result") -> None:
        self.result = result

    def __getattr__(self, name: str) -> Any:
        """All that a `Result` has: score, run, records(), failures() …."""
        return getattr(self.result, name)

    def __getitem__(self, key: str) -> Any:
        """A key of the result object."""
        return self.result[key]

    def __str__(self) -> str:
        return str(self.result)

    def __repr__(self) -> str:
        return str(self.result)

    def at_least(
        self,
        value: float,
        *,
        task: str | None = None,
        metric: str | None = None,
        subset: str | None = None,
        alpha: float = 0.05,
    ) -> Finding:
        """That the true score is above `value`: its lower confidence bound is."""
        rule = {"min_value": value}
        return self._claim(rule, None, task, metric, subset, alpha)

    def at_most(
        self,
        value: float,
        *,
        task: str | None = None,
        metric: str | None = None,
        subset: str | None = None,
        alpha: float = 0.05,
    ) -> Finding:
        """That the true value of a metric of which less is better is below `value`."""
        return self._claim({"max_value": value}, None, task, metric, subset, alpha)

    def not_worse_than(
        self,
        other: "Evaluated | Result",
        *,
        by: float,
        task: str | None = None,
        metric: str | None = None,
        subset: str | None = None,
        alpha: float = 0.05,
    ) -> Finding:
        """That the true score is not lower than the other's by more than `by`."""
        return self._claim({"max_drop": by}, other, task, metric, subset, alpha)

    def better_than(
        self,
        other: "Evaluated | Result",
        *,
        by: float = 0.0,
        task: str | None = None,
        metric: str | None = None,
        subset: str | None = None,
        alpha: float = 0.05,
    ) -> Finding:
        """That the true score is higher than the other's by more than `by`."""
        return self._claim({"min_gain": by}, other, task, metric, subset, alpha)

    def _claim(
        self,
        limits: dict[str, float],
        other: "Evaluated | Result | None",
        task: str | None,
        metric: str | None,
        subset: str | None,
        alpha: float,
    ) -> Finding:
        from julja.report.gate import gate_lines

        rule: dict[str, Any] = {
            "task": task or "*",
            **({"metric": metric} if metric else {}),
            **({"subset": subset} if subset else {}),
            **limits,
        }
        found = _gate({"alpha": alpha, "rules": [rule]}, self, other, None, force=False)
        return Finding(found["decision"] == "GO", gate_lines(found, 200))


class GateError(AssertionError):
    """A gate that doesn't open: its table is the message. `found` is the gate's object."""

    def __init__(self, text: str, found: dict[str, Any]) -> None:
        super().__init__(text)
        self.found = found


@pytest.fixture
def julja_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the fixtures keep runs: --julja-store, the ini file, JULJA_STORE, or a new folder."""
    config = request.config
    given = config.getoption("--julja-store") or config.getini("julja_store")
    given = given or os.environ.get("JULJA_STORE")
    if given:
        return config.rootpath / given
    return tmp_path_factory.getbasetemp() / "julja.db"


@pytest.fixture
def julja_eval(julja_store: Path) -> Any:
    """`julja.evaluate` as a fixture: `julja_eval(task, model=…, limit=…)` -> `Evaluated`."""

    def evaluate(
        data: Any, model: "str | Engine | Any", *, score: "Scorer | None" = None, **settings: Any
    ) -> Evaluated:
        from julja.run.api import evaluate as run

        settings.setdefault("store", julja_store)
        return Evaluated(run(data, model, score=score, **settings))

    return evaluate


@pytest.fixture
def julja_gate(julja_store: Path) -> Any:
    """`julja_gate(policy, candidate=…, baseline=…)` -> the gate's object, or `GateError`.

    `policy` is a file, or its content as a dict. Runs are results of `julja_eval`, run ids of the
    store (--julja-store), or files. With `check=False` the object comes back whatever it says.
    """

    def gate(
        policy: Any,
        candidate: Any,
        baseline: Any = None,
        *,
        force: bool = False,
        check: bool = True,
    ) -> dict[str, Any]:
        from julja.report.gate import gate_lines

        found = _gate(policy, candidate, baseline, julja_store, force=force)
        if check and found["blocks"]:
            # Pytest shows the table, not this file's frames.
            __tracebackhide__ = True
            raise GateError("\n" + gate_lines(found, 200), found)
        return found

    return gate


def _gate(
    policy: Any, candidate: Any, baseline: Any, store: Path | None, *, force: bool
) -> dict[str, Any]:
    from julja.run.gate import gate
    from julja.run.gating.policy import make_policy, read_policy

    rules = make_policy(policy, "policy") if isinstance(policy, dict) else read_policy(Path(policy))
    with _side(candidate, store) as one:
        if baseline is None:
            return gate(rules, one, force=force)
        with _side(baseline, store) as two:
            return gate(rules, one, two, force=force)


@contextmanager
def _side(run: Any, store: Path | None) -> Iterator["Side"]:
    """A run by its result, id or file; the store stays open as long as it is read."""
    from julja.run.comparison.named import open_sides
    from julja.store.sqlite import Store

    name, place = (run, store) if isinstance(run, str | Path) else (run.run, run.store)

    def opened() -> "Store":
        return Store(Path(str(place)))

    with open_sides([str(name)], opened) as sides:
        yield sides[0]
