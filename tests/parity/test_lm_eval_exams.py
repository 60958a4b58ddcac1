"""Exams, LAMBADA, TruthfulQA and NQ-Open beside lm-eval's own code.

Where the mirror has the rows they are real ones, else our own in the hub's layout.
"""

import json

import pytest

from julja.data.files import read_rows

from .test_leaderboard_prompts import FEW, ask_lm_eval, asked, compare, leaf_of, leaves_of, values

pytestmark = [pytest.mark.mirror, pytest.mark.parity, pytest.mark.peers]
HOLDS = (
    "global_mmlu",
    "lambada_multilingual",
    "lambada_standard",
    "medmcqa",
    "medqa",
    "nq_open",
    "pubmedqa",
    "truthfulqa",
)


def written(folder, name, rows):
    """A file of rows of our own in a mirror of our own."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def job(task, folder, rows, split="test", **more):
    """A job whose other splits are the first rows, which lm-eval wants to see."""
    splits = {name: rows[:2] for name in ("train", "validation", "dev", "test")}
    return {"task": task, "folder": folder, "splits": {**splits, split: rows}, **more}


def test_medmcqa(mirror):
    rows = read_rows(next((mirror / "medmcqa/data").glob("dev.json*")))[:FEW]
    hub = [{**row, "cop": row["cop"] - 1} for row in rows]
    keys = ("question", "opa", "opb", "opc", "opd", "cop")
    made = job("medmcqa", "medmcqa", [{key: row[key] for key in keys} for row in hub], "validation")
    (theirs,) = ask_lm_eval([job_with_test(made)])
    compare(leaf_of("medmcqa", mirror), "medmcqa", theirs, FEW)


def job_with_test(made):
    """lm-eval takes the test split where there is one."""
    splits = made["splits"]
    return {**made, "splits": {**splits, "test": splits["validation"]}}


def test_medqa(mirror):
    leaf = leaf_of("medqa", mirror)
    rows = [
        {
            "sent1": sample.input,
            **{f"ending{place}": choice for place, choice in enumerate(sample.choices)},
            "label": sample.answer[0],
        }
        for sample in leaf.samples[:FEW]
    ]
    (theirs,) = ask_lm_eval([job("medqa_4options", "medqa", rows)])
    compare(leaf, "medqa_4options", theirs, FEW)


def test_pubmedqa(mirror):
    found = read_rows(next((mirror / "pubmedqa/data").glob("test_set.json*")))
    keys = ("QUESTION", "CONTEXTS", "final_decision")
    rows = [{key: row[key] for key in keys} for row in found.values()][:FEW]
    (theirs,) = ask_lm_eval([job("pubmedqa", "pubmedqa", rows)])
    compare(leaf_of("pubmedqa", mirror), "pubmedqa", theirs, FEW)


def test_truthfulqa(mirror):
    """MC1 and MC2 are two tasks there, over their own answers; here one over all answers."""
    rows = read_rows(next((mirror / "truthfulqa/data").glob("mc_task.json*")))[:FEW]
    hub = [
        {
            "question": row["question"],
            **{
                name: {"choices": list(row[name]), "labels": list(row[name].values())}
                for name in ("mc1_targets", "mc2_targets")
            },
        }
        for row in rows
    ]
    names = ("truthfulqa_mc1", "truthfulqa_mc2")
    first, second = ask_lm_eval([job(name, "truthfulqa", hub, "validation") for name in names])
    leaf = leaf_of("truthfulqa", mirror)
    samples = leaf.samples[:FEW]
    for sample, ours, mc1, mc2 in zip(
        samples, asked(leaf, samples), first["requests"], second["requests"], strict=True
    ):
        assert sorted(mc2) == sorted(ours[: len(mc2)])
        assert [ours[place] for place in sample.fields["mc1"]] == mc1
    # All of MC2's answers come first here, so the made-up likelihoods are the same.
    assert values(leaf, samples, "truthfulqa_mc2")["mc2"] == pytest.approx(second["values"]["acc"])


def test_nq_open(mirror):
    rows = read_rows(next((mirror / "nq_open").glob("validation_hf.jsonl*")))[:FEW]
    (theirs,) = ask_lm_eval([job("nq_open", "nq_open", rows, "validation", shots=0)])
    (leaf,) = leaves_of("nq_open:shots=0", mirror, "generate")
    ours = list(asked(leaf, leaf.samples[:FEW]))
    assert ours == theirs["requests"]


LANGUAGES = ("de", "en", "fr")


def test_lambada_in_its_other_versions(mirror, tmp_path):
    lines = ["the cat saw the dog and the dog saw the cat", "er ging nach hause , sagte er"]
    texts = [{"text": text} for text in lines]
    written(tmp_path, "lambada/lambada_test_plain_text.jsonl", texts)
    for language in LANGUAGES:
        written(tmp_path, f"lambada/lambada_test_{language}.jsonl", texts)
    names = [f"lambada_openai_mt_{language}" for language in LANGUAGES]
    jobs = [job(name, "lambada_multilingual", texts) for name in names]
    standard, *others = ask_lm_eval([job("lambada_standard", "lambada", texts), *jobs])
    compare(leaf_of("lambada_standard", tmp_path), "lambada_standard", standard)
    for name, language, theirs in zip(names, LANGUAGES, others, strict=True):
        compare(leaf_of(f"lambada_multilingual/{language}", tmp_path), name, theirs)


def bones(number):
    return {
        "sample_id": f"anatomy/test/{number}",
        "question": f" 사람의 뼈는 몇 개인가? ({number}) ",
        **{f"option_{letter}": f"{letter}{number}" for letter in "abcd"},
        "answer": "ABCD"[number % 4],
        "subject": "anatomy",
        "subject_category": "Medical",
        "cultural_sensitivity_label": "CA",
    }


@pytest.mark.parametrize("shots", [0, 2])
def test_global_mmlu(shots, tmp_path):
    rows, shown = [bones(n) for n in range(8)], [bones(n) for n in range(50, 53)]
    written(tmp_path, "global_mmlu/ko/test.jsonl", rows)
    written(tmp_path, "global_mmlu/ko/dev.jsonl", shown)
    name = "global_mmlu_full_ko_anatomy"
    made = job(name, "global_mmlu/full/ko", rows, shots=shots)
    (theirs,) = ask_lm_eval([{**made, "splits": {"test": rows, "dev": shown}}])
    compare(leaf_of(f"global_mmlu/ko:shots={shots}", tmp_path), name, theirs)
