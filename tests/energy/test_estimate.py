"""Energy from tokens, sizes by name, and grid intensities."""

import math
import tomllib
from pathlib import Path

import pytest

import julja.energy.intensity as intensity
from julja.energy.estimate import (
    Tokens,
    by_tokens,
    gpus_needed,
    open_llm_co2_kg,
    open_llm_wh,
    reading_wh,
    writing_wh,
)
from julja.energy.intensity import find_intensity
from julja.energy.sizes import LARGE, MEDIUM, SMALL, UNKNOWN, size_of
from julja.errors import ConfigError


# request_energy (kWh, PUE 1) of ecologits 0.11.3's compute_llm_impacts_dag for 500 tokens.
@pytest.mark.parametrize(
    ("active", "total", "kwh"),
    [
        (8, 8, 3.714691023045364e-05),
        (70, 70, 0.00027397041368062687),
        (37, 671, 0.0016578753738268463),
    ],
)
def test_writing_costs_what_ecologits_says(active, total, kwh):
    assert writing_wh(500, active, total) == pytest.approx(1000 * kwh, rel=1e-12)


def test_gpus_are_powers_of_two_that_hold_the_model():
    assert [gpus_needed(total) for total in (0.1, 33, 34, 70, 405)] == [1, 1, 2, 4, 16]


def test_reading_costs_two_operations_for_each_parameter():
    # 2 x 8e9 x 1e6 FLOP at half of 989 TFLOP/s are 32.36 s of 850 W.
    assert reading_wh(1_000_000, 8, 0.5) == pytest.approx(32.356 * 850 / 3600, rel=1e-4)


def test_an_estimate_is_a_range_around_its_middle():
    part = by_tokens(Tokens(1000, 500), size_of("gpt-4o-mini"))
    assert part.low < part.wh < part.high
    assert part.wh == pytest.approx(math.sqrt(part.low * part.high))
    assert not part.measured
    assert part.method == "estimated from tokens: small model (class by name)"
    # EcoLogits' own number for a model in the middle of the class lies inside.
    assert part.low < 1.15 * writing_wh(500, 8, 40) < part.high


def test_a_likelihood_without_output_is_not_free():
    part = by_tokens(Tokens(1_000_000, 0), size_of("Llama-3.1-8B"))
    assert 0 < part.low < part.high


def test_pue_multiplies():
    tokens, size = Tokens(10, 500), size_of("Llama-3.1-8B")
    one, two = (by_tokens(tokens, size, (pue, pue)) for pue in (1.0, 1.5))
    assert two.wh == pytest.approx(1.5 * one.wh)


@pytest.mark.parametrize(
    ("name", "active", "total"),
    [
        ("Meta-Llama-3.1-8B-Instruct", 8, 8),
        ("qwen3:8b", 8, 8),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", 3, 30),
        ("openai/gpt-oss-120b", 5.1, 117),
        ("deepseek-chat", 37, 671),
        ("DeepSeek-R1-Distill-Llama-70B", 70, 70),
        ("SmolLM2-135M", 0.135, 0.135),
        ("mistralai/Mixtral-8x7B-v0.1", 12.9, 46.7),
    ],
)
def test_sizes_that_names_say(name, active, total):
    size = size_of(name)
    assert (size.active, size.total) == ((active, active), (total, total))
    assert size.is_known


def test_experts_that_no_table_knows_are_a_range():
    size = size_of("my-4x10B")
    assert (size.active, size.total) == ((10, 20), (28, 40))


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("gpt-4o-mini", SMALL),
        ("gemini-2.5-flash", SMALL),
        ("claude-haiku-4-5", SMALL),
        ("gpt-4o-2024-08-06", MEDIUM),
        ("chatgpt-4o-latest", MEDIUM),
        ("gpt-5.1", MEDIUM),
        ("claude-3-5-sonnet-20241022", MEDIUM),
        ("gemini-2.5-pro", LARGE),
        ("gpt-4-turbo", LARGE),
        ("claude-opus-4-1", LARGE),
        ("my-model", UNKNOWN),
        ("gemini", UNKNOWN),
        ("promo-2b2", UNKNOWN),
    ],
)
def test_classes_of_closed_models(name, size):
    assert size_of(name) is size


def test_the_open_llm_leaderboards_formula():
    assert open_llm_co2_kg(3600) == pytest.approx(1.51088, abs=1e-12)
    assert open_llm_wh(1800) == pytest.approx(2800)
    assert open_llm_co2_kg(None) is None
    assert open_llm_co2_kg(0) is None


def test_intensities_by_number_code_and_name():
    assert find_intensity("380").value == 380
    assert find_intensity("kor").value == find_intensity("South Korea").value == 430.6
    assert find_intensity("US-VA").value == 269.8
    france = find_intensity("FRA")
    assert (france.low, france.high, france.country) == (56.0, 56.0, "FRA")
    assert france.date and france.source.startswith("Ember")


def test_an_unknown_grid_is_the_world_with_the_range_of_countries():
    world = find_intensity(None)
    assert (world.value, world.low, world.high) == (475, 30.1, 713.4)
    assert world.country is None


def test_every_place_has_a_source_and_a_date():
    table = tomllib.loads(Path(intensity.__file__).with_name("intensity.toml").read_text())
    assert all(row["source"] and row["date"] for row in table.values())


@pytest.mark.parametrize(("text", "said"), [("KRO", "KOR"), ("-3", "between"), ("1e9", "between")])
def test_places_that_are_none(text, said):
    with pytest.raises(ConfigError, match=said):
        find_intensity(text)
