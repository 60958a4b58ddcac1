"""AGIEval, C-Eval, LegalBench, BIG-bench and MILU beside the code that asks them elsewhere.

AGIEval's prompts are written again here from ruixiangcui/AGIEval's src/dataset_loader.py, over all
real questions, MILU's from its authors' fork of lm-eval (lm_eval/tasks/milu: utils.py, commit
16fab14, and _default_template_yaml); the others, and AGIEval's accuracy, are lm-eval 0.4.13's.
"""

import json

import pytest

from julja.benchmarks.knowledge import agieval
from julja.benchmarks.knowledge.legalbench import SUBSETS, settings
from julja.data.load import load

from .test_leaderboard_prompts import ask_lm_eval, asked, compare, leaves_of, values

pytestmark = pytest.mark.parity
HOLDS = ("agieval", "bigbench", "ceval", "legalbench", "milu")
peers = pytest.mark.peers


def zero_shot(row, exam, *, reasoned=False):
    """convert_zero_shot and, with `reasoned`, convert_zero_shot_CoT_stage1."""
    english = exam in (*agieval.ENGLISH, "math")
    text = (row["passage"] or "") + ("Q: " if english else "问题：") + row["question"]
    if exam in agieval.CLOZE:
        if english:
            return f"{text}\nA: " + ("Let's think step by step." if reasoned else "The answer is")
        return f"{text}\n答案：" + ("让我们逐步思考：" if reasoned else "")
    text += (" Answer Choices: " if english else " 选项：") + " ".join(row["options"]) + "\n"
    last = "ABCDEFG"[len(row["options"]) - 1]
    if english:
        end = f"A: Among A through {last}, the answer is"
        return text + ("Let's think step by step." if reasoned else end)
    if reasoned:
        return f"{text}从A到{last}, 我们应选择什么？让我们逐步思考："
    return f"{text}答案：从A到{last}, 我们应选择"


@pytest.fixture(scope="module")
def exams(mirror):
    """The rows of each of AGIEval's 21 files."""
    source = agieval.agieval().rows
    return {
        name: load(source, benchmark="agieval", mirror=mirror, subset=name).rows
        for name in agieval.EXAMS
    }


@pytest.mark.mirror
@pytest.mark.parametrize("prompt", ["answer", "cot"])
def test_agieval_asks_every_question_as_officially(prompt, exams, mirror):
    count = 0
    for name, rows in exams.items():
        (leaf,) = leaves_of(f"agieval/{name}:prompt={prompt}", mirror, "generate")
        for sample, row in zip(leaf.samples, rows, strict=True):
            wanted = zero_shot(row, name, reasoned=prompt == "cot")
            assert leaf.request(sample, 0).prompt.text == wanted
            count += 1
    assert count == 8269


@peers
@pytest.mark.mirror
def test_agieval_s_accuracy_is_lm_eval_s(exams, mirror):
    """lm-eval ranks the options' texts, and the official code has no ranking: julja ranks letters.

    So the questions and the accuracy of given likelihoods are compared, not the continuations.
    """
    few = {name: leaves_of(f"agieval/{name}", mirror)[0] for name in agieval.ONE_LETTER}
    jobs = []
    for name in few:
        hub = [
            {
                "query": zero_shot(row, name),
                "choices": list(row["options"]),
                "gold": ["ABCDEFG".index(letter) for letter in row["label"]],
            }
            for row in exams[name][:100]
        ]
        task = f"agieval_{name.replace('-', '_')}"
        jobs.append({"task": task, "folder": "agieval", "splits": {"test": hub}})
    assert len(jobs) == 16
    for leaf, job, theirs in zip(few.values(), jobs, ask_lm_eval(jobs), strict=True):
        samples = leaf.samples[:100]
        for ours, other in zip(asked(leaf, samples), theirs["requests"], strict=True):
            assert [context for context, _ in ours] == [context for context, _ in other]
        found = values(leaf, samples, job["task"])
        assert found["acc"] == pytest.approx(theirs["values"]["acc"])


def exam(number):
    options = dict(zip("ABCD", ("四", "六", "五", "七"), strict=True))
    key = "ABCD"[number % 4]
    return {"id": number, "question": f" 二加三等于（{number}）", **options, "answer": key}


