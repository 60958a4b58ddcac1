"""The scorers that a benchmark file can name, and how one is made from its settings.

>>> make_scorer("number", {"tolerance": 0.01}).name
'number'
"""

import importlib
import inspect
from collections.abc import Callable, Mapping

from julja.errors import ConfigError, did_you_mean
from julja.types import Json, Scorer

# Name -> where its factory is, and what it is for in one line.
SCORERS: dict[str, tuple[str, str]] = {
    "exact": (
        "julja.scoring.match:exact",
        "equals the expected answer (ignore_case, ignore_punctuation, strip)",
    ),
    "includes": (
        "julja.scoring.match:includes",
        "contains the expected answer (ignore_case, whole_words, match = any | all)",
    ),
    "regex": (
        "julja.scoring.match:regex",
        "a pattern is found, and captures the expected answer (pattern, group, which)",
    ),
    "number": (
        "julja.scoring.match:number",
        "ends in the expected number (tolerance, relative_tolerance, after)",
    ),
    "choice": (
        "julja.scoring.match:choice_letter",
        "chooses the right option, by letter or by its words",
    ),
    "f1": ("julja.scoring.match:f1", "word overlap with the expected answer, as in SQuAD"),
    "json_schema": (
        "julja.scoring.schema:json_schema",
        "JSON that is valid by a schema and equals the expected value (schema, file, fields)",
    ),
    "maths": (
        "julja.scoring.maths:maths",
        "a mathematical expression equivalent to the expected one",
    ),
    "code": ("julja.scoring.code:code_tests", "a program that passes its tests, in the sandbox"),
    "judge": (
        "julja.scoring.judge.single:judge",
        "a judge's rating (--judge MODEL; rubric, low, high, reference, repeats, weighted, prompt)",
    ),
    "judge_checklist": (
        "julja.scoring.judge.single:judge_checklist",
        "the share of a checklist that a judge finds met (items, field, repeats, weighted)",
    ),
    "judge_pairwise": (
        "julja.scoring.judge.pairwise:judge_pairwise",
        "wins against another answer, judged in both orders (rubric, baseline, repeats, weighted)",
    ),
    "python": (
        "julja.scoring.python:python",
        'your own function (function = "file.py:name", args, metrics)',
    ),
}


def make_scorer(name: str, args: Mapping[str, Json]) -> Scorer:
    """The scorer of this name with these arguments; `ConfigError` says which one is wrong."""
    if name not in SCORERS:
        hint = did_you_mean(name, SCORERS) or f"There are {', '.join(SCORERS)}."
        raise ConfigError(f"there is no scorer {name!r}.", hint=hint)
    module, _, function = SCORERS[name][0].partition(":")
    factory: Callable[..., Scorer] = getattr(importlib.import_module(module), function)
    _check(name, factory, args)
    try:
        return factory(**args)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the scorer {name} can't be made of {dict(args)}: {error}.") from error


def _check(name: str, factory: Callable[..., Scorer], args: Mapping[str, Json]) -> None:
    parameters = inspect.signature(factory).parameters
    for key in args:
        if key not in parameters:
            takes = ", ".join(parameters) or "no arguments"
            hint = did_you_mean(key, parameters) or f"It takes {takes}."
            raise ConfigError(f"the scorer {name} has no argument {key!r}.", hint=hint)
    for key, parameter in parameters.items():
        if key not in args and parameter.default is inspect.Parameter.empty:
            raise ConfigError(
                f"the scorer {name} needs the argument {key!r}.",
                hint=f"{name}: {SCORERS[name][1]}.",
            )
        if key in args:
            _check_type(name, key, args[key], parameter)


def _check_type(name: str, key: str, value: Json, parameter: inspect.Parameter) -> None:
    """A flag takes true or false, a number a number: a quoted "false" would count as true."""
    default = parameter.default
    if isinstance(default, bool):
        right, wanted = isinstance(value, bool), "true or false"
    elif isinstance(default, int | float):
        right = isinstance(value, int | float) and not isinstance(value, bool)
        wanted = "a number"
    elif isinstance(default, str):
        right, wanted = isinstance(value, str), "text"
    else:
        return
    if not right:
        raise ConfigError(f"the scorer {name}: {key} must be {wanted}, and is {value!r}.")
