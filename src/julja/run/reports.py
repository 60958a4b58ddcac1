"""Joins the store with the reports: a run as HTML, Markdown, JSON Lines or CSV."""

import csv
import io
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

import orjson

from julja.store.rows import RunRow
from julja.store.sqlite import Store
from julja.types import Json, Message, Prompt, Record
from julja.writing import write_text

CONFIDENTIAL = "(confidential: `julja show RUN/SAMPLE` shows it)"


def _result(row: RunRow, store: Store) -> dict[str, Any]:
    # Imported here: a comparison wants `shareable` alone, and the machinery of runs is large.
    from julja.run.execute import show_result

    return show_result(row, store)


def record_json(record: Record, signature: str) -> dict[str, Json]:
    """One record as `export --to jsonl` writes it."""
    response, score = record.response, record.score
    usage = response.usage if response else None
    return {
        "run": record.run,
        "task": record.task,
        "sample": record.sample,
        "epoch": record.epoch,
        "state": record.state,
        "prompt": _prompt(record.prompt),
        "response": response.text if response else None,
        "reasoning": response.reasoning if response else None,
        "finish": response.finish if response else None,
        "extracted": score.extracted if score else None,
        "target": list(record.target),
        "scores": dict(score.values) if score else {},
        "explanation": score.explanation if score else None,
        "details": dict(score.details) if score else {},
        "error": {"kind": record.error.kind, "message": record.error.message}
        if record.error
        else None,
        "choices": _choices(record),
        "usage": {
            "input_tokens": usage.input_tokens if usage else None,
            "output_tokens": usage.output_tokens if usage else None,
            "cached": record.cached,
            "cost_usd": record.cost_usd,
            "seconds": response.seconds if response else None,
            "attempts": response.attempts if response else None,
        },
        "signature": signature,
        **({"cut_tokens": response.cut_tokens} if response and response.cut_tokens else {}),
    }


def _choices(record: Record) -> list[dict[str, Json]]:
    """The likelihoods; what few of them have (a context, an unconditional one) only where it is."""
    found: list[dict[str, Json]] = []
    for index, choice in enumerate(record.response.choices if record.response else ()):
        known = math.isfinite(choice.loglikelihood)
        item: dict[str, Json] = {
            "text": choice.text,
            "loglikelihood": choice.loglikelihood if known else None,
            "tokens": choice.tokens,
            "greedy": choice.greedy,
        }
        if record.contexts:
            item["context"] = record.contexts[index]
        if choice.unconditional is not None:
            item["unconditional"] = choice.unconditional
        found.append(item)
    return found


def _prompt(prompt: Prompt | None) -> Json:
    if prompt is None:
        return None
    if len(prompt.messages) == 1 and not prompt.media:
        return prompt.messages[0].content
    return [
        {"role": m.role, "content": m.content, **({"media": _media(m)} if m.media else {})}
        for m in prompt.messages
    ]


def _media(message: Message) -> list[Json]:
    """Pictures and clips by content and file name: where they lie on this machine stays here."""
    return [
        {"sha256": item.sha256, "mime": item.mime, "name": Path(item.path).name}
        for item in message.media
    ]


def shareable(records: Iterable[Record]) -> Iterator[Record]:
    """The records as they may stand in a file: of confidential ones only verdicts and numbers."""
    for record in records:
        yield _without_texts(record) if record.confidential else record


def _without_texts(record: Record) -> Record:
    prompt, response, score = record.prompt, record.response, record.score
    if prompt is not None:
        prompt = Prompt(tuple(replace(m, content=CONFIDENTIAL) for m in prompt.messages))
    if response is not None:
        choices = (replace(c, text=f"choice {i}") for i, c in enumerate(response.choices))
        response = replace(
            response,
            text=CONFIDENTIAL if response.text else "",
            reasoning=CONFIDENTIAL if response.reasoning else None,
            choices=tuple(choices),
        )
    if score is not None:
        score = replace(score, extracted=None, span=None, explanation=None, details={})
    return replace(
        record,
        prompt=prompt,
        response=response,
        score=score,
        target=(CONFIDENTIAL,),
        fields={},
        contexts=tuple("" for _ in record.contexts),
        error=record.error and replace(record.error, message=CONFIDENTIAL),
    )


