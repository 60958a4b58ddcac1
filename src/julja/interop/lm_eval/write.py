"""A run as lm-evaluation-harness 0.4.13 writes its results: results_*.json, samples_*.jsonl.

Every leaf of a task is a task there, the task itself a group of them. Epochs are repeats: a
document's row has all answers, and the mean of its scores. Metrics that are made of all samples
together (F1, perplexity) stand in the results file alone.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from math import isfinite
from pathlib import Path
from statistics import fmean
from typing import IO, Any, TypeAlias

import orjson

from julja.interop.lm_eval.rows import OWN_ID
from julja.interop.lm_eval.samples import INVALID
from julja.interop.outgoing import Outgoing
from julja.types import Decoding, Json, Record, Sample
from julja.writing import writing

Pairs: TypeAlias = Iterator[tuple[Record, Sample | None]]

_UNSAFE = re.compile(r"[\"<>:/\|\\?\*\[\]]+")


def write_lm_eval(
    run: Outgoing, folder: Path, warn: Callable[[str], None] = lambda text: None
) -> list[Path]:
    """Write a results file, and a samples file for each leaf; the paths written.

    A record without an answer has no row there: `warn` is told how many those are.
    """
    source, _, name = run.model.partition("/")
    target = folder / _UNSAFE.sub("__", name or source)
    stamp = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime(run.finished))
    stamp += f".{int(run.finished % 1 * 1e6):06d}"
    written: list[Path] = []
    hashes: dict[str, str] = {}
    unanswered = 0

    def answered(pairs: Pairs) -> Pairs:
        nonlocal unanswered
        for pair in pairs:
            if pair[0].response is None:
                unanswered += 1
            else:
                yield pair

    with writing(target):
        target.mkdir(exist_ok=True)
        for leaf, records in groupby(run.records(), lambda pair: pair[0].task):
            path = target / f"samples_{_task(leaf)}_{stamp}.jsonl"
            with path.open("wb") as file:
                hashes[_task(leaf)] = _write_samples(run, leaf, answered(records), file)
            written.append(path)
        path = target / f"results_{stamp}.json"
        content = _results(run, hashes, source, name or source)
        path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    if unanswered:
        warn(f"{unanswered} records have no answer: lm-eval's files have no rows for them")
    return [path, *written]


def _task(name: str) -> str:
    """A name that can be part of a file's, as lm-eval's subtasks have them: mmlu_virology."""
    return name.replace("/", "_")


def _split(key: str) -> tuple[str, str]:
    """(metric, filter) of a metric's name."""
    name, comma, rule = key.partition(",")
    return name, rule if comma else "none"


def _results(run: Outgoing, hashes: Mapping[str, str], source: str, name: str) -> dict[str, Any]:
    leaves = [_leaves(part) for part in run.result["results"]]
    groups = [part for part, own in zip(run.result["results"], leaves, strict=True) if own]
    tasks = [
        (leaf, part)
        for part, own in zip(run.result["results"], leaves, strict=True)
        for leaf in own or [part]
    ]
    about = (run.imported or {}).get("about") or {}
    version = {"lm_eval_version": about["lm_eval_version"]} if "lm_eval_version" in about else {}
    return {
        "results": {_task(leaf["task"]): _metrics(leaf) for leaf, _ in tasks},
        **({"groups": {_task(p["task"]): _metrics(p) for p in groups}} if groups else {}),
        "group_subtasks": {_task(leaf["task"]): [] for leaf, _ in tasks}
        | {
            _task(part["task"]): [_task(leaf["task"]) for leaf in own]
            for part, own in zip(run.result["results"], leaves, strict=True)
            if own
        },
        "configs": {_task(leaf["task"]): _config(run, leaf, part) for leaf, part in tasks},
        "versions": {_task(leaf["task"]): part["version"] for leaf, part in tasks},
        "n-shot": {_task(leaf["task"]): part["shots"] for leaf, part in tasks},
        "higher_is_better": {_task(leaf["task"]): _better(run, leaf) for leaf, _ in tasks},
        "n-samples": {
            _task(leaf["task"]): {"original": _samples(leaf), "effective": _samples(leaf)}
            for leaf, _ in tasks
        },
        "config": {
            "model": source,
            "model_args": f"pretrained={name}",
            "limit": run.settings.get("limit"),
            "random_seed": run.settings.get("seed"),
            "gen_kwargs": None,
        },
        "date": run.created,
        **version,
        "task_hashes": dict(hashes),
        "model_source": source,
        "model_name": name,
        "model_name_sanitized": _UNSAFE.sub("__", name),
        "total_evaluation_time_seconds": str(run.result["seconds"]),
        "julja": {
            "version": run.version,
            "run": run.run,
            "command": run.command,
            "signature": run.result["signature"],
            "measured_by": " ".join(run.tool),
        },
    }


