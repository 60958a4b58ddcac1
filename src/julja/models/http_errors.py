"""From an HTTP status and body to the error that says what happened and what to do next."""

import email.utils
import math
import re
import time
from collections.abc import Iterable, Mapping

import orjson

from julja.errors import ProviderError, RateLimitError
from julja.types import Json

_OVERLOADED = frozenset({429, 503, 529})
_PASSING = frozenset({408, 409, 425})
_LOOKS_LIKE_KEY = re.compile(r"\b(?:sk|pk|rk)-[\w*.…-]{6,}|\bAIza[\w*-]{10,}|Bearer\s+\S+")
_TOO_LONG = re.compile(
    r"context[_ ](?:length|window|size)|maximum context|prompt is too long|too many tokens"
    r"|exceeds? (?:the )?(?:maximum|available)? ?(?:number of tokens|context)",
    re.IGNORECASE,
)
_NO_QUOTA = re.compile(
    r"insufficient_quota|billing_hard_limit|credit balance|exceeded your current quota, please"
    r" check your plan and billing",
    re.IGNORECASE,
)


def classify(
    status: int,
    headers: Mapping[str, str],
    data: bytes,
    *,
    who: str,
    key_env: str,
    url: str,
    secrets: Iterable[str] = (),
) -> ProviderError:
    """The error for an answer whose status isn't 200."""
    said = redact(server_message(data), secrets)
    message = f"{who} at {url} answered {status}: {said or 'no reason given'}"
    if not message.endswith((".", "!", "?")):
        message += "."
    if _NO_QUOTA.search(said):
        return ProviderError(
            message, status=status, hint="The account has no credit left: see its billing page."
        )
    if status in _OVERLOADED:
        wait_s = retry_after_s(headers, data)
        return RateLimitError(message, status=status, retryable=True, retry_after_s=wait_s)
    if status in _PASSING or status >= 500:
        wait_s = retry_after_s(headers, data)
        return ProviderError(message, status=status, retryable=True, retry_after_s=wait_s)
    return ProviderError(message, status=status, hint=_hint(status, said, key_env))


def _hint(status: int, said: str, key_env: str) -> str:
    if _TOO_LONG.search(said) or status == 413:
        return "The prompt is too long for the model: lower --shots or --max-tokens."
    if status == 401 or re.search(r"api key", said, re.IGNORECASE):
        return f"Set {key_env} to a valid key."
    if status == 403:
        return f"The key in {key_env} may not use this model."
    if status == 404:
        return "Is the model's name right, and does --base-url end as the server wants (often /v1)?"
    if 300 <= status < 400:
        return "The server sends elsewhere: give the final address as --base-url."
    return "The request doesn't suit this server: see its message."


def server_message(data: bytes) -> str:
    """What the server says is wrong, from the shapes that servers use; at most 500 characters."""
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        text = data[:2000].decode("utf-8", "replace")
        return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:500]
    if isinstance(body, list) and body:
        body = body[0]
    said: Json = body
    if isinstance(body, dict):
        error = body.get("error")
        inner = error if isinstance(error, dict) else {}
        said = inner.get("message") or error or body.get("message") or body.get("detail") or body
        code = inner.get("code") or inner.get("type")
        if isinstance(said, str) and isinstance(code, str) and code not in said:
            said = f"{said} ({code})"
    if not isinstance(said, str):
        said = orjson.dumps(said).decode()
    return " ".join(said.split())[:500]


def redact(text: str, secrets: Iterable[str]) -> str:
    """Take out keys: the one that was sent, and whatever looks like one.

    >>> redact("Incorrect API key provided: sk-abc**********xyz", ())
    'Incorrect API key provided: […]'
    """
    for secret in secrets:
        text = text.replace(secret, "[…]")
    return _LOOKS_LIKE_KEY.sub("[…]", text)


def retry_after_s(headers: Mapping[str, str], data: bytes = b"") -> float | None:
    """The wait that the server asks for, in seconds.

    Read from `Retry-After` (seconds or an HTTP date, RFC 9110 §10.2.3), OpenAI's
    `retry-after-ms`, or `retryDelay` in the details of a Google error.
    """
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    value = headers.get("Retry-After")
    if value is not None:
        seconds = _number(value)
        return seconds if seconds is not None else _seconds_until(value)
    found = re.search(rb'"retryDelay":\s*"([0-9.]+)s"', data)
    return _number(found[1].decode()) if found else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


def _seconds_until(date: str) -> float | None:
    try:
        return max(0.0, email.utils.parsedate_to_datetime(date).timestamp() - time.time())
    except ValueError:
        return None
