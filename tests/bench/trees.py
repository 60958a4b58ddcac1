"""How close to the prefix tree whole benchmarks come: tokens computed over tree nodes, no model.

The prompts of real benchmarks are tokenised, ordered and cut as for a run; in the model's place
stands a function that answers nothing. lm-eval's count is of its own rule: one row for each
continuation, one-token continuations of one context shared.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np

from julja.config import RunConfig
from julja.models.hf.forward import Prefix, Steps
from julja.models.hf.likelihood import Likelihoods
from julja.models.hf.requests import Asked, Translator
from julja.models.hf.tokens import Encoder
from julja.models.tree import Costs, join_rows
from julja.run.planning import make_plan

# task -> documents, and the budgets of one batch.
TASKS = {
    "mmlu:form=rank,prompt=lm_eval": None,
    "hellaswag:form=rank,shots=0": 1000,
    "truthfulqa:release=v1": None,
    "piqa:form=rank": 1000,
}
BUDGETS = {
    "cpu": (2048, 682, Costs(0.00033, 64, 256)),
    "gpu": (16384, 5461, Costs(0.00033, 1024, 1024)),
}


def no_model(bins: Any, prefix: Prefix | None = None, *, keep: bool = False) -> Any:
    """Answers every step with 0."""
    rows = [join_rows(rows) for rows in bins]
    queries = np.concatenate([row.queries for row in rows])
    steps = np.concatenate([row.steps for row in rows])
    zeros = np.zeros(len(queries))
    length = (prefix.length if prefix else 0) + len(rows[0].tokens)
    return Steps(queries, steps, zeros, zeros > 0), Prefix((), length) if keep else None


def bench_trees(mirror: Path, tasks: dict[str, int | None] = TASKS) -> dict[str, Any]:
    """Figures of each task, told as they are found."""
    from transformers import AutoTokenizer

    from julja.models.hf.load import converted_smollm2

    tokenizer = AutoTokenizer.from_pretrained(converted_smollm2())
    translator = Translator("hf", Encoder(tokenizer, window=8192), chat=False, rank_chat=False)
    head = f"{'prefix trees':32} {'docs':>6} {'lm-eval tokens':>15} {'nodes':>10}"
    print(f"{head} {'cpu':>6} {'gpu':>6}")
    found: dict[str, Any] = {}
    for name, limit in tasks.items():
        found[name] = row = _task(translator, name, limit, mirror)
        print(
            f"{name:32} {row['docs']:6} {row['lm_eval_tokens']:15,} {row['nodes']:10,}"
            f" {row['cpu']:6.3f} {row['gpu']:6.3f}  tokenised in {row['tokenise_s']:.0f} s",
            flush=True,
        )
    return found


def _task(translator: Translator, name: str, limit: int | None, mirror: Path) -> dict[str, Any]:
    config = RunConfig(tasks=(name,), model="hf/smollm2", data=str(mirror), limit=limit)
    plan = make_plan(config, frozenset({"rank"}), {"name": "hf"})
    requests = [leaf.request(sample, epoch) for leaf, sample, epoch in plan.items()]
    start = time.perf_counter()
    asked = translator.asked(list(enumerate(requests)))
    seconds = time.perf_counter() - start
    pairs = [pair for item in asked if isinstance(item, Asked) for pair in item.pairs]
    queries = [pair.query() for pair in pairs]
    rows = {(q.inputs.tobytes(), len(q.targets) == 1 or i) for i, q in enumerate(queries)}
    row: dict[str, Any] = {
        "docs": len(requests),
        "lm_eval_tokens": sum(len(inputs) // 4 for inputs, _ in rows),
        "tokenise_s": seconds,
    }
    for kind, (tokens, asks, costs) in BUDGETS.items():
        likelihoods = Likelihoods(no_model, tokens=tokens, asks=asks, costs=costs)  # type: ignore[arg-type]
        answered = sum(len(part) for part in likelihoods.run(queries))
        assert answered == len(queries)
        row["nodes"] = likelihoods.work.nodes
        row[kind] = likelihoods.work.computed / likelihoods.work.nodes
    return row
