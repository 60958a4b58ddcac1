"""RULER's templates are those of lm-eval's copy of the reference, read from its source."""

import ast

import pytest
from tests.parity.lm_eval_data import PYTHON, task_file

from julja.benchmarks.long_context import ruler_tasks

pytestmark = [
    pytest.mark.parity,
    pytest.mark.skipif(not PYTHON.exists(), reason="no .venv-peers (make parity builds it)"),
]
HOLDS = ("ruler",)


def constants(file: str) -> dict[str, object]:
    """The literal assignments of one of lm-eval's modules."""
    tree = ast.parse(task_file(f"ruler/{file}").read_text(encoding="utf-8"))
    found: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


@pytest.mark.parametrize(
    ("file", "ours", "names"),
    [
        ("vt_utils.py", ruler_tasks._VT, {"num_v": "count"}),
        ("cwe_utils.py", ruler_tasks._CWE, {}),
        ("fwe_utils.py", ruler_tasks._FWE, {}),
        ("qa_utils.py", ruler_tasks._QA, {}),
    ],
)
def test_templates(file: str, ours: str, names: dict[str, str]) -> None:
    config = constants(file)["CONFIG"]
    assert isinstance(config, dict)
    part = config.get("variable_tracking", config)
    theirs = part["template"] + (" " if file == "qa_utils.py" else "") + part["answer_prefix"]
    for old, new in names.items():
        theirs = theirs.replace(f"{{{old}}}", f"{{{new}}}")
    assert ours == theirs


def test_needles() -> None:
    theirs = str(constants("niah_utils.py")["TEMPLATE"]).replace("{type_needle_v}", "{kind}")
    assert ruler_tasks._NIAH.startswith(theirs)
    rest = ruler_tasks._NIAH.removeprefix(theirs)
    assert rest == " The special magic {kind} for {query} mentioned in the provided text are"
    needle = str(constants("prepare_niah.py")["NEEDLE"]).replace("{type_needle_v}", "{kind}")
    assert needle == ruler_tasks._NEEDLE
