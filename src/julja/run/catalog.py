"""Names -> tasks: the prebuilt index of the catalogue, suites, and files of the user's own.

The index (`benchmarks/index.json`) lets `julja list tasks` answer without importing a benchmark;
`python -m julja.run.catalog` writes it anew.
"""

import importlib
import importlib.util
import inspect
import json
import pkgutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType

from julja.errors import ConfigError, JuljaError, TaskError, did_you_mean
from julja.run.corrupt import corrupted_task, split_off
from julja.tasks.spec import TaskSpec, parse_spec
from julja.tasks.suite import Suite
from julja.tasks.task import Task
from julja.types import Json

INDEX = Path(__file__).parent.parent / "benchmarks" / "index.json"
ALIASES = {
    "humaneval+": "humaneval_plus",
    "mbpp+": "mbpp_plus",
    "squad1": "squad",
    "squad_v1": "squad",
    "squad/1.1": "squad",
    "squad/v1.1": "squad",
    "squad2": "squad_v2",
    "squad/2.0": "squad_v2",
    "squad/v2.0": "squad_v2",
    "math_500": "math500",
    "commonsense_qa": "commonsenseqa",
    "csqa": "commonsenseqa",
    "social_iqa": "siqa",
    "socialiqa": "siqa",
    "superglue/boolq": "boolq",
    "superglue/copa": "copa",
    "lambada_openai": "lambada",
    "leaderboard_gpqa": "gpqa",
    "leaderboard_ifeval": "ifeval",
    "leaderboard_math_hard": "math_hard",
    "leaderboard_mmlu_pro": "mmlu_pro",
    "leaderboard_musr": "musr",
    "klue/wos": "klue_dst",
    "klue/ynat": "klue_tc",
    "klue_wos": "klue_dst",
    "klue_ynat": "klue_tc",
    "needle_in_a_haystack": "needle",
    "niah": "needle",
    "sglue_rte": "rte",
    "superglue/cb": "cb",
    "superglue/rte": "rte",
    "superglue/wic": "wic",
    "superglue/wsc": "wsc",
}

# The suite of all tasks, and what it sets: the parts that small mirrors have, and texts that are
# made are made short.
ALL = "all"
SMOKE = {
    "sciq": "split=validation",
    "longbench": "mini=true,characters=4000",
    "musr": "part=viewer",
    "needle": "shortest=500,longest=1500,lengths=2,depths=3",
    "record": "split=train",
    "ruler": "lengths=1024,samples=1",
    "swebench": "part=lite",
}
# The groups of lm-eval files that were resolved.
_GROUPS: dict[str, Suite] = {}

# Options of a run that a task spec may set for one task; all others are the task's own.
RUN_OPTIONS = ("limit", "shots", "epochs", "seed", "temperature", "top_p", "max_tokens", "form")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the index."""

    name: str
    target: str
    title: str
    abilities: tuple[str, ...]
    languages: tuple[str, ...]
    forms: tuple[str, ...]
    licence: str
    version: int
    subsets: int
    file: str


@cache
def index() -> dict[str, Entry]:
    """The catalogue by name."""
    raw = json.loads(INDEX.read_text(encoding="utf-8"))
    return {item["name"]: Entry(**{k: _tuple(v) for k, v in item.items()}) for item in raw}


def _tuple(value: Json) -> Json:
    return tuple(value) if isinstance(value, list) else value


@cache
def suites() -> dict[str, Suite]:
    """The suites by name."""
    from julja.benchmarks.suites import all_suites

    every = Suite(
        name=ALL,
        tasks=tuple(f"{name}:{SMOKE[name]}" if name in SMOKE else name for name in index()),
        title="Every task of the catalogue",
        summary="A smoke test: julja run all -m MODEL --limit 5. It has no score, since the mean of"
        " all would mean nothing.",
        score=False,
    )
    return {suite.name: suite for suite in (*all_suites(), every)}


def suite_named(name: str) -> Suite:
    """A suite of the catalogue, or the group of an lm-eval file that this process resolved."""
    return _GROUPS[name] if name in _GROUPS else suites()[name]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A task with what its spec said about it."""

    spec: TaskSpec
    task: Task
    subset: str | None
    suite: str | None = None


