"""A model's class names against a benchmark's."""

import json
from pathlib import Path

import pytest

from julja.errors import ConfigError, ProviderError
from julja.imagenet import WNIDS
from julja.models.labels import places_of
from julja.models.vision.labels import imagenet_labels, listed, parse_names, read_labels

FISH = (("n01440764", "tench, Tinca tinca"), ("n01443537", "goldfish, Carassius auratus"))


@pytest.mark.parametrize(
    "choices",
    [
        ("n01443537", "n01440764"),
        ("goldfish", "tench"),
        ("Goldfish, Carassius auratus", "Tinca_tinca"),
        ("goldfish, gold fish", "tench"),
    ],
)
def test_classes_are_found_by_any_of_their_names(choices: tuple[str, ...]) -> None:
    assert places_of("m", FISH, choices) == (1, 0)


def test_a_benchmark_may_ask_for_some_of_the_classes() -> None:
    assert places_of("m", FISH, ("goldfish",)) == (1,)


def test_a_name_of_two_classes_is_neithers() -> None:
    labels = (("n1", "crane"), ("n2", "crane, bird"), ("n3", "maillot, tights"), ("n4", "maillot"))
    assert places_of("m", labels, ("n1", "n2")) == (0, 1)
    assert places_of("m", labels, ("maillot",)) == (3,)  # whole before a synonym
    twice = (("n1", "crane"), ("n2", "crane"))
    with pytest.raises(ProviderError, match="no output for 1 of the 1 classes"):
        places_of("m", twice, ("crane",))


def test_models_without_names_are_read_by_place() -> None:
    assert places_of("m", ((),) * 3, ("a", "b", "c")) == (0, 1, 2)
    assert places_of("m", (("LABEL_0",), ("LABEL_1",)), ("a", "b")) == (0, 1)
    shifted = places_of("m", ((),) * 1001, tuple(map(str, range(1000))))
    assert (shifted[0], shifted[-1]) == (1, 1000)
    with pytest.raises(ProviderError, match="3 outputs without names; asked for were 2"):
        places_of("m", ((),) * 3, ("a", "b"))


def test_models_of_imagenet_are_asked_by_wnid() -> None:
    bare, shifted = ((),) * 1000, ((),) * 1001
    named = (("tench",), ("goldfish, Carassius auratus",), *((f"c{n}",) for n in range(998)))
    wanted = ("n15075141", "n01440764")  # toilet tissue, tench
    assert places_of("m", bare, wanted) == (999, 0)
    assert places_of("m", shifted, wanted) == (1000, 1)
    assert places_of("m", named, wanted) == (999, 0)
    assert places_of("m", bare, WNIDS) == tuple(range(1000))
    other = (("goldfish",), ("tench",), *named[2:])  # another order
    with pytest.raises(ProviderError, match="no output for 2 of the 2"):
        places_of("m", other, wanted)
    with pytest.raises(ProviderError, match="999 outputs without names"):
        places_of("m", bare[1:], wanted)
    assert imagenet_labels()[0] == ("n01440764",)


def test_other_classes_are_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ProviderError, match=r"'shark'.*begin with 'n01440764'.*-M labels=FILE"):
        places_of("m", FISH, ("tench", "shark"))


def test_files_of_labels(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_text("cat\n\ndog\n\n", encoding="utf-8")
    assert read_labels(str(file)) == (("cat",), (), ("dog",))
    file.write_text(json.dumps({"0": "cat", "2": ["n2", "dog"]}))
    assert read_labels(str(file)) == (("cat",), (), ("n2", "dog"))
    file.write_text(json.dumps(["cat", "개"], ensure_ascii=False), encoding="utf-8")
    assert read_labels(str(file)) == (("cat",), ("개",))
    assert read_labels("cat, dog") == (("cat",), ("dog",))
    assert listed({"id2label": {"0": "cat"}}, "f") == (("cat",),)


def test_files_of_labels_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        read_labels("nowhere.txt")
    file = tmp_path / "labels.txt"
    for content, message in (("\n", "is empty"), ("[", "no JSON"), ('{"a": "b"}', "place: label")):
        file.write_text(content)
        with pytest.raises(ConfigError, match=message):
            read_labels(str(file))
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="can't be read"):
        read_labels(str(file))


def test_names_in_metadata() -> None:
    assert parse_names("{0: 'cat', 1: \"dog's\"}") == (("cat",), ("dog's",))
    assert parse_names('["cat"]') == (("cat",),)
    assert parse_names("cat\ndog") == (("cat",), ("dog",))
