"""julja's own exports as `Log`: what a hand-edited or cut file makes of them."""

from pathlib import Path

import pytest

from julja.errors import DataError
from julja.interop.own import find_exports, read_export

HEAD = "task,sample,epoch,state,extracted,target,response,acc,input_tokens,output_tokens,cost_usd\n"


def read(tmp_path: Path, text: str, name: str = "r.csv") -> object:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    (export,) = find_exports([path])
    log = read_export(export)
    return [(task.name, list(task.items)) for task in log.tasks]


def test_a_csv_of_two_tasks(tmp_path: Path) -> None:
    text = HEAD + 'a,s1,0,scored,4,4,"it, is\n4",1.0,5,,\nb,s1,0,unparsed,,x,,0.0,,,\n'
    (one, (first,)), (two, (second,)) = read(tmp_path, text)  # type: ignore[misc]
    assert (one, first.response.text, first.score.values) == ("a", "it, is\n4", {"acc": 1.0})
    assert first.response.usage.input_tokens == 5
    assert (two, second.score.state, second.score.extracted) == ("b", "unparsed", None)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,s1,0,scored,4,4,x\n", "line 2: it has more or fewer cells"),
        ("a,s1,0,scored,4,4,x,high,,,\n", "line 2: could not convert"),
        ("a,s1,0,perfect,4,4,x,1,,,\n", "line 2: 'perfect' is no state"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, HEAD + line)


def test_a_result_file_without_results(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it has no list of results"):
        read(tmp_path, '{"run": "r"}', "r.json")
