"""One tree of errors, one leaf for each border that data crosses.

A message says what happened, with which value, and (`hint`) what to do next. The command line
prints both and never a traceback for these. A sample that fails is a record that carries the
error's class name, not a crash of the run.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class JuljaError(Exception):
    """Base of all errors that julja raises on purpose. `hint` is the next step for the user."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class ConfigError(JuljaError):
    """A flag, a configuration file or an environment variable is wrong (exit code 2)."""


class DataError(JuljaError):
    """Rows could not be found, read or trusted: says the file and the row."""


class MissingDataError(DataError):
    """Rows are in none of the places that were looked at (as opposed to damaged rows)."""


class TaskError(JuljaError):
    """A benchmark is unknown or its definition is wrong."""


class ScoringError(JuljaError):
    """A scorer failed on a sample; the sample is an error, never a wrong answer."""


class SandboxError(JuljaError):
    """The sandbox is missing or broke (a program that fails its tests is no error)."""


class JudgeError(JuljaError):
    """A judge gave no verdict."""


class StoreError(JuljaError):
    """The store on disk could not be read or written."""


class ProviderError(JuljaError):
    """A model did not answer.

    `retryable` tells the limiter whether trying again can help, `retry_after_s` is the wait the
    server asked for, `status` its HTTP status where there was one.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        retryable: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.retryable = retryable
        self.retry_after_s = retry_after_s


class RateLimitError(ProviderError):
    """The server is overloaded or says "too many requests" (429, 503, 529)."""


class ProviderTimeoutError(ProviderError):
    """The server did not answer within the time-out of one request."""


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The hint for a misspelt name, or None when nothing is near.

    >>> did_you_mean("gsm8", ["gsm8k", "mmlu"])
    'Did you mean gsm8k?'
    """
    near = get_close_matches(word, list(known), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(near)}?" if near else None
