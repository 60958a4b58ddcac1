"""Pictures and clips on the wire of each dialect: exact bodies, and clear refusals."""

import asyncio
import base64
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL", reason="needs the vision extra: Pillow")

from PIL import Image

from julja.errors import ConfigError, DataError, ProviderError
from julja.models.registry import EngineOptions, open_engine
from julja.pictures import keep
from julja.types import MEDIA_MARK, Media, Message, Prompt, Request

CHAT = {"model": "m", "choices": [{"message": {"content": "a cat"}, "finish_reason": "stop"}]}
MESSAGE = {"content": [{"type": "text", "text": "a cat"}], "stop_reason": "end_turn"}
CONTENT = {"candidates": [{"content": {"parts": [{"text": "a cat"}]}, "finishReason": "STOP"}]}


def made(path: Path, form: str, mode: str = "RGB", size: tuple[int, int] = (3, 2), **more: Any):
    Image.new(mode, size, 200).save(path, format=form, **more)
    return keep(path)


@pytest.fixture
def jpeg(tmp_path: Path) -> Media:
    return made(tmp_path / "a.jpg", "JPEG")


@pytest.fixture
def png(tmp_path: Path) -> Media:
    return made(tmp_path / "b.png", "PNG")


@pytest.fixture
def clip(tmp_path: Path) -> Media:
    (tmp_path / "c.mp4").write_bytes(b"not decoded here")
    return keep(tmp_path / "c.mp4")


def about(text: str, *media: Media, kind: Any = "generate", **more: Any) -> Request:
    return Request(kind, Prompt((Message("user", text, media),)), **more)


def url(media: Media) -> str:
    data = base64.b64encode(Path(media.path).read_bytes()).decode()
    return f"data:{media.mime};base64,{data}"


def ask(name: str, server: Any, request: Request, **options: Any) -> Any:
    async def work() -> Any:
        engine = open_engine(name, EngineOptions(base_url=server.url, **options))
        try:
            return await engine.ask(request)
        finally:
            await engine.close()

    return asyncio.run(work())


def test_chat_shows_pictures_at_their_places(server: Any, jpeg: Media, png: Media) -> None:
    server.answers = [CHAT]
    request = about(f"Is {MEDIA_MARK} like {MEDIA_MARK}?", jpeg, png)
    assert ask("openai/m", server, request).text == "a cat"
    assert server.bodies[0]["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Is "},
                {"type": "image_url", "image_url": {"url": url(jpeg)}},
                {"type": "text", "text": " like "},
                {"type": "image_url", "image_url": {"url": url(png)}},
                {"type": "text", "text": "?"},
            ],
        }
    ]


def test_chat_sends_clips_and_the_detail(server: Any, jpeg: Media, clip: Media) -> None:
    server.answers = [CHAT]
    request = about(f"{MEDIA_MARK}{MEDIA_MARK}", clip, jpeg)
    ask("openai/m", server, request, extra={"image_detail": "low"})
    assert server.bodies[0]["messages"][0]["content"] == [
        {"type": "video_url", "video_url": {"url": url(clip)}},
        {"type": "image_url", "image_url": {"url": url(jpeg), "detail": "low"}},
    ]
    assert "image_detail" not in server.bodies[0]


def test_letters_of_a_picture(server: Any, jpeg: Media) -> None:
    logprobs = {"content": [{"token": "B", "logprob": -0.1, "top_logprobs": []}]}
    server.answers = [{"choices": [{"message": {"content": "B"}, "logprobs": logprobs}]}]
    request = about(f"{MEDIA_MARK}\nA or B?", jpeg, kind="letter", choices=("A", "B"))
    assert ask("openai/m", server, request).choices[1].loglikelihood == -0.1
    assert server.bodies[0]["messages"][0]["content"][0]["type"] == "image_url"


def test_responses_shows_pictures(server: Any, jpeg: Media) -> None:
    output = [{"type": "message", "content": [{"type": "output_text", "text": "a cat"}]}]
    server.answers = [{"status": "completed", "output": output}]
    request = about(f"What is {MEDIA_MARK}?", jpeg)
    ask("openai/m", server, request, api="responses", extra={"image_detail": "high"})
    assert server.bodies[0]["input"] == [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What is "},
                {"type": "input_image", "image_url": url(jpeg), "detail": "high"},
                {"type": "input_text", "text": "?"},
            ],
        }
    ]


def test_anthropic_shows_pictures(server: Any, jpeg: Media) -> None:
    server.answers = [MESSAGE]
    question = Message("user", f"{MEDIA_MARK}\nWhat is it?", (jpeg,))
    turns = (Message("system", "Be brief."), question, Message("assistant", "It is "))
    assert ask("anthropic/m", server, Request("generate", Prompt(turns))).text == "a cat"
    data = base64.b64encode(Path(jpeg.path).read_bytes()).decode()
    source = {"type": "base64", "media_type": "image/jpeg", "data": data}
    assert server.bodies[0]["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "image", "source": source},
                {"type": "text", "text": "\nWhat is it?"},
            ],
        },
        {"role": "assistant", "content": "It is"},
    ]
    assert server.bodies[0]["system"] == "Be brief."


