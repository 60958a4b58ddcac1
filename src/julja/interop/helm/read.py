"""A run folder of HELM -> `Log`.

    run_spec.json              what was run: scenario, adapter, metrics, groups
    scenario_state.json        every request with its answers
    stats.json, per_instance_stats.json

Each may be packed (.gz), or all of them stand in a zip. Format: crfm-helm 0.5. A folder has one
task, or one for each split and perturbation that it measured.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from julja.errors import DataError
from julja.interop.helm.states import key_of, read_states, split_of
from julja.interop.helm.stats import Part, Stats, metrics_of, read_stats
from julja.interop.log import NO_ITEMS, Item, Items, Log, LogTask
from julja.interop.stream import AGAIN, read_document, read_whole
from julja.signature import digest
from julja.types import Decoding, Json, Sample, Score

NAMES = ("run_spec", "scenario_state", "stats", "per_instance_stats", "scenario")
_MODEL = re.compile(r"(?:^|,)model(?:_deployment)?=[^,]*")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one run by their names without suffix."""

    place: Path
    files: Mapping[str, Path]


def find_runs(files: Sequence[Path]) -> list[RunFolder]:
    """The run folders that these files are part of."""
    found: dict[Path, dict[str, Path]] = defaultdict(dict)
    for file in files:
        folder = Path(str(file).rpartition("!")[0]) if "/" not in _inside(file) else file.parent
        siblings = [*folder.iterdir()] if folder.is_dir() else []
        for path in [file, *siblings]:
            name = path.name.rpartition("!")[2].removesuffix(".gz").removesuffix(".json")
            if name in NAMES:
                found[folder].setdefault(name, path)
    return [RunFolder(folder, members) for folder, members in found.items()]


def _inside(file: Path) -> str:
    """The member of a zip that a place names; a path of its own counts as in a folder."""
    archive, bang, member = str(file).partition(".zip!")
    return member if bang else f"{archive}/"