def _leaves(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A task's subsets that have records of their own."""
    return [subset for subset in part["subsets"] if "field" not in subset]


def _samples(part: Mapping[str, Any]) -> int:
    return max([int(found["n"]) for found in part["metrics"].values()], default=0)


def _metrics(part: Mapping[str, Any]) -> dict[str, Json]:
    found: dict[str, Json] = {"alias": part["task"], "name": _task(part["task"])}
    found["sample_len"] = _samples(part)
    for key, metric in part["metrics"].items():
        name, rule = _split(key)
        found[f"{name},{rule}"] = metric["value"]
        error = metric["stderr"]
        found[f"{name}_stderr,{rule}"] = "N/A" if error is None else error
    return found


def _better(run: Outgoing, part: Mapping[str, Any]) -> dict[str, bool]:
    return {
        _split(key)[0]: run.metric(part["task"], key, metric["value"]).higher_is_better
        for key, metric in part["metrics"].items()
    }


def _config(run: Outgoing, leaf: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    source = run.sources.get(part["task"])
    decoding = run.decoding.get(part["task"])
    form = {"rank": "multiple_choice", "letter": "multiple_choice"}.get(str(part["form"]))
    found: dict[str, Any] = {
        "task": _task(leaf["task"]),
        "output_type": form or "generate_until",
        "num_fewshot": part["shots"],
        "metric_list": [
            {"metric": name, "aggregation": "mean", "higher_is_better": better}
            for name, better in _better(run, leaf).items()
        ],
        "metadata": {"version": part["version"]},
    }
    if source is not None:
        found |= {"dataset_path": source.hub, "dataset_name": source.config}
        found["test_split"] = source.split
    if decoding is not None and form is None:
        found["generation_kwargs"] = _arguments(decoding)
    return found


def _arguments(decoding: Decoding) -> dict[str, Json]:
    return {
        "until": list(decoding.stop),
        "do_sample": bool(decoding.temperature),
        "temperature": decoding.temperature,
        "max_gen_toks": decoding.max_tokens,
    }


def _write_samples(
    run: Outgoing,
    leaf: str,
    records: Pairs,
    file: IO[bytes],
) -> str:
    """Write a leaf's rows; the hash that lm-eval gives a task's samples."""
    decoding = run.decoding.get(run.task_of(leaf), Decoding())
    whole = hashlib.sha256()
    for number, (_, group) in enumerate(groupby(records, lambda pair: pair[0].sample)):
        epochs = list(group)
        arguments = _asked(epochs[0][0], decoding)
        for row in _rows(run, leaf, epochs, number, arguments):
            hashes = (row["doc_hash"], row["prompt_hash"], row["target_hash"])
            whole.update("".join(hashes).encode())
            file.write(orjson.dumps(row) + b"\n")
    return whole.hexdigest()


def _rows(
    run: Outgoing,
    leaf: str,
    group: Sequence[tuple[Record, Sample | None]],
    number: int,
    arguments: Mapping[str, Mapping[str, Json]],
) -> Iterator[dict[str, Any]]:
    """A document's row under each filter that its metrics have."""
    epochs = [record for record, _ in group]
    first, sample = group[0]
    source = run.sources.get(run.task_of(leaf))
    split, _, row_number = first.sample.rpartition("-")
    is_row = row_number.isdigit() and source is not None and split == source.split
    doc = dict(first.fields) or {"input": sample.input if sample else "", "target": first.target}
    if sample is not None and sample.choices and "choices" not in doc:
        doc["choices"] = list(sample.choices)
    if not is_row:
        # The id can't be told from the split and the row alone.
        doc[OWN_ID] = first.sample
    target = _target(first, sample)
    prompt = str(next(iter(arguments.values()), {}).get("arg_0", ""))
    row = {
        "doc_id": int(row_number) if is_row else number,
        "doc": doc,
        "target": target,
        "arguments": arguments,
        "resps": _answers(epochs),
        "doc_hash": _hash(json.dumps(doc, indent=2, ensure_ascii=False, default=str)),
        "prompt_hash": _hash(prompt),
        "target_hash": _hash(target),
    }
    by_filter: dict[str, dict[str, Json]] = {}
    for key, value in _values(run, leaf, epochs, sample).items():
        name, rule = _split(key)
        by_filter.setdefault(rule, {})[name] = value
    for rule, values in (by_filter or {"none": {}}).items():
        filtered = _filtered(first, rule)
        yield {**row, "filtered_resps": filtered, "filter": rule, "metrics": [*values], **values}


def _values(
    run: Outgoing, leaf: str, epochs: Sequence[Record], sample: Sample | None
) -> dict[str, Json]:
    """The mean over epochs of each metric that a sample has a number of its own in.

    A metric that weighs a sample by its parts (IFEval's instructions) is there a list of verdicts.
    """
    task = run.task_of(leaf)
    part = next((part for part in run.parts if part["task"] in (leaf, task)), None)
    found: dict[str, Json] = {}
    for name in part["metrics"] if part else ():
        metric = run.metric(task, name)
        if metric.aggregate is not None or metric.transform is not None:
            continue
        scores = [record.score.values for record in epochs if record.score]
        values = [values[metric.key] for values in scores if metric.key in values]
        if not values or name.endswith("_macro"):
            continue
        found[name] = fmean(values)
        weight = metric.weight(sample) if metric.weight and sample and len(values) == 1 else 0
        right = found[name] * weight
        if weight and weight == int(weight) and abs(right - round(right)) < 1e-9:
            found[name] = [place < round(right) for place in range(int(weight))]
    return found


def _asked(record: Record, decoding: Decoding) -> dict[str, dict[str, Json]]:
    choices = record.response.choices if record.response else ()
    prompt = record.prompt.text if record.prompt else ""
    if not choices:
        return {"gen_args_0": {"arg_0": prompt, "arg_1": _arguments(decoding)}}
    contexts = record.contexts or ("",) * len(choices)
    return {
        f"gen_args_{i}": {"arg_0": prompt + context, "arg_1": choice.text}
        for i, (context, choice) in enumerate(zip(contexts, choices, strict=True))
    }


def _answers(epochs: Sequence[Record]) -> list[Json]:
    first = epochs[0].response
    if first is not None and first.choices:
        return [[pair] for pair in _likelihoods(epochs[0])]
    return [[record.response.text for record in epochs if record.response]]


def _likelihoods(record: Record) -> list[list[str]]:
    choices = record.response.choices if record.response else ()
    return [
        [str(c.loglikelihood) if isfinite(c.loglikelihood) else "-inf", str(bool(c.greedy))]
        for c in choices
    ]


def _filtered(record: Record, rule: str) -> list[Json]:
    if record.response is not None and record.response.choices:
        return list(_likelihoods(record))
    if record.score is None:
        return [INVALID]
    kept = (record.score.details.get("filtered") or {}).get(rule, record.score.extracted)
    if kept is None and record.score.state == "unparsed":
        return [INVALID]
    text = record.response.text if record.response is not None else ""
    return [text if kept is None else kept]


def _target(record: Record, sample: Sample | None) -> str:
    if record.response is not None and record.response.choices and sample and sample.answer:
        right = sample.answer
        return str(right[0]) if len(right) == 1 else str(list(right))
    return record.target[0] if len(record.target) == 1 else str(list(record.target))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