def resolve(text: str, *, trust: bool = False) -> list[Resolved]:
    """The tasks that a user's word stands for: one, a suite's, or all those of a file.

    `trust` lets a task file of lm-eval run its own Python functions.
    """
    spec = parse_spec(text)
    if spec.path is not None:
        return _from_file(spec, spec.path, trust=trust)
    return _named(spec, as_suite=True)


def is_known(text: str) -> bool:
    """True when the catalogue has the task or suite that a spec names."""
    spec = parse_spec(text)
    return spec.name in {*index(), *suites(), *ALIASES}


def _named(spec: TaskSpec, *, as_suite: bool) -> list[Resolved]:
    """A task of the catalogue, or the members of a suite.

    A suite may bear the name of its one task (bbh, for its mean over 23 of them): its members are
    looked up as tasks alone.
    """
    whole = f"{spec.name}/{spec.subset}"
    if whole in ALIASES:
        spec = replace(spec, name=ALIASES[whole], subset=None)
    name = ALIASES.get(spec.name, spec.name)
    if as_suite and name in suites() and not (spec.subset and name in index()):
        return _from_suite(spec, suites()[name])
    if name not in index():
        known = [*index(), *suites(), *ALIASES]
        hint = did_you_mean(spec.name, known) or "`julja list tasks` shows all of them."
        raise TaskError(f"there is no task {spec.name!r}.", hint=hint)
    module, _, function = index()[name].target.partition(":")
    maker = getattr(importlib.import_module(module), function)
    own, recipes = split_off(spec)
    task = _make(maker, own)
    subset = _subset(task, spec.subset)
    made = corrupted_task(task, recipes) if recipes else task
    return [Resolved(replace(own, name=name), made, subset)]


def _from_suite(spec: TaskSpec, suite: Suite) -> list[Resolved]:
    options = "".join(f",{key}={value}" for key, value in spec.options.items())
    found: list[Resolved] = []
    for member in suite.tasks:
        name = parse_spec(member).name
        if spec.subset and spec.subset not in (name, name.removeprefix(f"{suite.name}_")):
            continue
        joined = member + ((":" if ":" not in member else ",") + options[1:] if options else "")
        members = _named(parse_spec(joined), as_suite=False)
        # One member alone is no suite: its number is not the suite's score.
        found += [replace(item, suite=None if spec.subset else suite.name) for item in members]
    if not found:
        raise TaskError(
            f"the suite {suite.name} has no task {spec.subset!r}.",
            hint=f"It has {', '.join(suite.tasks)}.",
        )
    return found


def _subset(task: Task, subset: str | None) -> str | None:
    if subset is None or not task.subsets or subset in task.subsets:
        return subset
    if task.unlisted is not None:
        task.unlisted(subset)
        return subset
    hint = did_you_mean(subset, task.subsets) or f"It has {', '.join(task.subsets)}."
    raise TaskError(f"{task.name} has no subset {subset!r}.", hint=hint)


def _make(maker: Callable[..., Task], spec: TaskSpec) -> Task:
    """Call a task's maker with the options that are its own."""
    options = {key: value for key, value in spec.options.items() if key not in RUN_OPTIONS}
    parameters = inspect.signature(maker).parameters
    for key in options:
        if key not in parameters:
            known = [*RUN_OPTIONS, "corrupt", *parameters]
            hint = did_you_mean(key, known) or f"It knows {', '.join(known)}."
            if key == "severity":
                hint = "Of a corruption: corrupt=fog,severity=3."
            raise ConfigError(f"{spec.name} has no option {key!r}.", hint=hint)
    task = maker(**options)
    if not isinstance(task, Task):
        raise TaskError(f"{spec.name}: {maker.__name__}() returned {type(task).__name__}, no Task.")
    return replace(task, params={**task.params, **options}) if options else task