def read_run(run: RunFolder) -> Log:
    """Read one run folder."""
    files = run.files
    spec = read_whole(files["run_spec"]) if "run_spec" in files else {}
    states = files.get("scenario_state")
    if not spec and states is not None:
        spec = {"adapter_spec": dict(read_document(states, arrays=("request_states",)))}
        spec = {"adapter_spec": spec["adapter_spec"].get("adapter_spec") or {}}
    if not isinstance(spec, dict) or not ({"run_spec", "stats", "scenario_state"} & set(files)):
        raise DataError(
            f"{run.place} is no run folder of HELM: it has {', '.join(files) or 'no files'}.",
            hint="A run folder has run_spec.json and stats.json, and scenario_state.json.",
        )
    adapter = spec.get("adapter_spec") or {}
    stats = read_stats(files.get("stats"), files.get("per_instance_stats"))
    shown = _scan(states, run.place) if states is not None else _Shown({}, {})
    left_out: Counter[str] = Counter()
    tasks = [
        _task(part, spec, stats, shown, states, left_out, len(_parts(stats, shown)) > 1)
        for part in _parts(stats, shown)
    ]
    if not tasks:
        raise DataError(f"{run.place}: the run folder holds no statistics and no answers.")
    return Log(
        tool="HELM",
        model=adapter.get("model") or shown.model,
        tasks=tuple(tasks),
        groups=(),
        files=tuple(files[name] for name in NAMES if name in files),
        about=_about(spec, stats),
        seconds=0.0,
        warnings=(),
        left_out=left_out,
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the first pass over the requests finds: instances by part, and a hash of each."""

    parts: Mapping[Part, Mapping[str, str]]
    records: Mapping[Part, int]
    model: str | None = None


def _scan(path: Path, place: Path) -> _Shown:
    parts: dict[Part, dict[str, str]] = defaultdict(dict)
    seen: dict[Part, set[tuple[str, int]]] = defaultdict(set)
    model = None
    for key, state in read_document(path, arrays=("request_states",)):
        if key != "request_states":
            continue
        try:
            instance = key_of(state)
            part = Part(split_of(state), instance.perturbation)
            asked = state["instance"]
            parts[part][instance.id] = digest([asked["input"], asked.get("references")])
            seen[part].add((instance.id, instance.trial))
            model = model or (state.get("request") or {}).get("model")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{path}: a request can't be read ({type(error).__name__}: {error}).", hint=AGAIN
            ) from error
    return _Shown(parts, {part: len(found) for part, found in seen.items()}, model)


def _parts(stats: Stats, shown: _Shown) -> list[Part]:
    """Splits and perturbations, those of the test split first as HELM shows them."""
    stated = [p for p, values in stats.stated.items() if set(values) - {"num_instances"}]
    found = [part for part in dict.fromkeys([*shown.parts, *stated]) if part.split or shown.parts]
    return sorted(found, key=lambda part: (bool(part.perturbation), part.split != "test"))


def _task(
    part: Part,
    spec: Mapping[str, Any],
    stats: Stats,
    shown: _Shown,
    states: Path | None,
    left_out: Counter[str],
    several: bool,
) -> LogTask:
    adapter = spec.get("adapter_spec") or {}
    hashes = shown.parts.get(part, {})
    alone = [key for key, split in stats.parts.items() if (split, key[1]) == part]
    count = shown.records.get(part, 0) or len(alone)
    instances = stats.stated.get(part, {}).get("num_instances")
    total = int(instances or 0) or len(hashes) or len({key.id for key in alone})
    if states is not None and hashes:
        reader = partial(read_states, states, part, stats, _decoding(adapter), left_out)
    else:
        reader = partial(_numbers, part, stats)
    name = _name(str(spec.get("name") or "helm"))
    mark = f"+{part.perturbation}" if part.perturbation else ""
    named = [
        metric
        for group in spec.get("metric_specs") or ()
        for metric in (group.get("args") or {}).get("names") or ()
    ]
    separate = "separate" in str(adapter.get("method")) or "language_modeling" in str(
        adapter.get("method")
    )
    return LogTask(
        name=f"{name}/{part.split}{mark}" if several else name,
        version=None,
        form="rank" if separate else "generate",
        shots=adapter.get("max_train_instances"),
        total=total,
        metrics=metrics_of(part, stats, _groups(spec), named, total),
        items=Items(reader, count) if count else NO_ITEMS,
        identity=sorted(hashes.items()) or sorted({key.id for key in alone}),
        epochs=max((key.trial for key in stats.parts if key.perturbation == part[1]), default=0)
        + 1,
        about={"split": part.split, "method": adapter.get("method"), "groups": _groups(spec)},
    )


def _numbers(part: Part, stats: Stats) -> Iterator[Item]:
    """Records of a folder without its requests: numbers alone."""
    keys = sorted(key for key, split in stats.parts.items() if (split, key.perturbation) == part)
    for key, _ in groupby(keys):
        yield Item(Sample(key.id, ""), None, None, Score(stats.instances[key]), epoch=key.trial)


def _name(text: str) -> str:
    """The run's name without its model: `mmlu:subject=philosophy,method=…`."""
    head, colon, given = text.partition(":")
    kept = _MODEL.sub("", given).strip(",")
    return f"{head}:{kept}" if colon and kept else head


def _groups(spec: Mapping[str, Any]) -> list[str]:
    name = str(spec.get("name") or "").partition(":")[0]
    return list(dict.fromkeys([*map(str, spec.get("groups") or ()), name]))


def _decoding(adapter: Mapping[str, Any]) -> Decoding:
    temperature = adapter.get("temperature")
    return Decoding(
        max_tokens=int(adapter.get("max_tokens") or Decoding().max_tokens),
        temperature=None if temperature is None else float(temperature),
        stop=tuple(map(str, adapter.get("stop_sequences") or ())),
    )


def _about(spec: Mapping[str, Any], stats: Stats) -> dict[str, Json]:
    kept = {
        "run_spec": spec.get("name"),
        "adapter_spec": spec.get("adapter_spec"),
        "scenario_spec": spec.get("scenario_spec"),
        "groups": spec.get("groups"),
        "statistics": stats.others,
    }
    return {key: value for key, value in kept.items() if value not in (None, "", [], {})}
