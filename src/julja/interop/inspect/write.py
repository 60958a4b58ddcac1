"""A run as inspect_ai's EvalLog (version 2, JSON): one log for each task.

Every metric is a scorer there, with the number that a sample has in it as its value, and the mean
and its standard error as its metrics.
"""

import time
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import orjson

from julja.errors import StoreError
from julja.interop.outgoing import Outgoing
from julja.signature import digest
from julja.types import Json, Record, Sample
from julja.writing import writing

_STOP = {"stop": "stop", "length": "max_tokens", "refusal": "content_filter"}


def write_inspect(run: Outgoing, target: Path) -> list[Path]:
    """Write one log for each task; of one task to `target` itself where that is a .json file."""
    parts = run.result["results"]
    alone = target.suffix == ".json"
    if alone and len(parts) > 1:
        raise StoreError(
            f"{target}: the run has {len(parts)} tasks, and a log of inspect one.",
            hint="Name a folder: --output LOGS",
        )
    written = []
    for part in parts:
        path = target if alone else target / _file_name(run, part)
        with writing(path):
            _write(run, part, path)
        written.append(path)
    return written


def _file_name(run: Outgoing, part: Mapping[str, Any]) -> str:
    """inspect's own pattern: {created}_{task}_{id}.json."""
    name = "".join(c if c.isalnum() or c in "-." else "-" for c in part["task"])
    stamp = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime(run.created))
    return f"{stamp}-00-00_{name}_{_id(run, part, 'task')}.json"


def _write(run: Outgoing, part: Mapping[str, Any], path: Path) -> None:
    """The log, sample by sample: only one of them is in memory."""
    with path.open("wb") as file:
        head = orjson.dumps(_header(run, part))
        file.write(head[:-1] + b',"samples":[')
        for number, sample in enumerate(_samples(run, part)):
            file.write((b"," if number else b"") + orjson.dumps(sample))
        file.write(b"]}\n")


def _id(run: Outgoing, part: Mapping[str, Any], what: str) -> str:
    """An id of 22 characters, as inspect has them, the same each time."""
    return digest([run.run, part["task"], what], 11)


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(seconds))


def _header(run: Outgoing, part: Mapping[str, Any]) -> dict[str, Any]:
    counts = part["counts"]
    decoding = run.decoding.get(part["task"])
    generation: dict[str, Json] = {}
    if decoding is not None:
        generation = {"max_tokens": decoding.max_tokens, "temperature": decoding.temperature}
        generation |= {"top_p": decoding.top_p, "seed": decoding.seed}
        generation |= {"stop_seqs": list(decoding.stop) or None}
    generation = {key: value for key, value in generation.items() if value is not None}
    usage = part["usage"] or {}
    tokens = {key: usage.get(key) or 0 for key in ("input_tokens", "output_tokens")}
    done = counts["total"] - counts["error"] - counts["skipped"]
    return {
        "version": 2,
        "status": "success" if run.result["complete"] else "cancelled",
        "eval": _spec(run, part, generation),
        "plan": {
            "name": "plan",
            "steps": [{"solver": "generate", "params": {"form": part["form"]}}],
            "config": generation,
        },
        "results": {
            "total_samples": counts["total"],
            "completed_samples": done,
            "scores": [_score(name, found, done) for name, found in part["metrics"].items()],
        },
        "stats": {
            "started_at": _iso(run.created),
            "completed_at": _iso(run.finished),
            "model_usage": {run.model: {**tokens, "total_tokens": sum(tokens.values())}},
        },
    }


def _spec(run: Outgoing, part: Mapping[str, Any], generation: Mapping[str, Json]) -> dict[str, Any]:
    source = run.sources.get(part["task"])
    hub = source.hub if source is not None else None
    epochs = int(run.settings.get("epochs") or 1)
    name, version = run.tool
    return {
        "eval_id": _id(run, part, "eval"),
        "run_id": digest([run.run, "run"], 11),
        "created": _iso(run.created),
        "task": part["task"],
        "task_id": _id(run, part, "task"),
        "task_version": part["version"] if part["version"] is not None else 0,
        "dataset": {
            "name": hub or part["task"],
            "location": hub,
            "samples": part["counts"]["total"] // epochs,
            "shuffled": False,
        },
        "model": run.model,
        "model_generate_config": dict(generation),
        "model_args": {},
        "config": {
            "epochs": epochs,
            "epochs_reducer": ["mean"],
            "limit": run.settings.get("limit"),
        },
        "packages": {name.replace("-", "_"): version, "julja": run.version},
        "metadata": {
            "julja_run": run.run,
            "signature": part.get("signature") or run.result["signature"],
            "command": run.command,
            "form": part["form"],
            "shots": part["shots"],
            "counts": dict(part["counts"]),
        },
        "scorers": [{"name": metric, "options": {}, "metrics": []} for metric in part["metrics"]],
    }


