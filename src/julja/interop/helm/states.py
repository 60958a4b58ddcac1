"""HELM's scenario_state.json: one request state (or one for each reference) -> one record."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from julja.errors import DataError
from julja.interop.helm.stats import Instance, Part, Stats, is_aside
from julja.interop.log import Item
from julja.interop.stream import AGAIN, read_document
from julja.types import (
    ChoiceLikelihood,
    Decoding,
    ErrorInfo,
    Finish,
    Message,
    Prompt,
    Request,
    Response,
    Sample,
    Score,
    Usage,
)

_FINISH: Mapping[str, Finish] = {
    "length": "length",
    "stop": "stop",
    "endoftext": "stop",
    "content_filter": "refusal",
}
CORRECT = "correct"


def key_of(state: Mapping[str, Any]) -> Instance:
    """What a request state is about."""
    instance = state["instance"]
    change = (instance.get("perturbation") or {}).get("name") or ""
    return Instance(str(instance["id"]), str(change), int(state.get("train_trial_index") or 0))


def split_of(state: Mapping[str, Any]) -> str:
    """The split that a request state is of."""
    return str(state["instance"].get("split") or "")


def read_states(
    path: Path, part: Part, stats: Stats, decoding: Decoding, left_out: Counter[str]
) -> Iterator[Item]:
    """The records of one part of a run."""
    states = (s for key, s in read_document(path, arrays=("request_states",)) if key)
    chosen = (
        state
        for state in states
        if "instance" in state and (split_of(state), key_of(state).perturbation) == part
    )
    for key, group in groupby(chosen, key_of):
        try:
            states_of = list(group)
            # Asked without the question, to calibrate the likelihoods: no answers of their own.
            asked = [s for s in states_of if s.get("request_mode") != "calibration"]
            left_out["requests for calibration"] += len(states_of) - len(asked)
            yield _item(key, asked or states_of, stats, decoding, left_out)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{path}, instance {key.id}: can't be read ({type(error).__name__}: {error}).",
                hint=AGAIN,
            ) from error


def _item(
    key: Instance,
    states: Sequence[Mapping[str, Any]],
    stats: Stats,
    decoding: Decoding,
    left_out: Counter[str],
) -> Item:
    first = states[0]
    results = [state.get("result") or {} for state in states]
    failed = next((r for r in results if not r.get("success", True)), None)
    values = stats.instances.get(key, {})
    sample = _sample(key, first)
    kept = {name: value for name, value in values.items() if not is_aside(name)}
    if failed is not None:
        error = ErrorInfo("HELMError", str(failed.get("error") or "the request failed"))
        return Item(sample, None, None, None, epoch=key.trial, error=error)
    left_out["more completions of a request"] += sum(
        len(result.get("completions") or ()) - 1 for result in results
    )
    if first.get("reference_index") is not None and len(states) > 1:
        request, response = _ranked(states, results, sample, decoding)
    else:
        request, response = _written(first, results[0], decoding, values)
    score = Score(kept, extracted=response.text.strip() or None)
    if not kept:
        score = Score({}, state="skipped", explanation="HELM recorded no number for it.")
    return Item(sample, request, response, score, epoch=key.trial)


def _sample(key: Instance, state: Mapping[str, Any]) -> Sample:
    instance = state["instance"]
    references = instance.get("references") or ()
    texts = [str((reference.get("output") or {}).get("text") or "") for reference in references]
    right = [
        place
        for place, reference in enumerate(references)
        if CORRECT in (reference.get("tags") or ())
    ]
    mapping = state.get("output_mapping") or {}
    choices = tuple(map(str, mapping.values())) if mapping else ()
    if not choices and state.get("reference_index") is not None:
        choices = tuple(texts)
    answer = tuple(choices.index(texts[place]) for place in right if texts[place] in choices)
    return Sample(
        id=key.id,
        input=str((instance.get("input") or {}).get("text") or ""),
        target=tuple(texts[place] for place in right),
        choices=choices,
        answer=answer,
        fields={"letters": list(mapping)} if mapping else {},
    )


def _written(
    state: Mapping[str, Any],
    result: Mapping[str, Any],
    decoding: Decoding,
    values: Mapping[str, float],
) -> tuple[Request, Response]:
    completions = result.get("completions") or ()
    first = completions[0] if completions else {}
    reason = str((first.get("finish_reason") or {}).get("reason"))
    tokens_out = values.get("num_output_tokens", values.get("num_completion_tokens"))
    tokens_in = values.get("num_prompt_tokens")
    asked = str((state.get("request") or {}).get("prompt") or "")
    seconds = result.get("request_time")
    return Request("generate", Prompt((Message("user", asked),)), decoding), Response(
        text=str(first.get("text") or ""),
        finish=_FINISH.get(reason, "unknown"),
        usage=Usage(
            None if tokens_in is None else int(tokens_in),
            None if tokens_out is None else int(tokens_out),
        ),
        seconds=None if seconds is None else float(seconds),
    )


def _ranked(
    states: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    sample: Sample,
    decoding: Decoding,
) -> tuple[Request, Response]:
    """One state for each reference: the likelihoods of the choices."""
    found = []
    for state, result in zip(states, results, strict=True):
        text = sample.choices[int(state["reference_index"])]
        completion: Mapping[str, Any] = (result.get("completions") or [{}])[0]
        found.append(ChoiceLikelihood(text, float(completion.get("logprob") or 0.0)))
    prompt = Prompt((Message("user", sample.input),))
    request = Request("rank", prompt, decoding, choices=tuple(choice.text for choice in found))
    return request, Response(finish="stop", choices=tuple(found))
