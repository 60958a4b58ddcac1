"""WildBench v2: 1,024 hard tasks of real conversations, graded with a checklist for each.

Paper: Lin et al., WildBench, 2024, https://arxiv.org/abs/2406.04770 (data ODC-BY-1.0, code
Apache-2.0). Protocol: allenai/WildBench 0c9a752: WB-Score grades from 1 to 10 and is
(mean - 5) x 2; WB-Reward compares with three references on five points (100, 50, 0, -50, -100, the
mean over references), a slight win counting as a tie where the winner is more than `margin`
characters longer. The order of a pair is drawn. The overall number weighs five kinds of task.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from julja.benchmarks.preference.prompts import prompt
from julja.errors import ConfigError, DataError, ScoringError
from julja.scoring.judge.base import Judged, Opinion, Question, Reading, Shown, chat, jury_mean
from julja.scoring.judge.fill import fill
from julja.scoring.judge.pairwise import turned
from julja.scoring.judge.verdicts import WILDBENCH_PAIR, WILDBENCH_SCORE, comparison, rating
from julja.tasks.render import sample_hash
from julja.tasks.task import Attached, Card, Check, Form, Task, task
from julja.types import Decoding, Json, Message, Metric, Response, Row, Sample, Scorer, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HUB = "allenai/WildBench"
_REVISION = "26c49eb39d7d5ce2099b0bbafed5a88dcce954ec"
_OUTPUTS = "allenai/WildBench-V2-Model-Outputs"
REFERENCES = ("gpt-4-turbo-2024-04-09", "claude-3-haiku-20240307", "Llama-2-70b-chat-hf")
# The leaderboard's five groups of the data's primary tags.
GROUPS = {
    "Coding & Debugging": "Coding & Debugging",
    "Information seeking": "Information/Advice seeking",
    "Advice seeking": "Information/Advice seeking",
    "Planning": "Planning & Reasoning",
    "Reasoning": "Planning & Reasoning",
    "Math": "Math & Data Analysis",
    "Data Analysis": "Math & Data Analysis",
    "Creative Writing": "Creative Tasks",
    "Role playing": "Creative Tasks",
    "Editing": "Creative Tasks",
    "Brainstorming": "Creative Tasks",
}
LOW, HIGH = 1.0, 10.0
VALUES = {"A>>B": 2.0, "A>B": 1.0, "A=B": 0.0, "B>A": -1.0, "B>>A": -2.0}


@task
def wildbench(mode: str = "score", margin: int = 500) -> Task:
    """`mode=score` grades one answer; `mode=reward` compares with three references."""
    if mode not in ("score", "reward"):
        raise ConfigError(f"wildbench has no mode {mode!r}.", hint="It has score and reward.")
    reward = mode == "reward"
    return Task(
        name="wildbench",
        rows=Source(
            split="test",
            hub=_HUB,
            config="v2",
            revision=_REVISION,
            files=("v2.jsonl", "test.jsonl"),
        ),
        attached={
            f"answer of {model}": Attached(
                source=Source(
                    split="train",
                    hub=_OUTPUTS,
                    config=model,
                    files=(f"{model}.jsonl", f"{model}.json"),
                ),
                key=lambda row: row["session_id"],
            )
            for model in (REFERENCES if reward else ())
        },
        sample=to_sample,
        forms={
            "generate": Form(
                history=lambda sample: [Message(*turn) for turn in sample.fields["history"]],
                decoding=Decoding(max_tokens=4096),
                scorer=wildbench_pairs(margin) if reward else wildbench_grading(),
            )
        },
        by=("group",),
        params={"mode": mode, **({"margin": margin} if reward else {})},
        card=CARD,
        checks=CHECKS if not reward else (),
    )


def to_sample(row: Row) -> Sample:
    """A row {session_id, conversation_input: [{role, content}], checklist, primary_tag, …}."""
    turns = row["conversation_input"]
    if not turns or turns[-1]["role"] != "user":
        raise DataError(f"the conversation {row['session_id']} does not end with the user.")
    answers = {model: row.get(f"answer of {model}") for model in REFERENCES}
    return Sample(
        id=str(row["session_id"]),
        input=str(turns[-1]["content"]),
        fields={
            "history": [[turn["role"], turn["content"]] for turn in turns[:-1]],
            "checklist": [str(item) for item in row["checklist"]],
            "group": GROUPS.get(str(row.get("primary_tag")), "Information/Advice seeking"),
            "references": {m: _output(answer) for m, answer in answers.items() if answer},
        },
    )


def _output(row: Row) -> str:
    output = row["output"]
    return str(output[0] if isinstance(output, list) else output)


def _shown(sample: Sample) -> dict[str, str]:
    lines = [f"{role.upper()}: {content}\n\n" for role, content in sample.fields["history"]]
    items = "".join(f"- {item}\n" for item in sample.fields["checklist"])
    return {"history": "".join(lines), "user_query": sample.input, "checklist": items}


def wildbench_grading() -> Scorer:
    """WB-Score: ratings from 1 to 10 with the task's checklist; `wb_score` is (mean - 5) x 2."""
    decoding = Decoding(max_tokens=1024, temperature=0.0)

    def ask(sample: Sample, response: Response, can: frozenset[str]) -> list[Question]:
        values = _shown(sample) | {"model_output": response.text}
        return [Question(chat("", fill(prompt("wildbench", "score"), values), decoding))]

    def read(question: Question, sample: Sample, answer: Response) -> Reading:
        value = rating(answer.text, LOW, HIGH, WILDBENCH_SCORE)
        return Reading(None if value is None else f"{value:g}", value)

    def score(sample: Sample, response: Response, heard: Sequence[Opinion]) -> Mapping[str, float]:
        return {"rating": jury_mean(heard)}

    metrics = (
        Metric("rating", low=LOW, high=HIGH),
        Metric("wb_score", aggregate=_wb_score, columns=("rating",), low=-8.0, high=10.0),
    )
    args: dict[str, Json] = {"repeats": 1, "prompt": prompt("wildbench", "score")}
    return Judged("wildbench_grading", args, metrics, ask, read, score)


