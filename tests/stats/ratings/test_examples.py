"""The examples in docstrings give what they say."""

import doctest
import importlib

import pytest

MODULES = (
    "julja.arena.battles",
    "julja.arena.style",
    "julja.stats.ratings.bradley_terry",
    "julja.stats.ratings.covariates",
    "julja.stats.ratings.elo",
    "julja.stats.ratings.limits",
    "julja.stats.ratings.pairs",
    "julja.stats.ratings.ranks",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted and not found.failed
