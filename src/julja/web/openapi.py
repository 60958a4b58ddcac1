"""The OpenAPI description of the arena's API, made of the shapes that it really sends."""

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from julja import __version__
from julja.web import shapes
from julja.web.shapes import Shape

_REF = "#/components/schemas/{model}"
# (method, path, what it does, body, success, its status, whether a token is needed).
_PATHS: tuple[tuple[str, str, str, type[Shape] | None, type[Shape] | None, int, bool], ...] = (
    ("get", "", "What this is", None, shapes.About, 200, False),
    ("get", "/openapi.json", "This description", None, None, 200, False),
    ("post", "/voters", "Become a voter", shapes.NewVoter, shapes.VoterToken, 201, False),
    ("get", "/me", "How far the voter is", None, shapes.Me, 200, True),
    ("post", "/battles/next", "The next blind battle", None, shapes.BlindBattle, 200, True),
    ("get", "/battles/{battle}", "One of the voter's battles", None, shapes.Battle, 200, True),
    ("post", "/battles/{battle}/skip", "Pass over a battle", None, shapes.Skipped, 200, True),
    ("post", "/battles/{battle}/reveal", "Tell the names", None, shapes.VoteResult, 200, True),
    ("post", "/votes", "Vote; the names in return", shapes.NewVote, shapes.VoteResult, 201, True),
    ("get", "/votes", "The voter's own votes", None, shapes.History, 200, True),
    ("get", "/ratings", "The ratings so far", None, shapes.Ratings, 200, False),
)


@cache
def description() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    used = [item for row in _PATHS for item in (row[3], row[4]) if item] + [shapes.Error]
    _, schemas = models_json_schema(
        [(item, "validation") for item in dict.fromkeys(used)], ref_template=_REF
    )
    paths: dict[str, dict[str, Any]] = {}
    for method, path, summary, body, success, status, needs_token in _PATHS:
        operation: dict[str, Any] = {
            "summary": summary,
            "responses": {
                str(status): {"description": summary, **_json(success)},
                "default": {"description": "Refused", **_json(shapes.Error)},
            },
        }
        if body:
            operation["requestBody"] = {"required": True, **_json(body)}
        if needs_token:
            operation["security"] = [{"voter": []}]
        operation["parameters"] = _parameters(method, path)
        paths.setdefault(f"/api/v1{path}", {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "julja arena", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"voter": {"type": "http", "scheme": "bearer"}},
        },
    }


def _json(shape: type[Shape] | None) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=shape.__name__)} if shape else {"type": "object"}
    return {"content": {"application/json": {"schema": schema}}}


def _parameters(method: str, path: str) -> list[dict[str, Any]]:
    if "{battle}" in path:
        return [{"name": "battle", "in": "path", "required": True, "schema": {"type": "string"}}]
    if (method, path) == ("get", "/votes"):
        whole = {"type": "integer", "minimum": 0}
        return [{"name": name, "in": "query", "schema": whole} for name in ("limit", "offset")]
    return []