def _wb_score(columns: Mapping[str, "NDArray[np.float64]"]) -> float:
    from julja.stats.wildbench import wb_score

    return wb_score(columns["rating"])


def wildbench_pairs(margin: int) -> Scorer:
    """WB-Reward: one comparison with each of three references, in a drawn order."""
    decoding = Decoding(max_tokens=2048, temperature=0.0)

    def ask(sample: Sample, response: Response, can: frozenset[str]) -> list[Question]:
        found: list[Question] = []
        for model in REFERENCES:
            other = sample.fields["references"].get(model)
            if not other:
                raise ScoringError(f"task {sample.id} has no answer of {model} to compare with.")
            draw = sample_hash("wildbench", sample.id, model) % 2
            first: Shown = "answer" if draw else "baseline"
            a, b = (response.text, other) if draw else (other, response.text)
            values = _shown(sample) | {"answer_a": a, "answer_b": b}
            text = fill(prompt("wildbench", "pairwise"), values)
            found.append(Question(chat("", text, decoding), model, first))
        return found

    def read(question: Question, sample: Sample, answer: Response) -> Reading:
        return turned(comparison(answer.text, WILDBENCH_PAIR), question.first)

    def score(sample: Sample, response: Response, heard: Sequence[Opinion]) -> Mapping[str, float]:
        import numpy as np

        from julja.stats.wildbench import wb_reward

        rewards = []
        for opinion in heard:
            longer = len(sample.fields["references"][opinion.part]) - len(response.text)
            verdict = np.array([VALUES[str(opinion.reading.verdict)]])
            (reward,) = wb_reward(verdict, np.array([float(longer)]), margin)
            rewards.append(replace(opinion, reading=Reading(None, float(reward))))
        return {"wb_reward": jury_mean(rewards), "win_rate": jury_mean(heard)}

    metrics = (Metric("wb_reward", low=-100.0, high=100.0), Metric("win_rate"))
    args: dict[str, Json] = {
        "repeats": 1,
        "margin": margin,
        "prompt": prompt("wildbench", "pairwise"),
    }
    return Judged("wildbench_pairs", args, metrics, ask, read, score)


CARD = Card(
    title="WildBench v2",
    summary="Real users' hard requests, often inside a conversation, graded with a checklist.",
    abilities=("chat", "instruction following", "judged"),
    paper="https://arxiv.org/abs/2406.04770",
    licence="ODC-BY-1.0",
    official_scorer="allenai/WildBench: src/eval.py, src/view_wb_eval.py (judge gpt-4o-2024-05-13)",
    saturation="Ratings of strong models crowd between 8 and 9 of 10.",
    contamination="Conversations of WildChat, public since 2024; checklists are GPT-4's and "
    "Claude's.",
    label_errors="Checklists are model-written: some items ask for what the user did not.",
    notes="Judge-only numbers. `mode=reward` needs the references' answers. The leaderboard's "
    "overall number weighs five kinds of task (subsets by group); the metrics here weigh every "
    "task alike.",
    rows=1024,
)
_ROW: Row = {
    "session_id": "s1",
    "conversation_input": [
        {"role": "user", "content": "I have eggs and spinach."},
        {"role": "assistant", "content": "You could make an omelette."},
        {"role": "user", "content": "How?"},
    ],
    "checklist": ["Does it say how long to cook?", "Does it use spinach?"],
    "primary_tag": "Planning",
}
CHECKS = (
    Check(_ROW, "Whisk, fry the spinach, add, 3 minutes.", 1.0, judge=('{"score": "10"}',)),
    Check(_ROW, "Whisk and fry.", 1.0, judge=('```\n{"strengths": "all", "score": 10,}\n```',)),
    Check(_ROW, "No.", 0.0, judge=('{"weaknesses": "says "no"", "score": "1"}',)),
    Check(_ROW, "", 0.0, judge=('{"score": "1"}',)),
)
