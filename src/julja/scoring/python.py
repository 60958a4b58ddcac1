"""The scorer `python`: a function of the user's own, "file.py:function".

    def polite(text, target):               # the answer and the expected one
        return "please" in text.lower()

    def polite(sample, response):           # or everything: julja's Sample and Response
        return Score({"acc": 1.0}, explanation="…")

It returns a Score, true or false, a number for `acc`, or None when there is no answer.
"""

import hashlib
import importlib.util
import inspect
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from julja.errors import ConfigError, JuljaError, ScoringError, did_you_mean
from julja.scoring.base import FunctionScorer, ScoreFunction, Verdict
from julja.types import Json, Metric, Response, Sample, Score, Scorer


def python(
    function: str, *, args: Mapping[str, Json] | None = None, metrics: Sequence[str] = ("acc",)
) -> Scorer:
    """A function of your own, "file.py:name", of (text, target) or of (sample, response).

    `args` are further arguments by name. `metrics` names what it measures, where it returns a
    Score with other values than `acc`. A function marked `@julja.scorer` is called with `args`
    and gives the scorer itself. The functions run in worker threads.
    """
    head, _, tail = function.rpartition(":")
    path, name = (Path(head), tail) if head.endswith(".py") else (Path(function), "score")
    made = _function(path, name)
    given = dict(args or {})
    where = f"{path.name}:{name}"
    if getattr(made, "__julja_scorer__", False):
        return _called(made, given, where)
    # The signature names the function by file name and content, whatever folder it lies in.
    shown = {"function": where, "source": _source_hash(path), "args": given}
    listed = tuple(Metric(item) for item in metrics)
    return FunctionScorer("python", shown, listed, True, _score_function(made, given, where))


def _function(path: Path, name: str) -> Callable[..., Any]:
    module = _load(path)
    made: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(made):
        known = [
            key
            for key, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__
        ]
        hint = did_you_mean(name, known) or f"It has {', '.join(known) or 'no function'}."
        raise ConfigError(f"python: {path} has no function {name!r}.", hint=hint)
    return made


def _source_hash(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()


def _load(path: Path) -> ModuleType:
    if not path.is_file():
        raise ConfigError(f"python: there is no file {path}.", hint='Write "file.py:function".')
    name = f"julja_scorer_{path.stem}_{_source_hash(path)}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"python: {path} can't be imported.", hint="Is it a .py file?")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        message = f"python: {path} fails on import: {type(error).__name__}: {error}."
        raise ConfigError(message) from error
    finally:
        sys.path.remove(folder)
    return module


def _called(factory: Callable[..., Any], args: Mapping[str, Json], where: str) -> Scorer:
    try:
        made: Scorer = factory(**args)
    except TypeError as error:
        raise ConfigError(f"python: {where} does not take these args: {error}.") from error
    return made


def _score_function(
    function: Callable[..., Any], args: Mapping[str, Json], where: str
) -> ScoreFunction:
    whole = _takes_sample(function, where)

    def score(sample: Sample, response: Response) -> Verdict:
        if whole:
            return _checked(partial(function, sample, response, **args), where, sample)
        verdicts = [
            _checked(partial(function, response.text, target, **args), where, sample)
            for target in sample.target or (None,)
        ]
        return _best(verdicts)

    return score


def _takes_sample(function: Callable[..., Any], where: str) -> bool:
    """True for (sample, response), False for (text, target): told by the first name or its type."""
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) < 2:
        raise ConfigError(
            f"python: {where} takes {len(parameters)} arguments.",
            hint="It needs two: (text, target) or (sample, response).",
        )
    return parameters[0].name == "sample" or "Sample" in str(parameters[0].annotation)


def _checked(call: Callable[[], Any], where: str, sample: Sample) -> Verdict:
    try:
        value = call()
    except JuljaError:
        raise
    except Exception as error:
        raise ScoringError(
            f"{where} fails on sample {sample.id!r}: {type(error).__name__}: {error}."
        ) from error
    if value is None or isinstance(value, Score):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, str) or not math.isfinite(number):
        raise ScoringError(
            f"{where} returned {value!r} for sample {sample.id!r}.",
            hint="Return a Score, true or false, a number, or None for no answer.",
        )
    return number


def _best(verdicts: Sequence[Verdict]) -> Verdict:
    """The best over several targets; a Score of the function's own stands as it is."""
    own = [verdict for verdict in verdicts if isinstance(verdict, Score)]
    if own:
        return max(own, key=lambda score: next(iter(score.values.values()), -math.inf))
    numbers = [float(verdict) for verdict in verdicts if isinstance(verdict, int | float)]
    return max(numbers) if numbers else None
