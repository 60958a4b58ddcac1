"""`julja run --dry-run`: what would be asked, and what it might cost."""

import asyncio
import os
from pathlib import Path
from typing import Any

import click

from julja.config import RunConfig
from julja.models.engine import Engine
from julja.models.prices import Prices, cost_usd, load_prices
from julja.run.execute import open_model
from julja.run.judging import open_judges
from julja.run.plan import Leaf, Plan
from julja.run.planning import make_plan
from julja.scoring.judge.base import is_judged
from julja.types import Request, Response, Usage

# Without the model's tokenizer: four characters of English text make a token, more or less.
CHARACTERS_PER_TOKEN = 4
PROBE = 50


def dry_run(config: RunConfig, *, as_json: bool) -> dict[str, Any]:
    """Plan a run and estimate it; nothing is asked."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY"):
        # Nothing is sent, so a plan needs no key: it can be made before one is bought.
        os.environ.setdefault(name, "none")
    prices = load_prices(Path(config.prices) if config.prices else None)
    engine = open_model(config)
    judges = open_judges(config)
    try:
        identities = {judge.name: judge.identity for judge in judges}
        plan = make_plan(config, engine.abilities, engine.identity, judges=identities)
        judged = [_judged(judge, plan, prices) for judge in judges]
    finally:
        for opened in (engine, *judges):
            asyncio.run(opened.close())
    turns = {name: _turns(leaf) for name, leaf in plan.leaves.items()}
    requests = sum(turns.values())
    tokens_in = sum(_input_tokens(leaf) for leaf in plan.leaves.values())
    tokens_out = sum(
        turns[name] * leaf.form.decoding.max_tokens
        for name, leaf in plan.leaves.items()
        if leaf.kind == "generate"
    )
    cost = cost_usd(config.model, Usage(tokens_in, tokens_out), prices)
    found = {
        "model": config.model,
        "signature": plan.signature,
        "requests": requests,
        "input_tokens": tokens_in,
        "output_tokens_at_most": tokens_out,
        "cost_usd_at_most": cost,
        "tasks": [
            {
                "task": task.name,
                "form": task.kind,
                "shots": task.leaves[0].shots if task.leaves else 0,
                "requests": sum(turns[leaf.name] for leaf in task.leaves),
                "data": list(task.origins),
                "missing": list(task.missing),
            }
            for task in plan.tasks
        ],
        "judges": judged,
        "first_prompt": _first_prompt(plan),
    }
    if not as_json:
        _print(found)
    return found


def _first_prompt(plan: Plan) -> list[dict[str, str]]:
    leaf, sample, epoch = next(plan.items())
    request = leaf.request(sample, epoch)
    shown = [{"role": m.role, "content": m.content} for m in request.prompt.messages]
    if request.kind == "rank":
        pairs = [
            f"{request.contexts[i] if request.contexts else ''}{choice}"
            for i, choice in enumerate(request.choices)
        ]
        shown.append({"role": "choices", "content": "\n".join(map(repr, pairs))})
    return shown


def _turns(leaf: Leaf) -> int:
    """Requests of a leaf: a conversation has one for each turn."""
    return leaf.epochs * sum(1 + len(leaf.follow_ups(sample)) for sample in leaf.samples)


def _longest(leaf: Leaf) -> str:
    """A text as long as the longest answer, in its stead."""
    return "x" * (leaf.form.decoding.max_tokens * CHARACTERS_PER_TOKEN)


def _input_tokens(leaf: Leaf) -> int:
    """Estimated from the first samples' prompts; later turns read the longest answers."""
    probe = leaf.samples[:PROBE]
    longest = _longest(leaf)
    characters = sum(
        len(leaf.request(sample, 0, (longest,) * turn).prompt.text)
        for sample in probe
        for turn in range(1 + len(leaf.follow_ups(sample)))
    )
    mean = characters / max(len(probe), 1) / CHARACTERS_PER_TOKEN
    return round(mean * len(leaf.samples) * leaf.epochs)


def _judged(judge: Engine, plan: Plan, prices: Prices) -> dict[str, Any]:
    """What one judge is asked, if every answer is as long as it may be.

    Raises what a judge without the wanted abilities raises.
    """
    requests, tokens_in, tokens_out = 0, 0, 0
    for leaf in plan.leaves.values():
        scorer = leaf.form.scorer
        if not is_judged(scorer):
            continue
        longest = _longest(leaf)
        asked: list[Request] = []
        probe = leaf.samples[:PROBE]
        for sample in probe:
            answer = Response(longest, earlier=(longest,) * len(leaf.follow_ups(sample)))
            questions = scorer.questions(sample, answer, judge.abilities)
            asked += [question.request for question in questions]
        share = len(leaf.samples) * leaf.epochs * scorer.repeats / max(len(probe), 1)
        characters = sum(len(request.prompt.text) for request in asked)
        requests += round(share * len(asked))
        tokens_in += round(share * characters / CHARACTERS_PER_TOKEN)
        tokens_out += round(share * sum(request.decoding.max_tokens for request in asked))
    return {
        "judge": judge.name,
        "requests": requests,
        "input_tokens_at_most": tokens_in,
        "output_tokens_at_most": tokens_out,
        "cost_usd_at_most": cost_usd(judge.name, Usage(tokens_in, tokens_out), prices),
    }


def _print(found: dict[str, Any]) -> None:
    for message in found["first_prompt"]:
        click.echo(f"── {message['role']} " + "─" * 50)
        click.echo(message["content"])
    click.echo("─" * 60)
    for task in found["tasks"]:
        where = "; ".join(task["data"][:2]) + (" …" if len(task["data"]) > 2 else "")
        click.echo(
            f"{task['task']}: {task['requests']} requests, form {task['form']},"
            f" {task['shots']} shots, {where}"
        )
    click.echo(
        f"{found['model']}: {found['requests']} requests, about {found['input_tokens']:,} tokens"
        f" in, at most {found['output_tokens_at_most']:,} out, {_price(found)}"
    )
    for judge in found["judges"]:
        click.echo(
            f"judge {judge['judge']}: {judge['requests']} requests, at most"
            f" {judge['input_tokens_at_most']:,} tokens in, {judge['output_tokens_at_most']:,} out,"
            f" {_price(judge)}"
        )
    click.echo(found["signature"])


def _price(found: dict[str, Any]) -> str:
    cost = found["cost_usd_at_most"]
    return f"at most ${cost:.2f}" if cost is not None else "no price known for this model"
