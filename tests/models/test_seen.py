"""Pictures through the engines without a model: functions, recordings, mock answers."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL", reason="needs the vision extra: Pillow")

import numpy as np
from PIL import Image

from julja.errors import ProviderError
from julja.models.python import FunctionEngine
from julja.models.registry import open_engine
from julja.pictures import keep, open_rgb
from julja.predictions import read_map
from julja.types import MEDIA_MARK, ChoiceLikelihood, Media, Message, Prompt, Request, Response


@pytest.fixture
def red(tmp_path: Path) -> Media:
    Image.new("RGB", (6, 4), (255, 0, 0)).save(tmp_path / "red.png")
    return keep(tmp_path / "red.png")


@pytest.fixture
def blue(tmp_path: Path) -> Media:
    Image.new("RGB", (6, 4), (0, 0, 255)).save(tmp_path / "blue.png")
    return keep(tmp_path / "blue.png")


def about(media: Media, kind: Any = "classify", choices: tuple[str, ...] = ("cat", "dog")):
    return Request(kind, Prompt((Message("user", MEDIA_MARK, (media,)),)), choices=choices)


def call(function: Any, request: Request, *abilities: str) -> Response:
    function.abilities = abilities or (request.kind,)
    engine = FunctionEngine.of(function)
    return asyncio.run(engine.ask(request))


def values(response: Response) -> list[float]:
    return [round(choice.loglikelihood, 4) for choice in response.choices]


# Functions


def test_a_function_sees_the_picture(red: Media) -> None:
    def colour(request: Request) -> str:
        return str(open_rgb(request.prompt.media[0]).getpixel((0, 0)))

    assert call(colour, about(red, "generate")).text == "(255, 0, 0)"


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"cat": 0.75, "dog": 0.25}, [-0.2877, -1.3863]),
        ({"DOG": -1.3863, "cat": -0.2877}, [-0.2877, -1.3863]),  # log-probabilities stay
        ([2.0, 0.0], [-0.1269, -2.1269]),  # logits
        (np.array([1, 3]), [-2.1269, -0.1269]),
        ({"cat": 1.0}, [0.0, -np.inf]),
        ({"cat": 0.5, "dog": 0.25, "cow": 0.25}, [-0.6931, -1.3863]),
    ],
)
def test_class_scores(red: Media, scores: Any, expected: list[float]) -> None:
    def scored(request: Request) -> Any:
        return scores

    found = call(scored, about(red))
    assert values(found) == expected
    assert [choice.text for choice in found.choices] == ["cat", "dog"]


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"cat": float("nan"), "dog": 0.1}, "A class score is NaN"),
        ([0.1, 0.2, 0.7], "3 class scores for 2 choices"),
        ({"cat": 0.5, "hound": 0.5}, "'hound'.*'dog'.*Spell the labels"),
        ({}, "no class score at all"),
        (0.5, "returned float for a classify request"),
        ({"cat": "much"}, "returned dict for a classify request"),
        (None, "returned NoneType"),
    ],
)
def test_class_scores_that_are_none(red: Media, scores: Any, message: str) -> None:
    def scored(request: Request) -> Any:
        return scores

    with pytest.raises(ProviderError, match=message):
        call(scored, about(red))


def test_objects(red: Media) -> None:
    mask = np.zeros((4, 6))
    mask[1:3, 2] = 1

    async def found(request: Request) -> Any:
        return [
            {"label": "Dog", "box": (1, 1, 2, 2), "score": 0.5},
            {"category_id": 3, "box": [0, 0, 1, 1], "score": 1, "mask": mask},
            {"label": "cow", "box": [0, 0, 1, 1], "score": 0.1},
        ]

    assert json.loads(call(found, about(red, "detect")).text) == {
        "size": [4, 6],
        "boxes": [
            {"box": [1, 1, 2, 2], "score": 0.5, "label": "dog"},
            {
                "box": [0, 0, 1, 1],
                "score": 1,
                "category_id": 3,
                "mask": {"size": [4, 6], "counts": [9, 2, 13]},
            },
            {"box": [0, 0, 1, 1], "score": 0.1, "label": "cow"},
        ],
    }


@pytest.mark.parametrize("row", [{"label": "dog"}, {"box": [1, 2], "score": 1}, {"box": [1] * 4}])
def test_objects_that_are_none(red: Media, row: Any) -> None:
    def found(request: Request) -> Any:
        return [row]

    with pytest.raises(ProviderError, match=r"object"):
        call(found, about(red, "detect"))


def test_a_label_map(red: Media) -> None:
    labels = np.arange(24).reshape(4, 6) // 12

    def mapped(request: Request) -> Any:
        return labels

    assert call(mapped, about(red, "segment")).text == '{"size":[4,6],"runs":[[0,12],[1,12]]}'
    labels[0, 0] = -1
    with pytest.raises(ProviderError, match="negative"):
        call(mapped, about(red, "segment"))


def test_a_ragged_label_map_is_packed(red: Media) -> None:
    labels = np.random.default_rng(0).integers(0, 9, (300, 400))

    def mapped(request: Request) -> Any:
        return labels

    text = call(mapped, about(red, "segment")).text
    assert text.startswith('{"png":')
    assert len(text) < 120_000
    assert np.array_equal(read_map(text), labels)


def test_a_function_of_the_text_alone_takes_no_pictures() -> None:
    def words(prompt: str) -> str:
        return prompt

    assert "images" not in FunctionEngine.of(words).abilities


# Recordings


def record(tmp_path: Path, *rows: Any) -> Any:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return open_engine(f"replay/{file}")


def test_recordings_are_matched_by_the_pictures_too(
    tmp_path: Path, red: Media, blue: Media
) -> None:
    def turn(media: Media) -> Any:
        shown = [{"sha256": media.sha256, "mime": media.mime, "name": "x.png"}]
        return [{"role": "user", "content": MEDIA_MARK, "media": shown}]

    engine = record(
        tmp_path,
        {"prompt": turn(red), "response": "red"},
        {"prompt": MEDIA_MARK, "media": [blue.sha256], "response": "blue"},
    )
    assert {"images", "generate", "detect", "segment"} <= engine.abilities
    assert asyncio.run(engine.ask(about(red, "generate"))).text == "red"
    assert asyncio.run(engine.ask(about(blue, "generate"))).text == "blue"
    other = replace(red, sha256="0" * 64)
    with pytest.raises(ProviderError, match="no recorded response"):
        asyncio.run(engine.ask(about(other, "generate")))


def test_recorded_class_scores(tmp_path: Path, red: Media) -> None:
    choices = [{"text": "cat", "loglikelihood": -0.5}, {"text": "dog", "loglikelihood": None}]
    shown = [{"sha256": red.sha256}]
    row = {"prompt": MEDIA_MARK, "media": shown, "response": "", "choices": choices}
    engine = record(tmp_path, row)
    assert "classify" in engine.abilities
    assert asyncio.run(engine.ask(about(red))).choices == (
        ChoiceLikelihood("cat", -0.5), ChoiceLikelihood("dog", -np.inf),
    )  # fmt: skip


def test_recordings_of_text_alone_take_no_pictures(tmp_path: Path) -> None:
    engine = record(tmp_path, {"prompt": "2+2?", "response": "4"})
    assert engine.abilities == {"generate", "chat"}


# Mock answers


def mock(name: str, request: Request) -> Response:
    return asyncio.run(open_engine(f"mock/{name}").ask(request))


def test_a_random_answer_depends_on_the_picture(red: Media, blue: Media) -> None:
    assert values(mock("random", about(red))) == values(mock("random", about(red)))
    assert values(mock("random", about(red))) != values(mock("random", about(blue)))


def test_random_objects_lie_in_the_picture(red: Media) -> None:
    found = json.loads(mock("random", about(red, "detect")).text)
    assert found["size"] == [4, 6]
    assert 1 <= len(found["boxes"]) <= 5
    for item in found["boxes"]:
        left, top, width, height = item["box"]
        assert 0 <= left <= left + width <= 6
        assert 0 <= top <= top + height <= 4
        assert item["label"] in ("cat", "dog")


def test_a_random_label_map_is_as_large_as_the_picture(red: Media) -> None:
    labels = read_map(mock("random", about(red, "segment")).text)
    assert labels.shape == (4, 6)
    assert set(labels.ravel()) == {0, 1}


def test_constant_answers_about_pictures(red: Media) -> None:
    assert json.loads(mock("constant", about(red, "detect")).text) == {
        "size": [4, 6], "boxes": [],
    }  # fmt: skip
    assert mock("echo", about(red, "segment")).text == '{"size":[4,6],"runs":[[0,24]]}'
    assert mock("constant:text=x", about(red, "detect")).text == "x"
    assert values(mock("constant:text=dog", about(red)))[1] == round(np.log(0.9), 4)
