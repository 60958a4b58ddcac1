"""Pictures and clips on the wire: what a dialect takes, and its errors."""

from collections.abc import Callable, Collection

from julja.errors import ProviderError
from julja.types import Json, Media, Message, Request


def check_media(name: str, request: Request, takes: Collection[str]) -> None:
    """Refuse a request that shows what the model can't be shown.

    `takes` holds the kinds of media ("image", "video"); only a user's turn may have any.
    """
    for message in request.prompt.messages:
        for media in message.media:
            if media.kind not in takes:
                what = "pictures" if media.kind == "image" else "video clips"
                known = " and ".join(f"{kind}s" for kind in sorted(takes)) or "text alone"
                raise ProviderError(
                    f"{name} can't be shown {what} this way: it takes {known}.",
                    hint="Give it frames as pictures, or choose another API or model."
                    if media.kind == "video"
                    else "Choose an API or a model for pictures (`julja doctor -m MODEL`).",
                )
        if message.media and message.role == "system":
            raise ProviderError(
                f"{name} takes no pictures in a system message.",
                hint="Show them in a user's turn.",
            )


def parts_of(
    message: Message, text: Callable[[str], Json], media: Callable[[Media], Json]
) -> list[Json]:
    """A message's parts, in the order in which they are shown."""
    return [text(part) if isinstance(part, str) else media(part) for part in message.parts()]
