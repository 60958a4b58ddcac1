"""Scorers that compare with a target, and how a benchmark file names them."""

from pathlib import Path

import pytest

from julja.errors import ConfigError, ScoringError
from julja.scoring.base import scorer
from julja.scoring.match import choice_letter, exact, f1, includes, number, regex
from julja.scoring.registry import SCORERS, make_scorer
from julja.types import Response, Sample, Score, Scorer


def score(with_scorer: Scorer, response: str, *target: str) -> Score:
    return with_scorer(Sample("s1", "?", target), Response(text=response))


def test_exact_ignores_only_what_it_is_told_to() -> None:
    assert score(exact(), " Seoul\n", "Seoul").values == {"exact_match": 1.0}
    assert score(exact(), "seoul", "Seoul").values == {"exact_match": 0.0}
    assert score(exact(ignore_case=True), "seoul", "Seoul").values == {"exact_match": 1.0}
    assert score(exact(ignore_punctuation=True), "a-b.", "a b").values == {"exact_match": 1.0}
    assert score(exact(strip=False), "a ", "a").values == {"exact_match": 0.0}


def test_any_target_is_enough_and_the_place_is_told() -> None:
    result = score(exact(), " two", "one", "two")
    assert (result.values, result.extracted, result.span) == ({"exact_match": 1.0}, "two", (1, 4))


def test_an_empty_response_is_unparsed_not_wrong_in_silence() -> None:
    for made in (exact(), includes(), f1()):
        result = score(made, "  ", "x")
        assert result.state == "unparsed"
        assert set(result.values.values()) == {0.0}
    assert score(exact(), "", "").values == {"exact_match": 1.0}


def test_includes_finds_whole_words() -> None:
    assert score(includes(), "within 30 days", "30").span == (7, 9)
    assert score(includes(), "within 130 days", "30").values == {"acc": 0.0}
    assert score(includes(), "it is 3.5", "3").values == {"acc": 0.0}
    assert score(includes(), "I know", "no").values == {"acc": 0.0}
    assert score(includes(whole_words=False), "I know", "no").values == {"acc": 1.0}
    assert score(includes(ignore_case=False), "No.", "no").values == {"acc": 0.0}
    assert score(includes(), "ends with\nthe sea.", "the sea").values == {"acc": 1.0}


def test_includes_knows_scripts_without_spaces() -> None:
    assert score(includes(), "수도는 서울입니다", "서울").values == {"acc": 1.0}
    assert score(includes(), "30일 이내", "30").values == {"acc": 1.0}


def test_includes_any_or_all() -> None:
    assert score(includes(), "tea and milk", "milk", "sugar").values == {"acc": 1.0}
    assert score(includes(match="all"), "tea and milk", "milk", "sugar").values == {"acc": 0.0}
    assert score(includes(match="all"), "tea and milk", "milk", "tea").values == {"acc": 1.0}


def test_regex_compares_what_it_captures() -> None:
    assert score(regex(r"id=(\d+)"), "id=3 id=5", "5").extracted == "5"
    assert score(regex(r"id=(\d+)", which="first"), "id=3 id=5", "5").values == {"acc": 0.0}
    assert score(regex(r"id=(\d+)"), "none", "5").state == "unparsed"


def test_regex_without_a_target_asks_only_whether_it_is_there() -> None:
    assert score(regex(r"\bplease\b"), "please wait").values == {"acc": 1.0}
    result = score(regex(r"\bplease\b"), "wait")
    assert (result.state, result.values) == ("scored", {"acc": 0.0})


def test_number_compares_by_value() -> None:
    assert score(number(), "It costs $1,000.00 in total.", "1000").values == {"acc": 1.0}
    assert score(number(), "3/4", "0.75").values == {"acc": 1.0}
    assert score(number(), "none", "5").state == "unparsed"
    assert score(number(after="total:"), "total: 5 of 7", "5").values == {"acc": 1.0}
    assert score(number(), "-0.30000000000000004", "-0.3").values == {"acc": 0.0}


def test_number_tolerances_are_exact_at_the_edge() -> None:
    assert score(number(tolerance=0.1), "5.1", "5").values == {"acc": 1.0}
    assert score(number(tolerance=0.1), "5.1001", "5").values == {"acc": 0.0}
    assert score(number(relative_tolerance=0.01), "202", "200").values == {"acc": 1.0}
    assert score(number(relative_tolerance=0.01), "202.1", "200").values == {"acc": 0.0}


def test_number_and_percent() -> None:
    assert score(number(), "12%", "12").values == {"acc": 1.0}
    assert score(number(), "12%", "0.12").values == {"acc": 0.0}
    assert score(number(percent_as_fraction=True), "12%", "0.12").values == {"acc": 1.0}


