"""InfiniteBench: twelve tasks over texts of 100,000 tokens and more.

Paper: Zhang et al., InfiniteBench: Extending Long Context Evaluation Beyond 100K Tokens, ACL 2024,
https://arxiv.org/abs/2402.13718. Data and official code: OpenBMB/InfiniteBench (MIT); the prompts
are src/prompt.py's for GPT-4, built as src/eval_utils.py does.
"""

import re
from collections.abc import Mapping, Sequence

from julja.benchmarks.long_context.infinitebench_rules import RULES
from julja.errors import DataError
from julja.scoring.base import FunctionScorer
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Score, Scorer, Source

TASKS = tuple(RULES)
_SCORE = (Metric("score"),)
_HIDDEN = "There is an important info hidden inside a lot of irrelevant text."
_QUIZ = " I will quiz you about the important information there.\n\n{context}\n\n{input}"
_LETTERS = "A. {A}\nB. {B}\nC. {C}\nD. {D}"
# src/prompt.py, gpt4_templates, word for word.
PROMPTS: Mapping[str, str] = {
    "passkey": f"{_HIDDEN} Find it and memorize them.{_QUIZ}",
    "number_string": f"{_HIDDEN} Find it.{_QUIZ}",
    "kv_retrieval": "Extract the value corresponding to the specified key in the JSON object"
    " below.\n\n{context}\n\n{input}",
    "longbook_qa_eng": "Read the book below and answer a question.\n\n{context}\n\n"
    "Question: {input}\n\nBe very concise.",
    "longbook_choice_eng": "Read the book and answer the question.\n\n{context}\n\nQuestion:"
    " {input}\n\nOnly one of the following options is correct, tell me the answer using one single"
    f" letter (A, B, C, or D). Don't say anything else.\n{_LETTERS}",
    "longbook_sum_eng": "Summarize the following book.\n\n{context}",
    "longbook_qa_chn": "请根据以下书籍回答我的问题。\n\n{context}\n\n问题：{input}\n"
    "请尽量简短地回答。",
    "math_find": "{prefix}\n\n{context}\n\n{input}",
    "math_calc": "Compute the intermediate values in the following long expression.\n\n{context}",
    "code_run": "Following is a set of Python functions. There is a function called named {func}."
    "\n\n{context}\n\nPlease give me the exact number of the return value of {call}. Be concise."
    " Your response must end with the final returned value.",
    "code_debug": "There is ONLY ONE function in the large project that is deliberately made to"
    " include an obvious error. Please find the function that contains the most obvious errors. I"
    " will give you four options to narrow your scope. You can inspect through the options and"
    " think. Eventually, tell me the answer using one single letter (A, B, C, or D).\n\n{context}"
    f"\n\nWhich funtion has deliberate error?\n{_LETTERS}\n\nYou should first find the functions in"
    " the options. Repeat their content, inspect through code, and at last give me your answer for"
    " the function that has the deliberate and obvious error in A, B, C, or D.",
    "longdialogue_qa_eng": "Below is a dialogue script where one random occurrence of a character"
    ' name is replaced with "$$MASK$$", and you should try to guess who that character is.\n\nThe'
    " dialogue:\n\n---\n\n{context}\n\n---\n\nEnd of dialogue.\n\nWhich character is most likely"
    ' "$$MASK$$"? Just say the name used by the scriptwriter (before the colon marks) of one single'
    " character and nothing else.",
}


@task
def infinitebench() -> Task:
    """3,946 questions of twelve tasks."""
    return Task(
        name="infinitebench",
        rows=Source(
            split="{subset}",
            hub="xinrongzhang2022/InfiniteBench",
            config="default",
            revision="90f0394333616266d9fe85824ceaf505093cbaa5",
            files=("data/{subset}.jsonl", "{subset}.jsonl"),
        ),
        subsets=TASKS,
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=lambda sample: str(sample.fields["prompt"]),
                cut="middle",
                decoding=Decoding(max_tokens=1024),
                scorer=by_rule(),
            )
        },
        responses=recorded,
        card=CARD,
        checks=CHECKS,
    )


