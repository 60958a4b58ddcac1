"""What a report's page shows of one record: states, texts, scores, with long texts cut."""

import json
from typing import Any

from julja.likelihoods import likeliest
from julja.report.page import LONGEST, spelt, visible
from julja.types import Record


def failed(record: Record) -> bool:
    """True when a record is not scored, or below the best on its first metric."""
    if record.state != "scored" or record.score is None:
        return True
    return next(iter(record.score.values.values()), 0.0) < 1


def messages(record: Record) -> list[dict[str, str]] | None:
    """The prompt's turns; None where there was none."""
    if record.prompt is None:
        return None
    return [{"role": m.role, "content": m.content} for m in record.prompt.messages]


def sample_context(record: Record, longest: int = LONGEST) -> dict[str, Any]:
    """What the page shows of one record."""
    score, response = record.score, record.response
    text = response.text if response else None
    if text is not None and len(text) > longest < LONGEST:
        text = f"{text[:longest]}\n… {len(text) - longest:,} more characters"
    # Tables are what pools are made of: packed arrays, for no reader.
    details = {k: v for k, v in score.details.items() if k != "table"} if score else {}
    before, found, after = _highlight(text or "", score.span if score else None)
    bad = failed(record)
    unsure = record.state not in ("scored", "unparsed")
    read = score.extracted if score else None
    choices = response.choices if response else ()
    told = likeliest(choices)
    peek = record.error.message if record.error else (text or read or "").strip()
    return {
        "task": record.task,
        "sample": record.sample,
        "epoch": record.epoch,
        "state": record.state,
        "failed": bad,
        "mark": "none" if unsure else ("bad" if bad else "good"),
        "sign": "!" if unsure else ("✗" if bad else "✓"),
        "peek": visible(" ".join(peek[:300].split()))[:160],
        "scores": dict(score.values) if score else {},
        "target": "\n".join(record.target),
        "extracted": score.extracted if score else None,
        "explanation": score.explanation if score else None,
        "error": f"{record.error.kind}: {record.error.message}" if record.error else None,
        "response": text,
        "finish": response.finish if response and response.finish != "unknown" else "",
        "before": before,
        "found": found,
        "after": after,
        "reasoning": response.reasoning if response else None,
        "choices": [
            {
                "value": f"{choices[i].loglikelihood:.3f}",
                "text": (record.contexts[i] if record.contexts else "") + choices[i].text,
            }
            for i in told
        ],
        "unlikely": len(choices) - len(told),
        "prompt": messages(record),
        "details": visible(json.dumps(details, ensure_ascii=False, indent=1, default=str))
        if details
        else None,
    }


def _highlight(text: str, span: tuple[int, int] | None) -> tuple[str, str, str]:
    """A response in three pieces: before, the extracted answer, after."""
    if span is None or not 0 <= span[0] < span[1] <= len(text):
        return visible(text), "", ""
    start, end = span
    before, cut = text[:start], start - LONGEST
    if cut > 0:
        before = f"… {cut:,} characters before\n{before[cut:]}"
    return spelt(before), visible(text[start:end]), visible(text[end:])