def test_choice_letter_reads_letters_and_words() -> None:
    sample = Sample("s1", "?", choices=("red", "green"), answer=(1,))
    assert choice_letter()(sample, Response(text="Answer: B")).values == {"acc": 1.0}
    assert choice_letter()(sample, Response(text="green")).extracted == "B"
    assert choice_letter()(sample, Response(text="Answer: A")).values == {"acc": 0.0}
    result = choice_letter()(sample, Response(text="A or B"))
    assert (result.state, result.values) == ("unparsed", {"acc": 0.0})


def test_f1_takes_the_nearest_target() -> None:
    result = score(f1(), "the North Sea", "Baltic", "north sea coast")
    assert result.values == {"f1": pytest.approx(0.8), "exact_match": 0.0}


@pytest.mark.parametrize("name", ["exact", "includes", "number", "choice", "f1"])
def test_a_sample_without_a_target_is_an_error_not_a_wrong_answer(name: str) -> None:
    with pytest.raises(ScoringError, match="'s1' has no"):
        score(make_scorer(name, {}), "5")


def test_a_target_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ScoringError, match="'five' of sample 's1' is not one number"):
        score(number(), "5", "five")


@pytest.mark.parametrize(
    ("name", "args", "says"),
    [
        ("exakt", {}, "Did you mean exact?"),
        ("includes", {"ignorecase": True}, "Did you mean ignore_case?"),
        ("includes", {"ignore_case": "false"}, "ignore_case must be true or false"),
        ("number", {"tolerance": "0.1"}, "tolerance must be a number"),
        ("number", {"tolerance": -1}, "can't be negative"),
        ("includes", {"match": "some"}, 'neither "any" nor "all"'),
        ("regex", {}, "needs the argument 'pattern'"),
        ("regex", {"pattern": "("}, "is not valid"),
        ("regex", {"pattern": "a", "group": 1}, "has no group 1"),
        ("python", {"function": "nowhere.py:f"}, "there is no file nowhere.py"),
    ],
)
def test_wrong_settings_are_named(name: str, args: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError) as error:
        make_scorer(name, args)
    assert says in str(error.value)


def test_every_scorer_is_named_with_its_arguments() -> None:
    assert list(SCORERS) == [
        "exact", "includes", "regex", "number", "choice",
        "f1", "json_schema", "maths", "code",
        "judge", "judge_checklist", "judge_pairwise", "python",
    ]  # fmt: skip
    made = make_scorer("number", {"tolerance": 0.01})
    assert made.name == "number"
    assert made.args["tolerance"] == 0.01


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(
        "import julja\n"
        "def polite(text, target):\n    return 'please' in text\n"
        "def near(text, target):\n    return 1 - abs(float(text) - float(target)) / 10\n"
        "def silent(sample, response):\n    return None\n"
        "def full(sample, response):\n"
        "    return julja.Score({'acc': 1.0}, explanation=sample.id + response.text)\n"
        "def broken(text, target):\n    return 1 / 0\n"
        "def wordy(text, target):\n    return 'yes'\n"
        "def longer(text, target, least=3):\n    return len(text) >= least\n"
        "@julja.scorer(metrics='length')\n"
        "def length(scale=1):\n"
        "    return lambda sample, response: len(response.text) * scale\n",
        encoding="utf-8",
    )
    return path


def own(path: Path, name: str, **args: object) -> Scorer:
    return make_scorer("python", {"function": f"{path}:{name}", **args})


def test_a_function_of_ones_own(functions: Path) -> None:
    assert score(own(functions, "polite"), "please", "x").values == {"acc": 1.0}
    assert score(own(functions, "near"), "5", "1", "4").values == {"acc": 0.9}
    assert score(own(functions, "silent"), "x", "x").state == "unparsed"
    assert score(own(functions, "full"), "x").explanation == "s1x"
    assert score(own(functions, "longer", args={"least": 9}), "short").values == {"acc": 0.0}
    assert score(own(functions, "length", args={"scale": 2}), "abc").values == {"length": 6.0}


def test_a_function_that_fails_makes_an_error(functions: Path) -> None:
    with pytest.raises(ScoringError, match=r"own\.py:broken fails on sample 's1': ZeroDivision"):
        score(own(functions, "broken"), "x", "x")
    with pytest.raises(ScoringError, match="returned 'yes'"):
        score(own(functions, "wordy"), "x", "x")
    with pytest.raises(ConfigError, match="Did you mean polite"):
        own(functions, "polit")


def test_the_signature_follows_the_function_not_its_folder(functions: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "own.py"
    copy.parent.mkdir()
    copy.write_bytes(functions.read_bytes())
    assert own(copy, "polite").args == own(functions, "polite").args
    copy.write_text(copy.read_text() + "# changed\n")
    assert own(copy, "polite").args != own(functions, "polite").args


def test_a_factory_keeps_its_signature() -> None:
    @scorer(metrics="acc")
    def starts(prefix: str, *, strict: bool = True):  # type: ignore[no-untyped-def]
        return lambda sample, response: response.text.startswith(prefix)

    assert score(starts("y"), "yes").values == {"acc": 1.0}
    assert starts("y").args == {"prefix": "y", "strict": True}