def export_lines(store: Store, run: str, to: str) -> Iterator[str]:
    """A run as jsonl, csv, json, md or html, piece by piece."""
    row = store.find_run(run)
    if to == "jsonl":
        signatures = _signatures(store, run)
        for record in shareable(store.records(row.id)):
            line = record_json(record, signatures.get(record.task, row.signature))
            yield orjson.dumps(line, default=str).decode() + "\n"
    elif to == "csv":
        yield from _csv(store, row.id)
    elif to == "json":
        yield orjson.dumps(_result(row, store)).decode() + "\n"
    elif to == "battles":
        from julja.run.pairing import battle_json, run_battles

        for battle in run_battles(store, row):
            yield orjson.dumps(battle_json(battle)).decode() + "\n"
    elif to == "md":
        yield _markdown(store, row)
    else:
        yield render_html(store, row.id)


def _signatures(store: Store, run: str) -> dict[str, str]:
    """The signature of each leaf's task."""
    found: dict[str, str] = {}
    for result in _result(store.find_run(run), store)["results"]:
        for part in (result, *result["subsets"]):
            found[part["task"]] = result.get("signature", "")
    return found


def _csv(store: Store, run: str) -> Iterator[str]:
    columns = ["task", "sample", "epoch", "state", "extracted", "target", "response"]
    scores = store.score_rows(run, store.find_run(run).scoring)
    keys = sorted({key for row in scores for key in row.values})
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([*columns, *keys, "input_tokens", "output_tokens", "cost_usd"])
    for record in shareable(store.records(run)):
        score, response = record.score, record.response
        usage = response.usage if response else None
        values = score.values if score else {}
        writer.writerow(
            [
                record.task,
                record.sample,
                record.epoch,
                record.state,
                score.extracted if score else None,
                "; ".join(record.target),
                response.text if response else None,
                *(values.get(key) for key in keys),
                usage.input_tokens if usage else None,
                usage.output_tokens if usage else None,
                record.cost_usd,
            ]
        )
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _config(row: Any) -> dict[str, Json]:
    """The settings of a run that were chosen, and the command that repeats it."""
    config = dict(row.config["config"])
    shown = {key: value for key, value in config.items() if value not in (None, {}, [], False)}
    shown["command"] = reproduce(row.config)
    return shown


def reproduce(stored: dict[str, Json]) -> str:
    """The one command that repeats a run."""
    from julja.config import RunConfig

    config = RunConfig.from_json(stored["config"])
    default = RunConfig(tasks=config.tasks, model=config.model)
    if "imported" in stored:
        return " ".join(["julja import", *stored["imported"]["files"]])
    if "rescored" in stored:
        words = ["julja", "score", stored["rescored"]["run"], "--as", *config.tasks]
    elif "responses" in stored:
        words = ["julja", "score", *config.tasks, "--responses", stored["responses"]]
    else:
        words = ["julja", "run", *config.tasks, "-m", config.model]
    words += [word for name in config.judges for word in ("--judge", name)]
    for name in RunConfig.__dataclass_fields__:
        value = getattr(config, name)
        if name in ("tasks", "model", "prices", "judges") or value == getattr(default, name):
            continue
        flag = {"timeout_s": "--timeout", "run_timeout_s": "--run-timeout"}.get(name)
        flag = flag or "--" + name.replace("_", "-")
        if name in ("model_args", "judge_args"):
            letter = "-M" if name == "model_args" else "-J"
            for key, item in value.items():
                words += [letter, f"{key}={item}"]
        elif value is True:
            words.append(flag)
        else:
            words += [flag, str(value)]
    return " ".join(quote(word) for word in words)


def _markdown(store: Store, row: RunRow) -> str:
    """The report of a run as Markdown."""
    from julja.report.markdown import render_run
    from julja.run.gallery.gather import Watch, has_pictures

    result = _result(row, store)
    records: Iterable[Record] = store.records(row.id)
    pictures = Watch(store, row, result) if has_pictures(store, row) else None
    if pictures is not None:
        records = pictures.watch(records)
    return render_run(
        result,
        shareable(records),
        config=_config(row),
        pictured=pictures.charted if pictures is not None else None,
    )


def render_html(store: Store, run: str) -> str:
    """The report of a run: one HTML file."""
    from julja.report.html import render_run
    from julja.run.calibration import Watch
    from julja.run.gallery.gather import Watch as PictureWatch

    row = store.find_run(run)
    result = _result(row, store)
    title = f"{', '.join(row.config['config']['tasks'])} · {row.model}"
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.finished or row.created))
    watch, pictures = Watch(result), PictureWatch(store, row, result)
    records = shareable(pictures.watch(watch.watch(store.records(row.id))))
    return render_run(
        result,
        records,
        title=title,
        config=_config(row),
        generated=made,
        calibration=watch.found,
        pictured=pictures.found,
    )


def write_report(store: Store, run: str, path: str) -> Path:
    """Write a run's HTML report to a file."""
    return write_text(Path(path), render_html(store, run))