def by_rule() -> Scorer:
    """Each task's own rule; the score is a share, of words, characters, values or answers."""

    def score(sample: Sample, response: Response) -> Score:
        value = RULES[sample.fields["task"]](response.text, sample.target)
        return Score({"score": value}, extracted=response.text.strip()[:200] or None)

    return FunctionScorer("infinitebench", {}, _SCORE, False, score)


def to_sample(row: Row) -> Sample:
    """A row {id, context, input, answer: [texts], options}."""
    name = str(row["subset"])
    answers = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
    targets = [str(answer) for answer in answers]
    if name not in RULES or not targets:
        raise DataError(f"row {row.get('id')} of {name!r} has the answer {row['answer']!r}.")
    options = [str(option) for option in row.get("options") or ()]
    if name in ("code_debug", "longbook_choice_eng"):
        if len(options) != 4 or targets[0] not in options:
            raise DataError(f"row {row['id']}: {targets[0]!r} is none of the options {options}.")
        targets = [targets[0], "ABCD"[options.index(targets[0])]]
    prompt = _prompt(name, str(row["context"]), str(row["input"]), options)
    return Sample(
        str(row["id"]),
        str(row["input"]),
        target=tuple(targets),
        fields={"task": name, "prompt": prompt},
    )


def _prompt(name: str, context: str, question: str, options: Sequence[str]) -> str:
    values = {"context": context, "input": question, **dict(zip("ABCD", options, strict=False))}
    if name == "code_run":
        call = re.search(r"func_[0-9]+\(\-?[0-9]+\)", question)
        if call is None:
            raise DataError(f"no call of a function is in {question[:80]!r}.")
        values |= {"call": call[0], "func": call[0].partition("(")[0]}
    if name == "math_find":
        wanted = re.search(r"The .+ of", question)
        if wanted is None:
            raise DataError(f"no number is asked for in {question[:80]!r}.")
        values["prefix"] = f"What is {wanted[0].lower()[:-3]} in the following list?"
    # One pass: a context may hold braces of its own.
    return re.sub(r"\{(\w+)\}", lambda m: values[m[1]], PROMPTS[name])


def recorded(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """The authors' prediction files: rows {id, prediction or pred}."""
    return [
        {"id": str(row["id"]), "response": row.get("prediction", row.get("pred"))}
        if "response" not in row
        else row
        for row in content
    ]


CARD = Card(
    title="InfiniteBench",
    summary="Finding keys and numbers, novels with other names, dialogue, code and long sums; "
    "answers need texts of 100,000 tokens on average.",
    abilities=("long context",),
    languages=("en", "zh"),
    paper="https://arxiv.org/abs/2402.13718",
    licence="MIT",
    official_scorer="OpenBMB/InfiniteBench: src/compute_scores.py",
    random_baseline=None,
    saturation="The retrieval tasks are solved; En.Dia, Math.Calc and Code.Run are not.",
    contamination="Novels with their main names replaced; the rest is generated.",
    label_errors="Code.Debug's rule misses right answers that are worded otherwise.",
    notes="The paper averages the twelve tasks (score_macro). The rules are the official ones and "
    "read some right answers as wrong. The middle of a prompt that is longer than the model's "
    "window is cut, as in the official code, and a sample says how much (cut_tokens). Math.Calc "
    "needs --max-tokens 30000. Summaries are scored by ROUGE-L without "
    "a split into lines.",
    rows=3946,
)


def _row(name: str, question: str, answer: Json, options: Sequence[str] = ()) -> Row:
    context = "Nothing of note. The pass key is 4711. Remember it."
    return {
        "subset": name,
        "id": 0,
        "context": context,
        "input": question,
        "answer": answer,
        "options": list(options),
    }


_KEY = _row("passkey", "What is the pass key?", ["4711"])
_RUN = _row("code_run", "What is func_12(-3)?", [-7])
_PICK = _row("longbook_choice_eng", "Who?", ["Ben"], ("Ada", "Ben", "Fay", "Eve"))
CHECKS = (
    Check(_KEY, "The pass key is 4711.", 1.0),
    Check(_RUN, "It returns -7.", 1.0),
    Check(_PICK, "B. Ben", 1.0),
    Check(_KEY, "The pass key is 4712", 0.0),
    Check(_RUN, "-7 it is", 0.0),
    Check(_PICK, "A", 0.0),
)
