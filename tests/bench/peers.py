"""The same requests through lm-eval's and inspect's API path, for the speed table."""

import json
from pathlib import Path

LM_EVAL = """\
task: julja_bench
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{input}}}}"
doc_to_target: "{{{{expected}}}}"
generation_kwargs: {{until: ["\\n\\n"], max_gen_toks: 16, temperature: 0}}
metric_list: [{{metric: exact_match}}]
metadata: {{version: 1}}
"""
INSPECT = """\
from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset, FieldSpec
from inspect_ai.scorer import includes
from inspect_ai.solver import generate
from inspect_ai.model import GenerateConfig


@task
def bench():
    return Task(
        dataset=json_dataset({data!r}, FieldSpec(input="input", target="expected", id="id")),
        solver=generate(),
        scorer=includes(),
        config=GenerateConfig(max_tokens=16, temperature=0),
    )
"""


def commands(
    python: Path, url: str, folder: Path, requests: int, connections: int
) -> dict[str, list[str]]:
    """Command lines that send `requests` chat requests with `connections` at once."""
    data = folder / f"bench{requests}.jsonl"
    home = folder / "peers"
    home.mkdir(exist_ok=True)
    (home / "julja_bench.yaml").write_text(LM_EVAL.format(data=json.dumps(str(data))))
    (home / "bench.py").write_text(INSPECT.format(data=str(data)))
    lm_args = f"model=bench,base_url={url}/chat/completions,num_concurrent={connections}"
    bin_ = python.parent
    return {
        "lm-eval": [
            *(str(bin_ / "lm_eval"), "run", "--model", "local-chat-completions"),
            *("--model_args", lm_args, "--tasks", "julja_bench", "--include_path", str(home)),
            *("--apply_chat_template", "--output_path", str(home / "out"), "--log_samples"),
        ],
        "inspect": [
            # inspect finds task files by patterns relative to the folder that it is called in.
            *("env", "-C", str(home), str(bin_ / "inspect"), "eval", "bench.py"),
            *("--model", "openai/bench", "--model-base-url", url, "--log-dir", str(home / "logs")),
            *("--max-connections", str(connections), "--max-samples", str(connections)),
            *("-M", "responses_api=false", "--display", "none"),
        ],
    }