def _from_file(spec: TaskSpec, path: Path, *, trust: bool = False) -> list[Resolved]:
    own, recipes = split_off(spec)
    found = _plainly_from_file(own, path, trust=trust)
    if not recipes:
        return found
    return [replace(item, task=corrupted_task(item.task, recipes)) for item in found]


def _plainly_from_file(spec: TaskSpec, path: Path, *, trust: bool) -> list[Resolved]:
    if not path.is_file():
        raise TaskError(f"there is no file {path}.", hint="Is the path right? `pwd` tells where.")
    if path.suffix in (".yaml", ".yml"):
        from julja.interop.lm_eval.taskfile import is_task_file

        if is_task_file(path):
            return _from_lm_eval(spec, path, trust=trust)
    if path.suffix != ".py":
        from julja.run.custom import load_case_file

        return [Resolved(spec, load_case_file(path, spec.options), spec.subset)]
    makers = dict(_makers(import_file(path)))
    if not makers:
        raise TaskError(f"{path} defines no task.", hint="Mark its function with @julja.task.")
    if spec.subset is not None:
        if spec.subset not in makers:
            hint = did_you_mean(spec.subset, makers) or f"It has {', '.join(makers)}."
            raise TaskError(f"{path} has no task {spec.subset!r}.", hint=hint)
        makers = {spec.subset: makers[spec.subset]}
    return [Resolved(spec, _make(maker, spec), None) for maker in makers.values()]


def _from_lm_eval(spec: TaskSpec, path: Path, *, trust: bool) -> list[Resolved]:
    from julja.interop.lm_eval.load import load_tasks

    for key in spec.options:
        if key not in RUN_OPTIONS:
            hint = did_you_mean(key, RUN_OPTIONS) or f"It knows {', '.join(RUN_OPTIONS)}."
            raise ConfigError(f"{path} has no option {key!r}.", hint=hint)
    loaded = load_tasks(path, only=spec.subset, trust=trust)
    if loaded.suite is not None:
        _GROUPS[loaded.suite.name] = loaded.suite
    name = loaded.suite.name if loaded.suite else None
    # The part after the file named one of its tasks; none of them has subsets.
    spec = replace(spec, subset=None)
    return [Resolved(spec, task, None, suite=name) for task in loaded.tasks]


def import_file(path: Path) -> ModuleType:
    """Import a Python file of the user's by its path; its folder can be imported from."""
    name = f"julja_file_{path.stem}_{abs(hash(path.resolve()))}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TaskError(f"{path} can't be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except JuljaError:
        raise
    except Exception as error:
        del sys.modules[name]
        raise TaskError(f"{path} fails on import: {type(error).__name__}: {error}.") from error
    finally:
        sys.path.remove(str(path.resolve().parent))
    return module


def _makers(module: ModuleType) -> Iterator[tuple[str, Callable[..., Task]]]:
    for name, value in vars(module).items():
        if getattr(value, "__julja_task__", False) and value.__module__ == module.__name__:
            yield name, value


def build_index() -> list[dict[str, Json]]:
    """Import every benchmark of the catalogue and describe it in one line each."""
    import julja.benchmarks as package

    entries: list[dict[str, Json]] = []
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if info.ispkg:
            continue
        module = importlib.import_module(info.name)
        entries += [_entry(module, name, maker()) for name, maker in _makers(module)]
    return sorted(entries, key=lambda entry: str(entry["name"]))


def _entry(module: ModuleType, function: str, task: Task) -> dict[str, Json]:
    card = task.card
    file = Path(str(module.__file__)).relative_to(INDEX.parent.parent.parent)
    return {
        "name": task.name,
        "target": f"{module.__name__}:{function}",
        "title": card.title,
        "abilities": list(card.abilities),
        "languages": list(card.languages),
        "forms": list(task.forms),
        "licence": card.licence,
        "version": task.version,
        "subsets": len(task.subsets),
        "file": str(file),
    }


if __name__ == "__main__":
    INDEX.write_text(json.dumps(build_index(), indent=1, ensure_ascii=False) + "\n", "utf-8")
