"""A benchmark of one's own whose cases show pictures."""

import json

import pytest

pytest.importorskip("PIL", reason="needs the vision extra: Pillow")

from PIL import Image

from julja.errors import TaskError
from julja.run.custom import load_case_file
from julja.tasks.render import render_prompt
from julja.types import MEDIA_MARK


@pytest.fixture
def folder(tmp_path):
    for number, colour in enumerate(("red", "blue")):
        Image.new("RGB", (4, 4), colour).save(tmp_path / f"{number}.png")
    return tmp_path


def prompts(folder, cases, settings):
    lines = "\n".join(json.dumps({"expected": "red", **case}) for case in cases)
    (folder / "cases.jsonl").write_text(lines)
    (folder / "cases.toml").write_text(settings)
    task = load_case_file(folder / "cases.toml", {})
    return [render_prompt(task.forms["generate"], task.sample(row)) for row in task.rows]


def names(prompt):
    return [media.path.rsplit("/", 1)[1] for media in prompt.media]


def test_pictures_stand_where_the_prompt_says(folder):
    settings = 'image = "shown"\nprompt = "Left {{ image }}, right {{ image }}. Which is red?"'
    (prompt,) = prompts(folder, [{"shown": ["1.png", "0.png"]}], settings)
    assert prompt.text == f"Left {MEDIA_MARK}, right {MEDIA_MARK}. Which is red?"
    assert names(prompt) == ["1.png", "0.png"]
    assert all(media.sha256 for media in prompt.media)


def test_without_a_place_they_come_first(folder):
    cases = [{"shown": "0.png", "input": "Which colour?"}, {"input": "And no picture?"}]
    first, second = prompts(folder, cases, 'image = "shown"')
    assert (first.text, names(first)) == (f"{MEDIA_MARK}\nWhich colour?", ["0.png"])
    assert (second.text, names(second)) == ("And no picture?", [])


def test_a_case_without_a_picture_leaves_its_place_empty(folder):
    settings = 'image = "image"\nprompt = "{{ image }}Which colour?"'
    cases = [{"image": "0.png"}, {"image": None}]
    assert [p.text for p in prompts(folder, cases, settings)] == [
        f"{MEDIA_MARK}Which colour?",
        "Which colour?",
    ]


def test_a_missing_or_damaged_picture_is_told_apart_by_its_empty_hash(folder):
    (folder / "torn.png").write_bytes((folder / "0.png").read_bytes()[:30])
    cases = [{"shown": name, "input": "?"} for name in ("0.png", "none.png", "torn.png")]
    found = prompts(folder, cases, 'image = "shown"')
    assert [bool(prompt.media[0].sha256) for prompt in found] == [True, False, False]
    assert [names(prompt) for prompt in found] == [["0.png"], ["none.png"], ["torn.png"]]


def test_what_is_wrong_with_the_settings_is_said(folder):
    with pytest.raises(TaskError, match="no case has the field 'show'") as told:
        prompts(folder, [{"shown": "0.png", "input": "?"}], 'image = "show"')
    assert "shown" in str(told.value.hint)
    with pytest.raises(TaskError, match="7 is no name of a picture"):
        prompts(folder, [{"shown": 7, "input": "?"}], 'image = "shown"')
    with pytest.raises(TaskError, match="1 places for 2 pictures"):
        prompts(
            folder,
            [{"shown": ["0.png", "1.png"]}],
            'image = "shown"\nprompt = "{{ image }} Which?"',
        )
