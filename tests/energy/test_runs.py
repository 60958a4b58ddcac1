"""The energy of runs: in the result, added up over sessions, and never in a run's way."""

import asyncio
import json

import pytest

from julja.cli.main import main
from julja.config import RunConfig
from julja.energy.estimate import Tokens, by_tokens
from julja.energy.part import Part
from julja.energy.sizes import size_of
from julja.report.energy import energy_lines
from julja.run import metering
from julja.run.execute import rescore, resume, start
from julja.store.sqlite import Store
from julja.types import Response, Usage

USAGE = Usage(100, 50)
GPU = Part("gpu", "measured: NVML", 2.0, 2.0, 2.0, "1 x H100", True)


class Engine:
    """Answers n + 1 to "n + 1 = ?", of the first `right` numbers."""

    identity = {"name": "test/engine"}
    abilities = frozenset({"generate", "chat"})
    max_connections = 1

    def __init__(self, name="openai/gpt-4o-mini", right=20, usage=USAGE):
        self.name = name
        self.right = right
        self.usage = usage
        self.asked = 0

    async def ask(self, request):
        self.asked += 1
        number = int(request.prompt.text.split()[0])
        text = str(number + 1) if number < self.right else "x"
        return Response(text, finish="stop", usage=self.usage, seconds=0.5)

    async def close(self):
        pass


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        rows = [{"id": f"c{n}", "input": f"{n} + 1 = ?", "expected": str(n + 1)} for n in range(10)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
        (tmp_path / f"{name}.toml").write_text(f'cases = "{name}.jsonl"\nscorer = "number"\n')
    opened = Store(tmp_path / "julja.db")
    yield opened
    opened.close()


class Watch:
    """Stands in for the meters."""

    def __init__(self, *parts, notes=()):
        self.parts = parts
        self.notes = list(notes)

    def start(self):
        pass

    def stop(self):
        return self.parts


@pytest.fixture
def meter(monkeypatch):
    """Every watch says 2 Wh of a GPU; the arguments it was opened with are kept."""
    opened = []

    def open_watch(*arguments):
        opened.append(arguments)
        return Watch(GPU)

    monkeypatch.setattr(metering, "open_watch", open_watch)
    return opened


def run(store, model="openai/gpt-4o-mini", tasks=("one.toml",), engine=None, **settings):
    config = RunConfig(tasks=tasks, model=model, **settings)
    return asyncio.run(start(config, store, engine=engine or Engine(model)))


def test_an_apis_energy_is_a_range_from_its_tokens(store, meter):
    done = run(store, engine=Engine(right=5))
    (task,) = done.result["results"]
    energy = task["energy"]
    part = by_tokens(Tokens(1000, 500), size_of("gpt-4o-mini"))
    assert energy["wh"] == pytest.approx(part.wh)
    assert energy["wh_range"] == pytest.approx([part.low, part.high])
    assert energy["method"] == "estimated from tokens: small model (class by name)"
    assert energy["measured"] is False
    assert energy["co2_g"] == pytest.approx(part.wh * 0.475)
    assert energy["co2_range"] == pytest.approx([part.low * 0.0301, part.high * 0.7134])
    assert energy["intensity_g_per_kwh"] == 475
    assert energy["intensity"]["place"] == "world average"
    assert energy["wh_per_sample"] == pytest.approx(part.wh / 10)
    assert energy["wh_per_correct"] == pytest.approx(part.wh / 5)
    assert done.result["energy"]["wh"] == energy["wh"]
    assert meter == []


def test_nothing_right_has_no_energy_for_a_right_answer(store):
    energy = run(store, engine=Engine(right=0)).result["results"][0]["energy"]
    assert energy["wh_per_correct"] is None
    assert energy["wh_per_sample"] > 0


def test_a_named_grid_and_pue(store):
    energy = run(store, grid_intensity="FRA", pue=1.5).result["results"][0]["energy"]
    assert energy["co2_range"] == pytest.approx([wh * 0.056 for wh in energy["wh_range"]])
    low = by_tokens(Tokens(1000, 500), size_of("gpt-4o-mini"), (1.5, 1.5)).low
    assert energy["wh_range"][0] == pytest.approx(low)


def test_unknown_models_are_estimated_on_request_only(store):
    assert run(store, "openai/mine").result["results"][0]["energy"] is None
    energy = run(store, "openai/mine", energy="estimated", no_cache=True).result["energy"]
    assert energy["method"] == "estimated from tokens: model of unknown size"
    assert energy["wh_range"][1] > 100 * energy["wh_range"][0]


def test_none_is_none_and_opens_no_meter(store, meter):
    assert run(store, "hf/mine", energy="none").result["energy"] is None
    assert meter == []


def test_a_model_that_is_none_has_no_energy(store, meter):
    result = run(store, "mock/constant:text=1").result
    assert result["results"][0]["energy"] is result["energy"] is None
    assert meter == []


def test_a_model_in_this_process_is_measured(store, meter):
    done = run(store, "hf/mine", tasks=("one.toml", "two.toml"), grid_intensity="100")
    energies = [task["energy"] for task in done.result["results"]]
    assert [energy["wh"] for energy in energies] == pytest.approx([1.0, 1.0])
    assert energies[0]["wh_range"] == [energies[0]["wh"]] * 2
    assert energies[0]["measured"] is True
    assert energies[0]["source"] == "1 x H100"
    assert done.result["energy"]["co2_g"] == pytest.approx(0.2)
    assert meter == [("counters", "process", None)]
    text = next(energy_lines(done.result))
    assert text == "energy  2 Wh, measured: NVML · 0.2 g CO2 at 100 g/kWh (as given)"


@pytest.mark.parametrize(
    ("model", "settings", "opened"),
    [
        ("hf/m", {"energy": "measured", "grid_intensity": "FRA"}, ("codecarbon", "process", "FRA")),
        ("hf/mine", {"energy": "estimated"}, ("model", "process", None)),
        ("openai/m", {"base_url": "http://localhost:8000/v1"}, ("counters", "machine", None)),
        ("python/m.py:f", {"energy": "measured"}, ("codecarbon", "process", None)),
    ],
)  # fmt: skip
def test_what_is_measured_where(store, meter, model, settings, opened):
    assert run(store, model, **settings).result["energy"]["wh"] == pytest.approx(2.0)
    assert meter == [opened]


def test_a_remote_model_cant_be_measured_and_is_estimated(store, meter):
    done = run(store, "openai/mine", energy="measured")
    assert done.notes == ("energy: the model isn't on this machine, so it is estimated",)
    assert done.result["energy"]["measured"] is False
    assert meter == []


def test_a_server_here_without_meters_is_estimated(store, monkeypatch):
    monkeypatch.setattr(metering, "open_watch", lambda *arguments: Watch())
    done = run(store, "openai/Llama-3.1-8B", base_url="http://127.0.0.1:1/v1")
    assert done.result["energy"]["method"] == "estimated from tokens: 8B parameters"


def test_cached_answers_cost_nothing_and_are_said_so(store, meter):
    run(store, "hf/mine", tasks=("one.toml",))
    again = run(store, "hf/mine", tasks=("one.toml",))
    energy = again.result["results"][0]["energy"]
    assert (energy["wh"], energy["wh_per_sample"], energy["wh_per_correct"]) == (0, None, None)
    assert energy["remarks"] == ["10 answers came from the cache and cost nothing"]
    assert energy["method"] == "nothing was asked"
    assert len(again.plan.leaves) == 1


def test_half_of_the_answers_cached(store):
    run(store, "openai/gpt-4o-mini", limit=5)
    done = run(store, "openai/gpt-4o-mini")
    energy = done.result["results"][0]["energy"]
    part = by_tokens(Tokens(500, 250), size_of("gpt-4o-mini"))
    assert energy["wh"] == pytest.approx(part.wh)
    # What one answer costs doesn't depend on how many came from the cache.
    assert energy["wh_per_sample"] == pytest.approx(part.wh / 5)
    assert energy["wh_per_correct"] == pytest.approx(part.wh / 5)
    assert energy["remarks"] == ["5 answers came from the cache and cost nothing"]


def test_resumed_runs_add_up(store, meter, monkeypatch):
    engine = Engine("hf/mine", usage=Usage(100, 50))
    first = run(store, "hf/mine", engine=engine, max_tokens_total=700)
    assert first.stop == "budget"
    asked = engine.asked
    assert 0 < asked < 10
    assert first.result["energy"]["wh"] == pytest.approx(2.0)
    monkeypatch.setattr("julja.run.execute.open_model", lambda config: engine)
    row = store.find_run(first.run)
    done = asyncio.run(resume(row, store, changes={"max_tokens_total": None}))
    assert engine.asked == 10
    energy = done.result["results"][0]["energy"]
    assert energy["wh"] == pytest.approx(4.0)
    assert energy["wh_per_sample"] == pytest.approx(0.4)
    sessions = store.find_run(first.run).config["energy"]["sessions"]
    assert [sum(item["asked"].values()) for item in sessions] == [asked, 10 - asked]
    assert rescore(store.find_run(first.run), store)["energy"]["wh"] == pytest.approx(4.0)


def test_answers_of_a_killed_session_are_counted_as_not_measured(store, meter):
    done = run(store, "hf/mine")
    row = store.find_run(done.run)
    (session,) = row.config["energy"]["sessions"]
    session = {**session, "asked": {"one": 7}}
    store.set_config(done.run, {**row.config, "energy": {"sessions": [session]}})
    store.flush()
    energy = rescore(store.find_run(done.run), store)["results"][0]["energy"]
    assert energy["remarks"] == ["3 of 10 answers were not measured"]
    assert energy["wh_per_sample"] == pytest.approx(2 / 7)


def test_a_meter_that_fails_never_breaks_a_run(store, monkeypatch):
    failing = Watch(notes=["energy: the gpu meter failed and is left out (OSError: no)"])
    monkeypatch.setattr(metering, "open_watch", lambda *arguments: failing)
    done = run(store, "hf/mine")
    assert done.exit_code == 0
    assert done.result["energy"] is None
    assert done.notes == ("energy: the gpu meter failed and is left out (OSError: no)",)


def test_answers_without_token_counts_are_counted(store):
    none = run(store, engine=Engine(usage=Usage())).result["results"][0]["energy"]
    assert none is None


def test_the_open_llm_leaderboards_formula_for_a_run(store):
    done = run(store, energy="open-llm")
    row = store.find_run(done.run)
    assert done.result["energy"]["co2_g"] == pytest.approx(row.seconds / 3600 * 1510.88)
    assert done.result["energy"]["intensity_g_per_kwh"] == 269.8


def test_settings_that_cant_be_meant(store, capsys):
    wrong = {
        ("--energy", "open-llm", "--pue", "1.2"): "fixed formula",
        ("--grid-intensity", "KRO"): "Did you mean KOR?",
        ("--pue", "0.5"): "1 to 10 times",
    }
    for flags, said in wrong.items():
        with pytest.raises(SystemExit) as stop:
            main(["run", "one.toml", "-m", "mock/echo", *flags])
        assert stop.value.code == 2
        assert said in capsys.readouterr().err
    assert store.runs() == []


def test_julja_show_prints_a_line(store, capsys):
    done = run(store)
    with pytest.raises(SystemExit):
        main(["show", done.run])
    line = next(text for text in capsys.readouterr().out.splitlines() if "energy" in text)
    assert line.startswith("energy  ")
    assert "Wh, estimated from tokens" in line
    assert "mWh a right answer" in line
