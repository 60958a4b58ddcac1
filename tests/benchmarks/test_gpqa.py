"""GPQA: options shuffled by the record's id, the leaderboard's prompt, and the encrypted archive.

No question of GPQA is here: the archive below holds two rows written for this test.
"""

import base64

import pytest

from julja.benchmarks.knowledge.gpqa import gpqa, to_sample
from julja.config import RunConfig
from julja.errors import DataError, MissingDataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import ChoiceLikelihood, Decoding, Response

ROW = {
    "Record ID": "own-1",
    "Question": "What is 2 + 2?",
    "Correct Answer": " 4\n",
    "Incorrect Answer 1": "3 [title] or  less",
    "Incorrect Answer 2": "[five] 5",
    "Incorrect Answer 3": None,
}
# dataset/gpqa_diamond.csv, encrypted with the password that the authors publish.
ARCHIVE = """
UEsDBBQAAQAAAAAAIQBVdWIQ/wAAAPMAAAAYAAAAZGF0YXNldC9ncHFhX2RpYW1vbmQuY3N2mB3v/xqRDQa/1++bFfJo
NM4dJ8SSkZFqgKjWUsDm8v0f9/xlOp3GxDyukTcXqfm+7PYNcoK22YGkKafw39h8Jk2OZFQ5DGARRsVdDZ9hNdcvbB8z
QxQGceT/k6U2MbcwZAP1sXgDxhqc4DPM3zjM6lOo1SAX45TkbZXK22qZGQXCyGScTS/B9PH9CGhLGGUZjgCYJNWbhojC
2s7DKmatQI8lotFUOK7uwAbwdLoTybxBfWWKlWjxiElYIFuJKZXOAmWylh/3j1virYsV5t2AqJgf0DTLU54bA3d+5saL
0WAcf3fai0qNMdFLGS/VpbCpVi6zos+T9xKTtFp0J0oDUEsBAhQAFAABAAAAAAAhAFV1YhD/AAAA8wAAABgAAAAAAAAA
AAAAAAAAAAAAAGRhdGFzZXQvZ3BxYV9kaWFtb25kLmNzdlBLBQYAAAAAAQABAEYAAAA1AQAAAAA=
"""


def test_options_are_cleaned_as_the_leaderboard_does():
    sample = to_sample(ROW)
    assert sorted(sample.choices) == [" ", " 5", "3. or less", "4"]
    assert sample.choices[sample.answer[0]] == "4"
    assert sample.id == "own-1"


def test_the_order_of_the_options_is_the_record_s_own():
    orders = {to_sample({**ROW, "Record ID": f"r{n}"}).choices for n in range(200)}
    assert len(orders) == 24  # every order occurs
    assert to_sample(ROW) == to_sample(dict(ROW))
    places = [to_sample({**ROW, "Record ID": f"r{n}"}).answer[0] for n in range(400)]
    assert all(70 < places.count(place) < 130 for place in range(4))


def test_the_prompt_of_the_leaderboard():
    sample = to_sample({**ROW, "Record ID": "r2"})
    request = make_request("rank", gpqa().forms["rank"], sample, (), Decoding())
    shown = "".join(
        f"({letter}) {text}\n" for letter, text in zip("ABCD", sample.choices, strict=True)
    )
    assert request.prompt.text == (
        f"What is the correct answer to this question:What is 2 + 2?\nChoices:\n{shown}Answer: "
    )
    assert request.choices == (" (A)", " (B)", " (C)", " (D)")


def test_letters_all_have_the_same_length_so_acc_norm_is_acc():
    form, sample = gpqa().forms["rank"], to_sample(ROW)
    likely = tuple(ChoiceLikelihood(f" ({c})", -float(n)) for n, c in enumerate("ABCD"))
    values = form.scorer(sample, Response(choices=likely)).values
    assert values["acc_norm"] == values["acc"] == float(sample.answer == (0,))
    assert form.scorer.metrics[0].name == "acc_norm"


def test_a_question_without_an_answer_is_named():
    with pytest.raises(DataError, match="row 0: the question own-1 has no right answer"):
        build_samples(gpqa(), [{**ROW, "Correct Answer": ""}], split="train", origin="x.csv")


def test_the_archive_is_read_in_place(tmp_path):
    folder = tmp_path / "gpqa"
    folder.mkdir()
    (folder / "dataset.zip").write_bytes(base64.b64decode(ARCHIVE))
    config = RunConfig(tasks=("gpqa/diamond",), model="m", data=str(tmp_path))
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    assert [sample.id for sample in leaf.samples] == ["own-1", "own-2"]
    assert sorted(leaf.samples[1].choices) == [" neon", "argon", "helium", "iron"]
    assert [path.name for path in folder.iterdir()] == ["dataset.zip"]


def test_without_the_data_it_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("JULJA_CACHE", str(tmp_path / "cache"))
    config = RunConfig(tasks=("gpqa",), model="m", data=str(tmp_path))
    with pytest.raises(MissingDataError, match="The rows of gpqa/main, split train, are nowhere"):
        make_plan(config, frozenset({"rank"}), {"name": "m"})
