"""A run as Hugging Face's `.eval_results/*.yaml`: what a model's repository says of its scores.

Format: huggingface_hub.EvalResultEntry (docs/hub/eval-results). The hub ties a score to a data
set's repository; a task whose rows are on none is left out by name. Values are percentages, as the
hub's leaderboards have them.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from julja.errors import StoreError
from julja.interop.outgoing import Outgoing, metric_range
from julja.types import Json, Source
from julja.writing import write_text

FOLDER = ".eval_results"
# Stands in a benchmark's source for the subset's name.
_SUBSET = "{subset}"


def write_eval_results(
    run: Outgoing, folder: Path, warn: Callable[[str], None] = lambda text: None
) -> list[Path]:
    """Write one file for each data set below `folder/.eval_results`; the paths written."""
    import yaml

    files: dict[str, list[dict[str, Json]]] = {}
    for part in run.result["results"]:
        source = run.sources.get(part["task"]) or _imported_source(run, part["task"])
        entry = _entry(run, part, source) if source is not None else None
        if entry is None:
            warn(f"{part['task']}: its score can't stand on the hub (no data set there, no share)")
        else:
            files.setdefault(str(entry["dataset"]["id"]), []).append(entry)
    if not files:
        raise StoreError(
            f"run {run.run} has no task whose data set is on the hub.",
            hint="`julja export RUN --to eee` writes results of any task.",
        )
    written = []
    for dataset, entries in files.items():
        path = folder / FOLDER / f"{dataset.replace('/', '__')}.yaml"
        text = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True)
        written.append(write_text(path, text))
    return written


def _imported_source(run: Outgoing, task: str) -> Source | None:
    """The data set that an imported log names, where it looks like a repository of the hub."""
    about: Mapping[str, Any] = ((run.imported or {}).get("about_tasks") or {}).get(task) or {}
    name = str(about.get("dataset") or "")
    if name.count("/") != 1 or name.startswith(("/", ".")) or ":" in name:
        return None
    return Source(str(about.get("split") or "test"), hub=name, config=about.get("dataset_config"))


def _entry(run: Outgoing, part: Mapping[str, Any], source: Source) -> dict[str, Any] | None:
    name, found = next(iter(part["metrics"].items()), (None, None))
    if source.hub is None or name is None or found is None or found["value"] is None:
        return None
    _, _, subset = part["task"].partition("/")
    hub = source.hub.replace(_SUBSET, subset)
    config = (source.config or "default").replace(_SUBSET, subset)
    if hub.endswith("/"):
        return None
    low, high = metric_range(run.metric(part["task"], name, found["value"]))
    if (low, high) != (0, 1):
        return None
    dataset: dict[str, Json] = {"id": hub, "task_id": config or "default"}
    if source.revision:
        dataset["revision"] = source.revision
    return {
        "dataset": dataset,
        "value": round(found["value"] * 100, 10),
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.created)),
        "notes": _notes(run, part, name, found),
    }


def _notes(run: Outgoing, part: Mapping[str, Any], name: str, found: Mapping[str, Any]) -> str:
    said = [f"{part['task']}: {name}, percent"]
    if found["ci"]:
        low, high = (f"{end * 100:.2f}" for end in found["ci"])
        said.append(f"95 % interval {low} to {high}")
    said.append(f"n = {found['n']}")
    said.append(f"{part['form']}" + ("" if part["shots"] is None else f", {part['shots']} shots"))
    said.append(f"measured by {' '.join(run.tool)}")
    said.append(str(part.get("signature") or run.result["signature"]))
    return "; ".join(said)