@peers
@pytest.mark.parametrize("shots", [0, 2])
def test_ceval(shots, tmp_path):
    """lm-eval leaves 考试 out of the heading and puts a blank before a letter; C-Eval's own code
    (code/evaluator_series) has the one and not the other, as here."""
    rows, shown = [exam(n) for n in range(6)], [exam(n) for n in range(20, 25)]
    name, columns = "accountant", ("id", "question", *"ABCD", "answer")
    for split, part in (("val", rows), ("dev", shown)):
        (tmp_path / "ceval" / split).mkdir(parents=True)
        lines = [columns, *([str(row[key]) for key in columns] for row in part)]
        text = "".join(",".join(line) + "\n" for line in lines)
        (tmp_path / "ceval" / split / f"{name}_{split}.csv").write_text(text, encoding="utf-8")
    job = {"task": f"ceval-valid_{name}", "folder": "ceval", "shots": shots}
    (theirs,) = ask_lm_eval([{**job, "splits": {"val": rows, "dev": shown}}])
    (leaf,) = leaves_of(f"ceval/{name}:shots={shots}", tmp_path)
    theirs["requests"] = [
        [
            [
                context.replace("的单项选择题", "考试的单项选择题").replace("答案： ", "答案："),
                letter.strip(),
            ]
            for context, letter in document
        ]
        for document in theirs["requests"]
    ]
    theirs["values"].pop("acc_norm")
    compare(leaf, job["task"], theirs)


def words(subset, number):
    fields = {key: f"{key} number {number}." for _, key in settings()[subset]["fields"]}
    return {"index": str(number), **fields, "answer": ("Yes", "No")[number % 2]}


@peers
def test_legalbench_s_prompts(tmp_path):
    """Without exemplars: lm-eval draws them, HELM takes the first."""
    jobs = []
    for subset in SUBSETS:
        rows = [words(subset, number) for number in range(4)]
        (tmp_path / "legalbench" / subset).mkdir(parents=True)
        for split in ("train", "test"):
            lines = [list(rows[0]), *(list(row.values()) for row in rows)]
            text = "".join("\t".join(line) + "\n" for line in lines)
            path = tmp_path / "legalbench" / subset / f"{split}.tsv"
            path.write_text(text, encoding="utf-8")
        job = {"task": f"legalbench_{subset}", "folder": "legalbench", "shots": 0}
        jobs.append({**job, "splits": {"train": rows, "test": rows}})
    leaves = {leaf.subset: leaf for leaf in leaves_of("legalbench:shots=0", tmp_path, "generate")}
    for subset, theirs in zip(SUBSETS, ask_lm_eval(jobs), strict=True):
        assert list(asked(leaves[subset], leaves[subset].samples)) == theirs["requests"]


@peers
@pytest.mark.parametrize("end", ["A: ", "A:"])
def test_bigbench_s_rendered_rows(end, tmp_path):
    """lm-eval ranks " choice" behind a prompt without its last blank; so does julja."""
    rows = [
        {
            "idx": number,
            "inputs": f"Q: Is {number} even?\n  choice: Yes\n  choice: No\n{end}",
            "targets": [("Yes", "No")[number % 2]],
            "multiple_choice_targets": ["Yes", "No"],
            "multiple_choice_scores": [1 - number % 2, number % 2],
        }
        for number in range(8)
    ]
    (tmp_path / "bigbench" / "strategyqa").mkdir(parents=True)
    (tmp_path / "bigbench" / "strategyqa" / "task.json").write_text(json.dumps(rows))
    name = "bigbench_strategyqa_multiple_choice"
    hub = [{**row, "inputs": row["inputs"].rstrip(" ")} for row in rows]
    (theirs,) = ask_lm_eval([{"task": name, "folder": "bigbench", "splits": {"default": hub}}])
    (leaf,) = leaves_of("bigbench/strategyqa", tmp_path)
    assert list(asked(leaf, leaf.samples)) == theirs["requests"]
    found = values(leaf, leaf.samples, name)
    assert found["multiple_choice_grade"] == pytest.approx(theirs["values"]["acc"])


def indic(number):
    options = {f"option{place}": f"उत्तर {place}.{number}" for place in range(1, 5)}
    key = f"option{number % 4 + 1}"
    return {"question": f"गंगा क्या है ({number})?", **options, "target": key, "domain": "x"}


def indic_prompt(row):
    """doc_to_text: the options are shown with their letters."""
    options = "".join(f"{'ABCD'[n]}. {row[f'option{n + 1}']}\n" for n in range(4))
    return f"Question: {row['question']}\nChoices:\n{options}Answer:"


def test_milu(tmp_path):
    """doc_to_choice: the options' texts are ranked, behind the first of the validation rows."""
    rows, shown = [indic(n) for n in range(4)], [indic(n) for n in range(10, 16)]
    (tmp_path / "milu" / "Hindi").mkdir(parents=True)
    for split, part in (("test", rows), ("validation", shown)):
        path = tmp_path / "milu" / "Hindi" / f"{split}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in part), encoding="utf-8")
    (leaf,) = leaves_of("milu/Hindi:shots=2", tmp_path)
    before = "".join(f"{indic_prompt(row)} {row[row['target']]}\n\n" for row in shown[:2])
    for row, found in zip(rows, asked(leaf, leaf.samples), strict=True):
        context = before + indic_prompt(row)
        assert found == [[context, f" {row[f'option{place}']}"] for place in range(1, 5)]