def test_google_shows_pictures_and_clips(server: Any, jpeg: Media, clip: Media) -> None:
    server.answers = [CONTENT]
    request = about(f"{MEDIA_MARK} and {MEDIA_MARK}", jpeg, clip)
    assert ask("google/m", server, request).text == "a cat"
    parts = server.bodies[0]["contents"][0]["parts"]
    assert parts == [
        {"inlineData": {"mimeType": "image/jpeg", "data": url(jpeg).partition(",")[2]}},
        {"text": " and "},
        {"inlineData": {"mimeType": "video/mp4", "data": url(clip).partition(",")[2]}},
    ]


def test_gemini_knows_no_gif(server: Any, tmp_path: Path) -> None:
    server.answers = [CONTENT]
    ask("google/m", server, about(MEDIA_MARK, made(tmp_path / "a.gif", "GIF", "L")))
    assert server.bodies[0]["contents"][0]["parts"][0]["inlineData"]["mimeType"] == "image/png"


def test_what_servers_show_differently_is_sent_as_it_is_seen_here(
    server: Any, tmp_path: Path
) -> None:
    server.answers = [CHAT]
    turned = Image.Exif()
    turned[0x0112] = 6  # a quarter turn
    pictures = (
        made(tmp_path / "turned.jpg", "JPEG", exif=turned),
        made(tmp_path / "printed.jpg", "JPEG", "CMYK"),
        made(tmp_path / "deep.png", "PNG", "I;16"),
        made(tmp_path / "old.bmp", "BMP"),
    )
    ask("openai/m", server, about(MEDIA_MARK * 4, *pictures))
    sent = [
        part["image_url"]["url"].partition(";base64,")
        for part in server.bodies[0]["messages"][0]["content"]
    ]
    assert [mime for mime, _, _ in sent] == [
        "data:image/jpeg", "data:image/jpeg", "data:image/png", "data:image/png",
    ]  # fmt: skip
    opened = [Image.open(io.BytesIO(base64.b64decode(data))) for _, _, data in sent]
    assert [image.mode for image in opened] == ["RGB"] * 4
    assert opened[0].size == (2, 3)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("openai/m", {"api": "completions"}, "can't be shown pictures.*text alone"),
        ("openai/m", {"api": "responses"}, "can't be shown video clips.*takes images"),
        ("anthropic/m", {}, "can't be shown video clips"),
        ("sglang/m", {}, "can't be shown pictures"),
    ],
)
def test_what_a_dialect_does_not_take(
    server: Any, jpeg: Media, clip: Media, name: str, options: Any, message: str
) -> None:
    media = clip if "clips" in message else jpeg
    request = about(MEDIA_MARK, media)
    if name.startswith("sglang"):
        request = replace(request, kind="rank", choices=(" a",))
    with pytest.raises(ProviderError, match=message):
        ask(name, server, request, **options)
    assert server.bodies == []


def test_openai_itself_takes_no_clips(
    monkeypatch: pytest.MonkeyPatch, server: Any, clip: Media
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sekret123")
    with pytest.raises(ProviderError, match="takes images"):
        asyncio.run(open_engine("openai/gpt-5").ask(about(MEDIA_MARK, clip)))


def test_no_pictures_in_a_system_message(server: Any, jpeg: Media) -> None:
    turns = (Message("system", MEDIA_MARK, (jpeg,)), Message("user", "What is it?"))
    with pytest.raises(ProviderError, match="no pictures in a system message"):
        ask("anthropic/m", server, Request("generate", Prompt(turns)))


def test_a_picture_that_is_gone(server: Any, jpeg: Media) -> None:
    server.answers = [CHAT]
    gone = replace(jpeg, path=f"{jpeg.path}.gone")
    with pytest.raises(DataError, match=r"a\.jpg\.gone"):
        ask("openai/m", server, about(MEDIA_MARK, gone))


def test_abilities_and_identity(server: Any) -> None:
    def able(name: str, **options: Any) -> bool:
        engine = open_engine(name, EngineOptions(base_url=server.url, **options))
        return "images" in engine.abilities

    assert able("openai/m")
    assert able("openai/m", api="responses")
    assert not able("openai/m", api="completions")
    assert able("anthropic/m")
    assert able("google/m")
    options = EngineOptions(base_url=server.url, extra={"image_detail": "low"})
    assert open_engine("openai/m", options).identity["image_detail"] == "low"
    with pytest.raises(ConfigError, match=r"image_detail=lo is unknown.*low"):
        open_engine("openai/m", EngineOptions(server.url, extra={"image_detail": "lo"}))
