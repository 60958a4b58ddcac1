"""What the engines behind HTTP share: identity, keys, and the errors that concern them."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import orjson

from julja.errors import ConfigError, ProviderError
from julja.models.transport import Reply, Transport
from julja.types import Json, Request, Response


class NoAnswer(ValueError):
    """A server's answer holds no answer; trying again can help."""


def read_reply(
    transport: Transport,
    reader: Callable[[Mapping[str, Json], Request], Response],
    reply: Reply,
    request: Request,
) -> Response:
    """Read a server's answer; one that is empty or of another shape is a retryable error."""
    try:
        response = reader(reply.body, request)
    except NoAnswer as error:
        raise transport.damaged(str(error)) from error
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        what = f"an answer of another shape ({type(error).__name__}: {error})"
        raise transport.damaged(what) from error
    return replace(response, seconds=reply.seconds)


def identity(
    provider: str, model: str, transport: Transport, arguments: Mapping[str, Json], **more: str
) -> Mapping[str, str]:
    """What identifies a model behind HTTP: no key, no credentials."""
    named = {"provider": provider, "model": model, "base_url": transport.public_url, **more}
    if arguments:
        named["arguments"] = orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS).decode()
    return named


def refuse_key(extra: Mapping[str, Json]) -> None:
    """A key on the command line would end up in the shell's history and in records."""
    for name in ("api_key", "key", "token"):
        if name in extra:
            raise ConfigError(
                f"-M {name}=… would leave the key in the shell's history.",
                hint="Put it into an environment variable and name that: -M api_key_env=NAME",
            )


def missing_key(vendor: str, key_env: str, *, own_server: bool = False) -> ConfigError:
    """No key is set where the vendor's own server is asked."""
    other = " (or --base-url for a server of your own)" if own_server else ""
    return ConfigError(f"{vendor} needs a key.", hint=f"Set {key_env}{other}.")


def unable(name: str, kind: str) -> ProviderError:
    """The engine was asked for something that it doesn't declare."""
    return ProviderError(f"{name} can't answer {kind} requests.", hint="Choose another --form.")
