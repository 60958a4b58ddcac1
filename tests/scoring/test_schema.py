"""JSON that must be valid by a schema and equal to the target."""

import json
from pathlib import Path

import pytest

from julja.errors import ConfigError, ScoringError
from julja.scoring.registry import make_scorer
from julja.scoring.schema import json_schema, same_json
from julja.types import Response, Sample, Score

TICKET = {
    "type": "object",
    "required": ["kind", "urgent"],
    "properties": {"kind": {"enum": ["refund", "repair"]}, "urgent": {"type": "boolean"}},
}
GOOD = '{"kind": "refund", "urgent": true}'


def score(response: str, *target: str, **args: object) -> Score:
    made = make_scorer("json_schema", args or {"schema": TICKET})
    return made(Sample("s1", "?", target), Response(text=response))


def test_valid_json_is_enough_without_a_target() -> None:
    result = score(f"Here it is:\n```json\n{GOOD}\n```")
    assert result.values == {"acc": 1.0, "valid": 1.0}
    assert result.extracted == GOOD
    assert result.span == (20, 20 + len(GOOD))


def test_it_must_equal_the_target_in_any_order_of_fields() -> None:
    assert score(GOOD, '{"urgent": true, "kind": "refund"}').values["acc"] == 1.0
    result = score(GOOD, '{"urgent": false, "kind": "refund"}')
    assert (result.state, result.values) == ("scored", {"acc": 0.0, "valid": 1.0})


@pytest.mark.parametrize(
    ("response", "says"),
    [
        ('{"kind": "gift", "urgent": true}', "kind: 'gift' is not one of"),
        ('{"kind": "refund"}', "'urgent' is a required property"),
        ("I can't do that.", "no JSON"),
        ('{"kind": "refund", "urgent": true', "no JSON"),
    ],
)
def test_invalid_is_unparsed_and_says_why(response: str, says: str) -> None:
    result = score(response, GOOD)
    assert (result.state, result.values) == ("unparsed", {"acc": 0.0, "valid": 0.0})
    assert result.explanation is not None and says in result.explanation


def test_the_valid_one_of_several_is_taken() -> None:
    assert score(f"See [1]. {GOOD} (as in [2])", GOOD).values["acc"] == 1.0


def test_fields_limit_the_comparison() -> None:
    target = '{"kind": "refund", "note": "x"}'
    assert score('{"kind": "refund"}', target, fields=["kind"]).values["acc"] == 1.0
    assert score('{"kind": "refund"}', target, fields=["note"]).values["acc"] == 0.0


def test_a_schema_file_is_read_into_the_signature(tmp_path: Path) -> None:
    path = tmp_path / "ticket.json"
    path.write_text(json.dumps(TICKET))
    assert json_schema(file=str(path)).args == json_schema(schema=TICKET).args
    assert json_schema(schema=str(path)).args["schema"] == TICKET


def test_wrong_schemas_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at type: 'objct'"):
        json_schema(schema={"type": "objct"})
    with pytest.raises(ConfigError, match="can't be read"):
        json_schema(file=str(tmp_path / "none.json"))
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ConfigError, match="is not JSON"):
        json_schema(file=str(tmp_path / "bad.json"))
    with pytest.raises(ConfigError, match="not both"):
        json_schema(TICKET, file="x.json")


def test_no_schema_is_fetched_from_the_web() -> None:
    with pytest.raises(ScoringError, match="refers to"):
        score("{}", schema={"$ref": "http://schemas.invalid/x.json"})


def test_a_broken_target_is_an_error_not_a_wrong_answer() -> None:
    with pytest.raises(ScoringError, match="target of sample 's1' is not JSON"):
        score(GOOD, '{"kind": ')


def test_a_plain_word_can_be_the_target() -> None:
    assert score('"refund"', "refund", schema={"type": "string"}).values["acc"] == 1.0


def test_same_json() -> None:
    assert same_json({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]})
    assert not same_json(True, 1)
    assert not same_json([1, 2], [2, 1])
    assert not same_json({"a": 1}, {"a": 1, "b": 2})
    assert not same_json("1", 1)