def _score(name: str, found: Mapping[str, Any], done: int) -> dict[str, Any]:
    stated = {"mean": found["value"], "stderr": found["stderr"]}
    return {
        "name": name,
        "scorer": name,
        "scored_samples": found["n"],
        "unscored_samples": max(0, done - found["n"]),
        "params": {},
        "metrics": {
            key: {"name": key, "value": value, "params": {}}
            for key, value in stated.items()
            if value is not None
        },
        "metadata": {key: found.get(key) for key in ("ci", "method", "bounds")},
    }


def _samples(run: Outgoing, part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for record, sample in run.records():
        if run.task_of(record.task) == part["task"]:
            yield _sample(run, part, record, sample)


def _sample(
    run: Outgoing, part: Mapping[str, Any], record: Record, sample: Sample | None
) -> dict[str, Any]:
    turns = record.prompt.messages if record.prompt else ()
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    leaf = record.task.removeprefix(part["task"]).strip("/")
    target: Json = list(record.target)
    made: dict[str, Any] = {
        "id": f"{leaf}/{record.sample}" if leaf else record.sample,
        "epoch": record.epoch + 1,
        "input": (sample.input if sample else "") or (turns[-1].content if turns else ""),
        "choices": list(sample.choices) if sample and sample.choices else None,
        "target": target[0] if len(target) == 1 else target,
        "messages": messages,
        "output": _output(run, record),
        "scores": _scores(run, part, record),
        "metadata": _metadata(record),
        "store": {},
        "events": [],
        "model_usage": {},
        "attachments": {},
        "uuid": digest([record.run, record.task, record.sample, record.epoch], 11),
        "error_retries": [],
    }
    if record.response is not None:
        answer: dict[str, Json] = {"role": "assistant", "content": _content(record)}
        made["messages"] = [*messages, {**answer, "source": "generate"}]
        made["total_time"] = made["working_time"] = record.response.seconds
        usage = _usage(record)
        made["model_usage"] = {run.model: usage} if usage else {}
    if record.error is not None:
        message = f"{record.error.kind}: {record.error.message}"
        made["error"] = {"message": message, "traceback": "", "traceback_ansi": ""}
    return made


def _content(record: Record) -> Json:
    assert record.response is not None
    if not record.response.reasoning:
        return record.response.text
    thought = {"type": "reasoning", "reasoning": record.response.reasoning}
    return [thought, {"type": "text", "text": record.response.text}]


def _output(run: Outgoing, record: Record) -> dict[str, Any]:
    response = record.response
    if response is None:
        return {"model": run.model, "choices": []}
    message = {"role": "assistant", "content": _content(record), "source": "generate"}
    return {
        "model": response.model or run.model,
        "choices": [{"message": message, "stop_reason": _STOP.get(response.finish, "unknown")}],
        "completion": response.text,
        "usage": _usage(record),
        "time": response.seconds,
    }


def _usage(record: Record) -> dict[str, Json] | None:
    usage = record.response.usage if record.response else None
    if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
        return None
    tokens_in, tokens_out = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
        "input_tokens_cache_read": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def _scores(run: Outgoing, part: Mapping[str, Any], record: Record) -> dict[str, Any] | None:
    score = record.score
    if score is None or not score.values:
        return None
    found = {}
    for name in part["metrics"]:
        key = run.metric(part["task"], name).key
        if key in score.values:
            found[name] = {
                "value": score.values[key],
                "answer": score.extracted,
                "explanation": score.explanation,
                "metadata": {"state": score.state},
            }
    return found or None


def _metadata(record: Record) -> dict[str, Json]:
    kept: dict[str, Json] = {**record.fields, "state": record.state}
    choices = record.response.choices if record.response else ()
    if choices:
        kept["loglikelihoods"] = [
            {
                "text": choice.text,
                "loglikelihood": choice.loglikelihood if isfinite(choice.loglikelihood) else None,
                "greedy": choice.greedy,
            }
            for choice in choices
        ]
    return kept
