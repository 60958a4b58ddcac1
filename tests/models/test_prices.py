"""Costs: known prices, snapshots, overrides, and None for what isn't known."""

from pathlib import Path

import pytest

from julja.errors import ConfigError
from julja.models.prices import cost_usd, find_price, load_prices
from julja.types import Usage

THOUSAND = Usage(input_tokens=1000, output_tokens=1000)


def test_a_known_model_costs_input_plus_output() -> None:
    assert cost_usd("openai/gpt-4o-mini", THOUSAND, load_prices()) == pytest.approx(0.00075)


def test_cached_input_is_cheaper_and_part_of_the_input() -> None:
    usage = Usage(input_tokens=1_000_000, output_tokens=0, cached_tokens=400_000)
    cost = cost_usd("openai/gpt-4o-mini", usage, load_prices())
    assert cost == pytest.approx(0.6 * 0.15 + 0.4 * 0.075)


@pytest.mark.parametrize(
    "name",
    ["openai/gpt-4o-mini-2024-07-18", "anthropic/claude-sonnet-4-5-20250929"],
)
def test_a_dated_snapshot_has_the_price_of_its_model(name: str) -> None:
    prices = load_prices()
    assert find_price(name, prices) is not None


def test_a_snapshot_with_a_price_of_its_own_keeps_it() -> None:
    price = find_price("openai/gpt-4o-2024-05-13", load_prices())
    assert price is not None and price.input == 5.0


@pytest.mark.parametrize(
    ("model", "usage"),
    [
        ("openai/my-finetune", THOUSAND),
        ("llamacpp/smollm2", THOUSAND),
        ("openai/gpt-4o-minimal", THOUSAND),
        ("openai/gpt-4o", Usage(input_tokens=5)),
    ],
)
def test_what_is_not_known_is_none_and_never_zero(model: str, usage: Usage) -> None:
    assert cost_usd(model, usage, load_prices()) is None


def test_every_price_says_when_and_where_it_was_read() -> None:
    assert all(price.date and price.source for price in load_prices().values())


def test_the_users_file_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "prices.toml"
    file.write_text('[openai]\ndate = "2026-11-01"\n"gpt-4o" = { input = 1, output = 2 }\n')
    monkeypatch.setenv("JULJA_PRICES", str(file))
    prices = load_prices()
    assert cost_usd("openai/gpt-4o", THOUSAND, prices) == pytest.approx(0.003)
    assert prices["openai/gpt-4o"].date == "2026-11-01"
    assert "openai/gpt-4o-mini" in prices


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[openai]\nx = 3\n", "the price of 'x' is 3"),
        ('[openai]\n"x" = { input = -1, output = 2 }\n', "the price of 'x'"),
        ("[openai\n", "neither TOML nor JSON"),
    ],
)
def test_a_wrong_price_file_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_prices(file)


def test_a_missing_price_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml can't be read"):
        load_prices(tmp_path / "none.toml")
