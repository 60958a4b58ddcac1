"""`julja doctor`: what works on this machine, what a model can do, and how to mend the rest."""

import asyncio
import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from julja import __version__
from julja.cli.common import json_option, model_args, print_json
from julja.config import RunConfig
from julja.errors import ConfigError, JuljaError
from julja.models.checks import Looking, SelfChecking
from julja.models.engine import Engine
from julja.types import MEDIA_MARK, Decoding, FormName, Message, Prompt, Request

QUESTION = Prompt((Message("user", "The capital of France is"),))
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "HF_TOKEN")


@click.command()
@click.option("-m", "--model", help="Check this model too: it is asked a few short questions.")
@click.option("-M", "model_args_", multiple=True, metavar="KEY=VAL", help="Setting of the engine.")
@click.option("--base-url", help="The server of an OpenAI-compatible model.")
@click.option("--api", type=click.Choice(["chat", "completions", "responses"]), help="Dialect.")
@click.option(
    "--image", type=click.Path(), help="Show the model this picture: its preprocessing, its answer."
)
@json_option
@click.pass_context
def doctor(ctx: click.Context, /, model: str | None, as_json: bool, **flags: Any) -> None:
    """Check this machine, or a model."""
    if flags["image"] is not None and model is None:
        raise ConfigError("--image needs a model to be shown to.", hint="Add -m PROVIDER/MODEL.")
    checks = [_run_check(name, check) for name, check in _CHECKS.items()]
    if model is not None:
        config = RunConfig(
            tasks=(),
            model=model,
            base_url=flags["base_url"],
            api=flags["api"],
            model_args=model_args(flags["model_args_"]),
            timeout_s=120,
        )
        checks += asyncio.run(_check_model(config, flags["image"]))
    if as_json:
        print_json({"version": __version__, "checks": checks})
    else:
        for check in checks:
            mark = {True: "ok  ", False: "FAIL", None: "    "}[check["ok"]]
            click.echo(f"{mark}  {check['name']:12} {check['text']}")
    ctx.exit(1 if any(check["ok"] is False for check in checks) else 0)


def _run_check(name: str, check: Callable[[], tuple[bool | None, str]]) -> dict[str, Any]:
    try:
        ok, text = check()
    except JuljaError as error:
        ok, text = False, str(error)
    return {"name": name, "ok": ok, "text": text}


def _python() -> tuple[bool | None, str]:
    return True, f"julja {__version__}, Python {platform.python_version()}, {platform.system()}"


def _disk() -> tuple[bool | None, str]:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    return free > 1, f"{free:.0f} GiB free here"


def _sandbox() -> tuple[bool | None, str]:
    from julja.sandbox import sandbox_status

    return sandbox_status()


def _model() -> tuple[bool | None, str]:
    from julja.models.smollm2 import find_smollm2

    return True, f"built-in model {find_smollm2()}"


def _data() -> tuple[bool | None, str]:
    mirror = os.environ.get("JULJA_DATA")
    if mirror is None:
        from julja.places import cache_dir

        return None, f"no mirror (JULJA_DATA); cache {cache_dir()}"
    if not Path(mirror).is_dir():
        return False, f"JULJA_DATA names {mirror}, and there is no such folder"
    return True, f"mirror {mirror}"


def _keys() -> tuple[bool | None, str]:
    found = [name for name in KEYS if os.environ.get(name)]
    return None, f"set: {', '.join(found)}" if found else "no API keys in the environment"


_CHECKS: dict[str, Callable[[], tuple[bool | None, str]]] = {
    "julja": _python,
    "disk": _disk,
    "sandbox": _sandbox,
    "smollm2": _model,
    "data": _data,
    "keys": _keys,
}


