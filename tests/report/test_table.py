"""Tables on a terminal say what was lost, and in a pipe they are plain."""

from tests.report.test_html import result

from julja.report.table import (
    bounds,
    interval,
    print_run,
    run_text,
    states,
)


def test_a_run_as_plain_text():
    lines = run_text(result()).splitlines()
    assert lines[0] == "test/model   run 20260101-aaaa"
    assert lines[2].split("  ")[0] == "sums"
    for piece in ("0.5000", "[0.300, 0.700]", "1 unparsed, 1 error", "0.4000–0.6000"):
        assert piece in lines[2]
    assert lines[-1] == "sums.1|hash:00"


def test_a_parts_name_may_have_a_slash():
    task = {**result()["results"][0], "task": "own/vqa"}
    names = ("own/vqa/answer_type=yes/no", "own/vqa/number", "own/other")
    task["subsets"] = [{**task, "task": name, "subsets": []} for name in names]
    lines = run_text(result(results=[task])).splitlines()
    labels = [line.split("  ")[1].strip() for line in lines if line.startswith("  ")]
    assert labels == ["answer_type=yes/no", "number", "other"]


def test_an_incomplete_run_has_no_headline():
    text = run_text(result(complete=False))
    assert "INCOMPLETE" in text.splitlines()[3]
    assert "0.5000" not in text and "0.4000–0.6000" in text


def test_no_value_is_a_dash():
    part = {**result()["results"][0]}
    part["metrics"] = {"acc": {"value": None, "stderr": None, "ci": None, "n": 0, "bounds": None}}
    assert "–" in run_text(result(results=[part]))


def test_states_are_named_only_where_they_occur():
    assert states({"scored": 3, "unparsed": 0, "error": 2, "skipped": 1}) == "2 error, 1 skipped"


def test_a_pipe_gets_no_escapes(capsys):
    print_run(result())
    assert "\x1b" not in capsys.readouterr().out


def test_an_end_without_limit_is_shown_as_infinite():
    assert bounds({"bounds": [2.5, None]}) == "2.5000–∞"
    assert interval({"ci": [None, 1.0]}) == "[-∞, 1.000]"
