"""Small models of pictures, made here: they see the mean colour."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL", reason="needs the vision extra: Pillow")

import asyncio

import numpy as np
from PIL import Image

from julja.errors import ProviderError
from julja.models.registry import EngineOptions, open_engine
from julja.pictures import keep
from julja.types import MEDIA_MARK, Media, Message, Prompt, Request, Response

COLOURS = {"red": (200, 20, 10), "green": (10, 200, 20), "blue": (20, 10, 200)}


@pytest.fixture
def paint(tmp_path: Path) -> Callable[..., Media]:
    """Make a picture of one colour, or of vertical stripes of several."""

    def make(*names: str, size: tuple[int, int] = (40, 30)) -> Media:
        width, height = size
        pixels = np.zeros((height, width, 3), np.uint8)
        for place, name in enumerate(names):
            low, high = (width * (place + k) // len(names) for k in (0, 1))
            pixels[:, low:high] = COLOURS[name]
        path = tmp_path / f"{'-'.join(names)}-{width}x{height}.png"
        Image.fromarray(pixels).save(path)
        return keep(path)

    return make


def about(media: Media, kind: Any, choices: tuple[str, ...] = ()) -> Request:
    """A request about one picture."""
    return Request(kind, Prompt((Message("user", MEDIA_MARK, (media,)),)), choices=choices)


def open_(name: str, **extra: Any) -> Any:
    """An engine with model arguments."""
    return open_engine(name, EngineOptions(extra=extra))


def answers(engine: Any, *requests: Request) -> list[Response | ProviderError]:
    """All answers, in the order of the requests."""

    async def work() -> dict[int, Response | ProviderError]:
        try:
            return {index: answer async for index, answer in engine.ask_many(requests)}
        finally:
            await engine.close()

    found = asyncio.run(work())
    return [found[index] for index in range(len(requests))]


def looked(engine: Any, media: Media) -> dict[str, str]:
    """What `julja doctor --image` shows, by name."""
    return {item.name: item.text for item in asyncio.run(engine.look(media))}


def best(response: Any) -> str:
    """The likeliest choice."""
    return str(max(response.choices, key=lambda choice: choice.loglikelihood).text)
