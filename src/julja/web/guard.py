"""What stands around every request: who may ask, how often, how much, and what is sent back.

Every answer is JSON with strict headers, whatever went wrong. No other website can use the API
through a visitor's browser: there is no CORS, requests that name another origin are refused, the
host must be ours (so a name that is pointed at 127.0.0.1 does not help), and what proves a voter
is a header that no browser adds by itself.
"""

import asyncio
import ipaddress
import logging
import time
from collections import OrderedDict
from collections.abc import Collection
from typing import TypeVar
from urllib.parse import urlsplit

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import BaseModel, ValidationError

from julja.errors import JuljaError
from julja.web.shapes import Error, ErrorBody

log = logging.getLogger("julja.web")

Shape_ = TypeVar("Shape_", bound=BaseModel)

MAX_BODY = 16 * 1024
BODY_S = 10.0
HEADERS = {
    "Server": "julja",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    411: "length_required",
    413: "too_large",
    417: "expectation_failed",
}


class Refused(Exception):
    """An answer other than success: HTTP status, a code for programs, a message for people."""

    def __init__(
        self, status: int, code: str, message: str, hint: str | None = None, wait_s: int = 0
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.hint = status, code, message, hint
        self.wait_s = wait_s


def reply(shape: BaseModel, status: int = 200) -> web.Response:
    """A shape as JSON."""
    body = orjson.dumps(shape.model_dump(mode="json"))
    return web.Response(body=body, status=status, content_type="application/json")


def refusal(error: Refused) -> web.Response:
    """A refusal as JSON."""
    body = ErrorBody(code=error.code, message=error.message, hint=error.hint)
    response = reply(Error(error=body), error.status)
    if error.wait_s:
        response.headers["Retry-After"] = str(error.wait_s)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


@web.middleware
async def strict_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The same headers on every answer."""
    response = await handler(request)
    response.headers.update(HEADERS)
    return response


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever is raised becomes a JSON answer; what nobody foresaw tells nothing of itself."""
    try:
        return await handler(request)
    except Refused as error:
        return refusal(error)
    except web.HTTPException as error:
        code = _CODES.get(error.status, "error")
        text = "the body is too large" if error.status == 413 else error.reason.lower()
        response = refusal(Refused(error.status, code, f"{text}."))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except JuljaError as error:
        log.error("%s %s: %s", request.method, request.path, error)
        return refusal(Refused(500, "failed", "the server could not do this.", "See its log."))
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return refusal(Refused(500, "failed", "the server could not do this.", "See its log."))


def same_site(hosts: Collection[str]) -> Middleware:
    """A middleware that lets only requests to our own hosts and from our own pages pass.

    `hosts` are names in lower case without a port; without any, every host will do.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if hosts and _netloc(f"//{request.host}")[0] not in hosts:
            raise Refused(
                403,
                "host",
                "this server does not answer to that host name.",
                "Start it with --allow-host NAME to let it.",
            )
        origin = request.headers.get("Origin")
        elsewhere = origin is not None and _netloc(origin) != _netloc(f"//{request.host}")
        if elsewhere or request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            raise Refused(403, "origin", "requests from other websites are refused.")
        return await handler(request)

    return check


def _netloc(url: str) -> tuple[str, int | None]:
    """Host name and port of a URL; an empty name where it has none."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "", None


async def read_body(request: web.Request, shape: type[Shape_]) -> Shape_:
    """The request's JSON body as a shape; raises `Refused` with what is wrong with it."""
    if request.content_type != "application/json" or "Content-Encoding" in request.headers:
        raise Refused(
            415,
            "content_type",
            "the body must be plain JSON.",
            "Send Content-Type: application/json.",
        )
    try:
        async with asyncio.timeout(BODY_S):
            raw = await request.read()
    except TimeoutError as error:
        raise Refused(408, "timeout", "the body did not arrive in time.") from error
    try:
        return shape.model_validate(orjson.loads(raw))
    except orjson.JSONDecodeError as error:
        raise Refused(400, "not_json", "the body is not JSON in UTF-8.") from error
    except ValidationError as error:
        raise Refused(422, "invalid", f"the body does not fit: {_wrong(error)}.") from error


def _wrong(error: ValidationError) -> str:
    """What is wrong with a body, field by field; the values themselves are not repeated."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    parts = []
    for item in found[:5]:
        field = ".".join(str(part) for part in item["loc"])[:60]
        parts.append(f"{ascii(field)[1:-1] or 'body'}: {item['msg'][:120]}")
    return "; ".join(parts)


def is_loopback(host: str) -> bool:
    """True of an address that only this machine can reach."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Limit:
    """A token bucket for each key: `burst` requests at once, `per_minute` over time.

    Holds the `most` keys that were used last, so that many strangers cost no memory.
    """

    def __init__(self, per_minute: float, burst: int, most: int = 10_000) -> None:
        self._rate = per_minute / 60
        self._burst = burst
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float | None = None) -> None:
        """Count one request; raises `Refused` (429) with the wait where there were too many."""
        now = time.monotonic() if now is None else now
        level, last = self._buckets.pop(key, (float(self._burst), now))
        level = min(float(self._burst), level + (now - last) * self._rate)
        allowed = level >= 1
        self._buckets[key] = (level - 1 if allowed else level, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = max(1, round((1 - level) / self._rate + 0.5))
            raise Refused(429, "too_many", f"too many requests: wait {wait} s.", wait_s=wait)
