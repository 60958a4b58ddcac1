"""What a build would ask and cost, and whether its models can be had: before anything is asked."""

import asyncio
from pathlib import Path
from typing import Any

from julja.builder.cluster import PER_TOPIC
from julja.builder.criteria import CRITERIA, criteria_request, criterion_request
from julja.builder.prepare import Unique
from julja.builder.screen import screen_request
from julja.builder.settings import AskConfig, BuildConfig
from julja.errors import ConfigError
from julja.models.engine import Engine
from julja.models.prices import cost_usd, load_prices
from julja.models.registry import EngineOptions, open_engine
from julja.types import Json, Usage

CHARACTERS_PER_TOKEN = 4


def open_model(model: str, ask: AskConfig) -> Engine:
    """A model of a build: scorer, namer or screen."""
    options = EngineOptions(
        base_url=ask.base_url,
        timeout_s=ask.timeout_s,
        max_connections=ask.max_connections,
        extra=ask.model_args,
    )
    return open_engine(model, options)


def check_models(config: BuildConfig, ask: AskConfig) -> None:
    """Open every model once: a wrong name or a missing key is told before minutes of clustering."""
    for name in (config.cheap_scorer, config.scorer, config.screen, config.namer):
        if name is None:
            continue
        engine = open_model(name, ask)
        able = "generate" in engine.abilities
        asyncio.run(engine.close())
        if not able:
            raise ConfigError(f"{name} doesn't write text, so it can't score, name or screen.")


def estimate(config: BuildConfig, ask: AskConfig, unique: Unique) -> dict[str, Any]:
    """What a build would ask, and what it might cost at most; nothing is asked."""
    prices = load_prices(Path(ask.prices) if ask.prices else None)
    prompts = unique.prompts
    topics = config.topics or max(1, round(len(prompts) / (PER_TOPIC * config.min_topic_size)))
    drawn = min(config.clusters, topics)
    n = len(prompts)
    each = len(CRITERIA) if config.criteria == "each" else 1
    scoring = sum(_characters(config, prompt.text) for prompt in prompts)
    shown = sum(min(len(prompt.text), config.name_chars) for prompt in prompts) / n
    naming = round(shown * min(config.name_docs, n / topics))
    screening = round(sum(len(screen_request(p.text).prompt.text) for p in prompts) / n)
    sample = drawn * config.per_cluster
    wanted = [
        ("first_pass", config.cheap_scorer, n * each, scoring, config.scorer_tokens),
        ("quality", config.scorer, n * each, scoring, config.scorer_tokens),
        ("screen", config.screen, sample, screening * sample, 16),
        ("name", config.namer, drawn, drawn * naming, 32),
    ]
    rows: list[dict[str, Json]] = []
    for role, model, requests, characters, out in wanted:
        if model is None:
            continue
        tokens = Usage(round(characters / CHARACTERS_PER_TOKEN), requests * out)
        rows.append(
            {
                "role": role,
                "model": model,
                "requests_at_most": requests,
                "input_tokens_at_most": tokens.input_tokens,
                "output_tokens_at_most": tokens.output_tokens,
                "cost_usd_at_most": cost_usd(model, tokens, prices),
            }
        )
    costs = [row["cost_usd_at_most"] for row in rows]
    return {
        "build": config.name,
        "dry_run": True,
        "stages": [stage.to_json() for stage in unique.stages],
        "topics_about": topics,
        "cases_at_most": drawn * config.per_cluster,
        "requests": rows,
        "cost_usd_at_most": None if None in costs else sum(costs),
    }


def _characters(config: BuildConfig, text: str) -> int:
    """What scoring one prompt sends, all its questions together."""
    if config.criteria == "list":
        return len(criteria_request(text, config.scorer_tokens).prompt.text)
    requests = [
        criterion_request(text, number, letters=True, max_tokens=1)
        for number in range(1, len(CRITERIA) + 1)
    ]
    return sum(len(request.prompt.text) for request in requests)