async def _check_model(config: RunConfig, image: str | None = None) -> list[dict[str, Any]]:
    """Ask a model what it says it can answer, and what it makes of a picture."""
    from julja.run.execute import open_model

    checks: list[dict[str, Any]] = []
    try:
        engine = open_model(config)
    except JuljaError as error:
        return [{"name": "model", "ok": False, "text": str(error)}]
    can = ", ".join(sorted(engine.abilities))
    checks.append({"name": "model", "ok": True, "text": f"{engine.name}: {can}"})
    requests = {
        "generate": Request("generate", QUESTION, Decoding(max_tokens=8)),
        "letter": Request("letter", _letters(), choices=("A", "B")),
        "rank": Request("rank", QUESTION, choices=(" Paris", " banana")),
    }
    try:
        for kind, request in requests.items():
            if kind in engine.abilities:
                checks.append(await _ask(engine.ask(request), kind))
        if isinstance(engine, SelfChecking):
            checks += [asdict(found) for found in await engine.check()]
        if "rank" in engine.abilities:
            checks.append(await _adds_up(engine))
        if image is not None:
            checks += await _look(engine, image)
        notes = getattr(engine, "notes", ())
        checks += [{"name": "note", "ok": None, "text": note} for note in notes]
    except JuljaError as error:
        checks.append({"name": "model", "ok": False, "text": str(error)})
    finally:
        await engine.close()
    return checks


async def _look(engine: Engine, image: str) -> list[dict[str, Any]]:
    """What becomes of one picture, as the engine shows it; else what it says of it."""
    from julja.pictures import keep

    media = await asyncio.to_thread(keep, image, place="--image")
    if isinstance(engine, Looking):
        return [asdict(found) for found in await engine.look(media)]
    if "images" not in engine.abilities:
        return [{"name": "picture", "ok": False, "text": f"{engine.name} takes no pictures"}]
    kinds: tuple[FormName, ...] = ("generate", "detect", "segment")
    kind = next((kind for kind in kinds if kind in engine.abilities), None)
    if kind is None:
        text = "a question about a picture needs a benchmark's classes: try julja run"
        return [{"name": "picture", "ok": None, "text": text}]
    prompt = Prompt((Message("user", f"{MEDIA_MARK}\nWhat is in this picture?", (media,)),))
    try:
        response = await engine.ask(Request(kind, prompt, Decoding(max_tokens=64)))
    except JuljaError as error:
        return [{"name": "picture", "ok": False, "text": str(error)}]
    return [{"name": "picture", "ok": bool(response.text), "text": repr(response.text[:60])}]


async def _adds_up(engine: Engine) -> dict[str, Any]:
    """log p(a b | c) must be log p(a | c) + log p(b | c a): the chain rule."""
    first, second = " Paris", ", and the capital of Italy is Rome."
    after = Prompt((Message("user", QUESTION.text + first),))
    whole = await engine.ask(Request("rank", QUESTION, choices=(first + second,)))
    start = await engine.ask(Request("rank", QUESTION, choices=(first,)))
    rest = await engine.ask(Request("rank", after, choices=(second,)))
    together, apart = (
        whole.choices[0].loglikelihood,
        start.choices[0].loglikelihood + rest.choices[0].loglikelihood,
    )
    text = f"{together:.4f} in one piece, {apart:.4f} in two"
    # Half precision rounds each token's log-probability to about 0.01.
    return {"name": "adds up", "ok": abs(together - apart) < 0.1, "text": text}


def _letters() -> Prompt:
    text = "What colour is the sky?\nA. blue\nB. a fish\nAnswer:"
    return Prompt((Message("user", text),))


async def _ask(call: Any, kind: str) -> dict[str, Any]:
    try:
        response = await call
    except JuljaError as error:
        return {"name": kind, "ok": False, "text": str(error)}
    if kind == "generate":
        return {"name": kind, "ok": bool(response.text), "text": repr(response.text[:60])}
    shown = ", ".join(f"{c.text!r} {c.loglikelihood:.3f}" for c in response.choices)
    best = max(response.choices, key=lambda choice: choice.loglikelihood)
    total = best.loglikelihood <= 0
    return {"name": kind, "ok": total, "text": f"log-probabilities {shown}"}
