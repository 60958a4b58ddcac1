"""Rows to result with a function as the model: states, resume, cache, limits, budgets."""

import asyncio
import json

import pytest

import julja
from julja.config import RunConfig
from julja.errors import ConfigError, ProviderError
from julja.run.execute import rescore, resume, show_result, start
from julja.run.reports import export_lines
from julja.store.sqlite import Store
from julja.types import Response, Usage

ROWS = [{"id": f"c{n}", "input": f"{n} + 1 = ?", "target": str(n + 1)} for n in range(20)]


class Engine:
    """A model made of a function; counts what it is asked."""

    name = "test/engine"
    identity = {"name": "test/engine"}
    abilities = frozenset({"generate"})
    max_connections = 4

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def ask(self, request):
        self.asked.append(request.prompt.text)
        await asyncio.sleep(0)
        response = self.answer(request.prompt.text)
        if isinstance(response, str):
            return Response(response, finish="stop", usage=Usage(5, 1))
        return response

    async def close(self):
        pass


def right(prompt: str) -> str:
    return str(int(prompt.split()[0]) + 1)


def evaluate(tmp_path, answer, **settings):
    engine = answer if isinstance(answer, Engine) else Engine(answer)
    return julja.evaluate(ROWS, engine, store=tmp_path / "julja.db", **settings)


def test_a_right_model_scores_one(tmp_path):
    result = evaluate(tmp_path, right)
    (task,) = result["results"]
    assert result.score == 1.0
    assert result["complete"] is True
    assert task["counts"] == {
        "total": 20,
        "scored": 20,
        "unparsed": 0,
        "refused": 0,
        "truncated": 0,
        "error": 0,
        "skipped": 0,
    }
    assert task["usage"]["requests"] == 20
    assert task["usage"]["input_tokens"] == 100
    (metric,) = task["metrics"].values()
    assert metric["n"] == 20 and metric["bounds"] == [1.0, 1.0]
    assert "exact" in str(result)


def test_errors_leave_the_headline_and_widen_the_bounds(tmp_path):
    def answer(prompt):
        if prompt.startswith("3 "):
            raise ProviderError("the model is on fire", status=400)
        return right(prompt)

    result = evaluate(tmp_path, answer)
    (task,) = result["results"]
    (metric,) = task["metrics"].values()
    assert task["counts"]["error"] == 1
    assert (metric["value"], metric["n"]) == (1.0, 19)
    assert metric["bounds"] == [0.95, 1.0]
    assert result["complete"] is False
    (failure,) = result.failures()
    assert (failure.state, failure.error.kind) == ("error", "ProviderError")


def test_a_few_errors_within_the_limit_are_complete(tmp_path):
    def answer(prompt):
        if prompt.startswith("3 "):
            raise ProviderError("no", status=400)
        return right(prompt)

    assert evaluate(tmp_path, answer, max_errors=0.05)["complete"] is True


@pytest.mark.parametrize(
    ("response", "state"),
    [
        (Response("", finish="length"), "truncated"),
        (Response("", finish="refusal"), "refused"),
        (Response("  ", finish="stop"), "unparsed"),
    ],
)
def test_no_answer_is_named_and_counts_as_wrong(tmp_path, response, state):
    result = evaluate(tmp_path, lambda prompt: response)
    (task,) = result["results"]
    assert task["counts"][state] == 20
    assert result.score == 0.0


def test_a_broken_scorer_is_an_error_and_not_a_wrong_answer(tmp_path):
    @julja.scorer()
    def broken():
        def score(sample, response):
            raise ZeroDivisionError("oops")

        return score

    result = evaluate(tmp_path, right, score=broken())
    (task,) = result["results"]
    assert task["counts"]["error"] == 20
    assert result.score is None
    assert "ZeroDivisionError" in next(iter(result.records())).score.explanation


def test_prompts_do_not_depend_on_limit_or_concurrency(tmp_path):
    seen = {}
    for name, settings in {
        "all": {},
        "one at a time": {"max_connections": 1},
        "many": {"max_connections": 16},
        "limited": {"limit": 5},
    }.items():
        engine = Engine(right)
        evaluate(tmp_path / name, engine, **settings)
        seen[name] = sorted(engine.asked)
    assert seen["all"] == seen["one at a time"] == seen["many"]
    assert len(seen["limited"]) == 5 and set(seen["limited"]) < set(seen["all"])


def test_the_cache_answers_the_same_question_and_no_cache_asks_again(tmp_path):
    first, second, third = Engine(right), Engine(right), Engine(right)
    evaluate(tmp_path, first)
    again = evaluate(tmp_path, second)
    assert second.asked == []
    assert again["results"][0]["usage"]["cached_requests"] == 20
    assert again["results"][0]["usage"]["requests"] == 0
    evaluate(tmp_path, third, no_cache=True)
    assert len(third.asked) == 20


def test_another_temperature_or_epoch_is_another_question(tmp_path):
    evaluate(tmp_path, right)
    warm, repeated = Engine(right), Engine(right)
    evaluate(tmp_path, warm, temperature=0.5)
    assert len(warm.asked) == 20
    evaluate(tmp_path, repeated, epochs=3)
    assert len(repeated.asked) == 40


def test_a_budget_stops_the_run_and_resume_goes_on(tmp_path):
    engine = Engine(right)
    result = evaluate(tmp_path, engine, max_tokens_total=30, max_connections=1)
    asked = len(engine.asked)
    assert asked == 5
    assert result["complete"] is False
    assert result["results"][0]["counts"]["skipped"] == 15


