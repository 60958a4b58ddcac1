"""The scorer for structured output: JSON that is valid by a schema, and equal to the target."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from julja.errors import ConfigError, ScoringError
from julja.scoring import extract
from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.scoring.extract import Found
from julja.types import Json, Metric, Response, Sample, Score, Scorer

_METRICS = (Metric("acc"), Metric("valid"))
Problem = Callable[[Json], str | None]


def json_schema(
    schema: Mapping[str, Json] | bool | str | None = None,
    *,
    file: str | None = None,
    fields: Sequence[str] = (),
) -> Scorer:
    """The response holds JSON that is valid by a schema, and equal to the target if there is one.

    `schema` is the schema itself, or like `file` the path of a JSON file that holds it; without
    one any JSON is valid. `fields` limits the comparison with the target to these fields. The
    order of an object's fields does not matter, the order of an array does. The second metric,
    `valid`, is the share of responses with valid JSON.
    """
    path = file or (schema if isinstance(schema, str) else None)
    if path is None:
        return _json_schema(schema=schema, fields=list(fields))
    if file is not None and schema is not None:
        raise ConfigError("json_schema: give `schema` or `file`, not both.")
    return _json_schema(schema=_read(path), fields=list(fields))


def _read(path: str) -> Json:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"json_schema: {path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigError(f"json_schema: {path} is not JSON: {error}.") from error


@scorer(metrics=_METRICS, name="json_schema")
def _json_schema(*, schema: Json, fields: Sequence[str]) -> ScoreFunction:
    problem = _validator(schema)

    def score(sample: Sample, response: Response) -> Score:
        value, found, error = _answer(response.text, problem)
        if found is None:
            return unparsed(_METRICS, error)
        right = not sample.target or any(
            _matches(value, _target(sample, text), fields) for text in sample.target
        )
        return Score(
            {"acc": float(right), "valid": 1.0},
            extracted=found.text,
            span=found.span,
            explanation=None if right else "Valid, but not equal to the target.",
        )

    return score


def _validator(schema: Json) -> Problem:
    """A function that says what is wrong with a value, or None."""
    if schema is None:
        return lambda value: None
    try:
        import jsonschema
        from jsonschema.validators import validator_for
        from referencing import Registry
        from referencing.exceptions import Unresolvable
    except ImportError as error:
        raise ConfigError(
            "json_schema needs the library jsonschema.", hint="pip install 'julja[metrics]'"
        ) from error
    kind = validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        where = "/".join(map(str, error.path)) or "its top"
        raise ConfigError(f"json_schema: not a JSON schema, at {where}: {error.message}") from error
    # An own registry: a reference to a web address is an error, never a download.
    made = kind(schema, registry=Registry())

    def problem(value: Json) -> str | None:
        try:
            first = next(iter(made.iter_errors(value)), None)
        except Unresolvable as error:
            raise ScoringError(f"json_schema: the schema refers to {error}.") from error
        if first is None:
            return None
        where = "/".join(map(str, first.absolute_path))
        return f"{where}: {first.message}" if where else first.message

    return problem


def _answer(text: str, problem: Problem) -> tuple[Json, Found | None, str]:
    """The likeliest JSON in a response that is valid; else what is wrong with the likeliest."""
    error = "There is no JSON in the response."
    for index, (value, found) in enumerate(extract.json_values(text)):
        wrong = problem(value)
        if wrong is None:
            return value, found, ""
        if index == 0:
            error = f"The JSON is not valid by the schema: {wrong}"
    return None, None, error


def _target(sample: Sample, text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError as error:
        if text.lstrip().startswith(("{", "[")):
            raise ScoringError(
                f"json_schema: the target of sample {sample.id!r} is not JSON: {error}."
            ) from error
        return text


def _matches(value: Json, target: Json, fields: Sequence[str]) -> bool:
    if not fields:
        return same_json(value, target)
    if not isinstance(value, dict) or not isinstance(target, dict):
        return False
    return all(
        (name in value) == (name in target) and same_json(value.get(name), target.get(name))
        for name in fields
    )


def same_json(left: Json, right: Json) -> bool:
    """True when two values mean the same JSON: 1 equals 1.0, but true is not 1.

    >>> same_json({"a": 1, "b": [True]}, {"b": [True], "a": 1.0})
    True
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return bool(left == right)
