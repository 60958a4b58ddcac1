"""From status, headers and body to the error that says what happened and what to do."""

import email.utils
import time

import pytest

from julja.errors import ProviderError, RateLimitError
from julja.models.http_errors import classify, redact, retry_after_s, server_message


def error(status: int, body: bytes = b"", **headers: str) -> ProviderError:
    return classify(
        status, headers, body, who="openai/x", key_env="OPENAI_API_KEY", url="http://h/v1",
        secrets=["sekret123"],
    )  # fmt: skip


@pytest.mark.parametrize("status", [429, 503, 529])
def test_overload_is_a_rate_limit(status: int) -> None:
    found = error(status, b"busy", **{"Retry-After": "7"})
    assert isinstance(found, RateLimitError)
    assert (found.status, found.retryable, found.retry_after_s) == (status, True, 7.0)


@pytest.mark.parametrize("status", [408, 409, 500, 502, 504])
def test_passing_failures_can_be_tried_again(status: int) -> None:
    found = error(status)
    assert not isinstance(found, RateLimitError)
    assert found.retryable


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (401, b'{"error": {"message": "bad key"}}', "Set OPENAI_API_KEY"),
        (400, b'{"error": {"message": "API key not valid."}}', "Set OPENAI_API_KEY"),
        (403, b"no", "may not use this model"),
        (404, b'{"error": {"message": "no such model"}}', "--base-url"),
        (302, b"", "final address"),
        (413, b"", "too long"),
        (400, b'{"error": {"message": "m", "code": "context_length_exceeded"}}', "--shots"),
        (400, b'{"message": "This model\'s maximum context length is 2048"}', "--shots"),
        (400, b'{"error": {"message": "prompt is too long: 9 tokens > 5"}}', "--shots"),
        (422, b'{"detail": "what?"}', "doesn't suit this server"),
    ],
)
def test_lasting_failures_say_what_to_do(status: int, body: bytes, hint: str) -> None:
    found = error(status, body)
    assert not found.retryable
    assert hint in (found.hint or "")


def test_an_empty_account_is_not_asked_again() -> None:
    found = error(429, b'{"error": {"message": "quota", "code": "insufficient_quota"}}')
    assert not found.retryable
    assert "billing" in (found.hint or "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "no", "type": "bad_thing"}}', "no (bad_thing)"),
        (b'{"error": "no"}', "no"),
        (b'{"detail": [{"msg": "x"}]}', '[{"msg":"x"}]'),
        (b'[{"error": {"message": "no"}}]', "no"),
        (b"<html><h1>Bad  gateway</h1></html>", "Bad gateway"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_servers_own_words_are_found(body: bytes, said: str) -> None:
    assert server_message(body) == said


def test_no_key_is_ever_in_a_message() -> None:
    found = error(401, b'{"error": {"message": "Wrong key: sekret123 / sk-proj-abcdefgh****wxyz"}}')
    assert "sekret123" not in str(found)
    assert "abcdefgh" not in str(found)


def test_redact_takes_out_bearer_tokens_and_google_keys() -> None:
    assert redact("Bearer abc AIzaSyA1234567890b", []) == "[…] […]"


def test_retry_after_as_seconds_date_milliseconds_and_googles_detail() -> None:
    later = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert retry_after_s({"Retry-After": "2.5"}) == 2.5
    assert retry_after_s({"Retry-After": later}) == pytest.approx(60, abs=3)
    assert retry_after_s({"Retry-After": "Mon, 01 Jan 2024 00:00:00 GMT"}) == 0.0
    assert retry_after_s({"retry-after-ms": "1500", "Retry-After": "9"}) == 1.5
    assert retry_after_s({}, b'{"error": {"details": [{"retryDelay": "34s"}]}}') == 34.0


@pytest.mark.parametrize("value", ["soon", "", "nan", "inf"])
def test_a_senseless_retry_after_is_none(value: str) -> None:
    assert retry_after_s({"Retry-After": value}) is None