def test_a_model_that_hangs_is_an_error_after_its_time(tmp_path):
    class Hangs(Engine):
        async def ask(self, request):
            await asyncio.sleep(60)

    result = evaluate(tmp_path, Hangs(right), timeout_s=0.01, max_retries=0, limit=2)
    assert result["results"][0]["counts"]["error"] == 2
    assert {r.error.kind for r in result.records()} == {"ProviderTimeoutError"}


def test_the_same_wrong_key_for_everything_stops_at_once(tmp_path):
    def answer(prompt):
        raise ProviderError("401 unauthorised", status=401)

    engine = Engine(answer)
    evaluate(tmp_path, engine, max_connections=1)
    assert len(engine.asked) == 5


def test_a_notebook_s_running_loop_gives_the_same_object(tmp_path):
    async def cell():
        return evaluate(tmp_path, right)

    result = asyncio.run(cell())
    assert result.score == 1.0
    assert result._repr_html_().startswith("<pre>")
    assert result.to_polars().height == 20


def test_a_function_is_a_model_and_runs_are_compared(tmp_path):
    good = julja.evaluate(ROWS, right, store=tmp_path / "julja.db")
    bad = julja.evaluate(ROWS, lambda prompt: "no", store=tmp_path / "julja.db")
    found = good.compare(bad)
    (entry,) = found["comparisons"]
    assert (entry["wins"], entry["losses"], entry["n"]) == (20, 0, 20)
    assert entry["difference"] == 1.0
    assert entry["verdict"] == "BETTER"
    assert len(entry["flips"]) == 20
    assert found["warnings"] == []


MODEL = """
from pathlib import Path

def answer(prompt: str) -> str:
    n = int(prompt.split()[0])
    if n == 3 and not Path(__file__).with_name("mended").exists():
        raise ValueError("not now")
    return str(n + 1)
"""


@pytest.fixture
def bench(tmp_path):
    """A case file, a model file and a store."""
    (tmp_path / "model.py").write_text(MODEL)
    with (tmp_path / "sums.jsonl").open("w") as file:
        for row in ROWS[:6]:
            file.write(
                json.dumps({**row, "kind": "even" if int(row["id"][1:]) % 2 else "odd"}) + "\n"
            )
    (tmp_path / "sums.toml").write_text('scorer = "number"\nby = "kind"\n')
    store = Store(tmp_path / "julja.db")
    config = RunConfig(
        tasks=(str(tmp_path / "sums.toml"),),
        model=f"python/{tmp_path}/model.py:answer",
        max_connections=1,
        max_retries=0,
    )
    yield config, store
    store.close()


def test_resume_asks_only_what_failed(bench, tmp_path):
    config, store = bench
    first = asyncio.run(start(config, store))
    assert first.exit_code == 3
    assert first.result["results"][0]["counts"]["error"] == 1
    (tmp_path / "mended").touch()
    again = asyncio.run(resume(store.find_run("last"), store))
    assert again.exit_code == 0
    assert again.result["results"][0]["counts"]["scored"] == 6
    assert again.run == first.run


def test_a_result_is_broken_down_by_a_field(bench):
    config, store = bench
    done = asyncio.run(start(config, store))
    parts = {part["value"]: part for part in done.result["results"][0]["subsets"]}
    assert set(parts) == {"even", "odd"}
    assert parts["even"]["counts"]["total"] == 3
    assert parts["even"]["counts"]["error"] == 1


def test_changed_cases_cannot_be_resumed(bench, tmp_path):
    config, store = bench
    asyncio.run(start(config, store))
    with (tmp_path / "sums.jsonl").open("a") as file:
        file.write('{"id": "new", "input": "1 + 1 = ?", "target": "2", "kind": "odd"}\n')
    with pytest.raises(ConfigError, match="can't be resumed"):
        asyncio.run(resume(store.find_run("last"), store))


def test_scoring_again_needs_no_model(bench, tmp_path):
    config, store = bench
    done = asyncio.run(start(config, store))
    (tmp_path / "model.py").unlink()
    result = rescore(store.find_run(done.run), store)
    assert result["results"][0]["metrics"] == done.result["results"][0]["metrics"]
    assert store.find_run("last").scoring == 1


def test_a_result_can_be_shown_without_the_kept_one(bench):
    config, store = bench
    done = asyncio.run(start(config, store))
    store.use_scoring(done.run, 0)
    assert show_result(store.find_run("last"), store)["results"] == done.result["results"]


def test_jsonl_has_the_contract_s_fields(bench):
    config, store = bench
    done = asyncio.run(start(config, store))
    lines = [json.loads(line) for line in export_lines(store, done.run, "jsonl")]
    assert len(lines) == 6
    wanted = "run task sample epoch state prompt response extracted target scores choices usage"
    assert set(wanted.split()) | {"signature"} <= set(lines[0])
    assert lines[0]["signature"] == done.result["results"][0]["signature"]


def test_a_task_named_twice_is_refused(bench):
    config, store = bench
    twice = RunConfig(tasks=config.tasks * 2, model=config.model)
    with pytest.raises(ConfigError, match="named twice"):
        asyncio.run(start(twice, store))


@pytest.mark.mirror
def test_a_benchmark_of_the_mirror_from_python(mirror, tmp_path):
    result = julja.evaluate(
        "gsm8k", "mock/echo", mirror=mirror, store=tmp_path / "julja.db", limit=4
    )
    assert result["results"][0]["counts"]["total"] == 4
    assert result["results"][0]["shots"] == 5
