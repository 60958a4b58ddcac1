"""julja measures AI models: any model, any benchmark, numbers that can be checked.

    import julja

    result = julja.evaluate("starter", model="llamacpp/smollm2", limit=20)
    print(result)

Nothing heavy is imported here: every public name is loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from julja.run.api import compare, evaluate
    from julja.scoring.base import scorer
    from julja.tasks.task import Task, task
    from julja.types import Response, Sample, Score

__all__ = ["Response", "Sample", "Score", "Task", "compare", "evaluate", "scorer", "task"]

_HOMES = {
    "Response": "julja.types",
    "Sample": "julja.types",
    "Score": "julja.types",
    "Task": "julja.tasks.task",
    "task": "julja.tasks.task",
    "scorer": "julja.scoring.base",
    "compare": "julja.run.api",
    "evaluate": "julja.run.api",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'julja' has no attribute {name!r}")
