"""Parameters that a server refuses: learnt from its first 400, then left out or renamed.

Reasoning models take no temperature, some take `max_completion_tokens` for `max_tokens`, and the
only sign is an error message. What was changed stands in `notes`, for the report of the run.
"""

import re
from collections.abc import Iterable, Mapping

from julja.errors import ProviderError
from julja.types import Json

_REFUSED = re.compile(
    r"unsupported|not support|n't support|not permitted|not allowed|cannot both|can't both|"
    r"may only be set|must be 1|only the default|deprecated|unknown (?:parameter|field|name)|"
    r"unrecognized|extra inputs",
    re.IGNORECASE,
)


class Fallback:
    """What one server was found to refuse. `drop` may be left out, `rename` go by another name."""

    def __init__(
        self, who: str, drop: Iterable[str], rename: Mapping[str, str] | None = None
    ) -> None:
        self.notes: list[str] = []
        self._who = who
        self._drop = tuple(drop)
        self._rename = dict(rename or {})
        self._refused: set[str] = set()

    def apply(self, body: dict[str, Json]) -> dict[str, Json]:
        """The body as this server takes it."""
        if not self._refused:
            return body
        return {
            self._rename.get(key, key) if key in self._refused else key: value
            for key, value in body.items()
            if key not in self._refused or key in self._rename
        }

    def learn(self, error: ProviderError, sent: Mapping[str, Json]) -> bool:
        """True when the error refuses parameters of `sent` that can go: send again."""
        if error.status not in (400, 422) or not _REFUSED.search(error.message):
            return False
        refused = [
            name
            for name in (*self._rename, *self._drop)
            if name in sent and re.search(rf"(?<![A-Za-z_]){name}(?![A-Za-z_])", error.message)
        ]
        for name in refused:
            if name not in self._refused:
                self._refused.add(name)
                self.notes.append(self._note(name, sent[name]))
        return bool(refused)

    def _note(self, name: str, value: Json) -> str:
        if name in self._rename:
            return f"{self._who} takes {self._rename[name]} in place of {name}."
        return f"{self._who} refuses {name} ({value!r} was left out): its own default holds."
