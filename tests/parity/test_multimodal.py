"""VQA, MMMU, easy-VQA, COCO-QA and MMBench on real rows, through `julja score`.

The 37 rows of MMMU are recomputed from the key and the parsed answers in its repository by plain
equality (options) and by the table's own arithmetic; the raw answers must be read as upstream did.
"""

import csv
import hashlib
import io
import json
import re
from collections import Counter, defaultdict

import numpy as np
import pytest

from julja.benchmarks.multimodal import mmbench, mmmu
from julja.benchmarks.multimodal.mmmu_subjects import DOMAINS, SUBJECTS
from julja.cli.main import main
from julja.data.files import read_rows
from julja.scoring.vision.caption_text import tokenize
from julja.scoring.vision.captions import CaptionPool
from julja.scoring.vision.mmmu import mmmu_answer
from julja.types import Response

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
HOLDS = ("coco_captions", "coco_qa", "easy_vqa", "mmbench", "mmmu", "textvqa", "vizwiz")
OUTPUTS = "mmmu_repo/mmmu/example_outputs"


def score(task, file, mirror, tmp_path, capsys):
    """The result object of `julja score`."""
    places = ["--data", str(mirror), "--store", str(tmp_path / "julja.db")]
    with pytest.raises(SystemExit) as stop:
        main(["score", task, "--responses", str(file), *places, "--json"])
    said = capsys.readouterr()
    assert stop.value.code == 0, said.err
    return json.loads(said.out)["results"][0]


def value_of(result, name):
    return result["metrics"][name]["value"]


@pytest.mark.parametrize(("task", "majority"), [("textvqa", 98.45), ("vizwiz", 94.11)])
def test_vqa_result_files_have_the_official_accuracy(task, majority, mirror, tmp_path, capsys):
    rows = read_rows(mirror / task / "val_annotations_vqa_format.json.gz")["annotations"]
    answers = [
        {
            "question_id": row["question_id"],
            "answer": Counter(a["answer"] for a in row["answers"]).most_common(1)[0][0],
        }
        for row in rows
    ]
    file = tmp_path / "results.json"
    file.write_text(json.dumps(answers))
    result = score(task, file, mirror, tmp_path, capsys)
    assert round(100 * value_of(result, "acc"), 2) == majority
    assert result["counts"]["scored"] == len(rows)


@pytest.mark.parametrize(("model", "overall"), [("llava1.5_13b", 0.367), ("qwen_vl", 0.361)])
def test_all_37_rows_of_mmmu(model, overall, mirror, tmp_path, capsys):
    file = mirror / OUTPUTS / model / "total_val_output.json"
    result = score("mmmu", file, mirror, tmp_path, capsys)
    assert round(value_of(result, "acc"), 3) == overall
    parts = {part.get("value", part["task"].split("/")[-1]): part for part in result["subsets"]}
    found = {
        name: value_of(part, "acc")
        for name, part in parts.items()
        if part.get("field") in (None, "domain")
    }
    right = defaultdict(list)
    given = json.loads(file.read_text())
    key = read_rows(mirror / "mmmu_repo" / "mmmu" / "answer_dict_val.json.gz")
    for name, entry in key.items():
        if entry["question_type"] == "multiple-choice":
            right[mmmu.subject_of(name)].append(float(given[name] == entry["ground_truth"]))
        else:
            sample = mmmu.to_sample(
                {"id": name, "question_type": "open", "answer": entry["ground_truth"]}
            )
            verdict = mmmu_answer()(sample, Response(given[name])).values["acc"]
            right[mmmu.subject_of(name)].append(verdict)
    for domain in set(DOMAINS.values()):
        right[domain] = [v for s in SUBJECTS if DOMAINS[s] == domain for v in right[s]]
    expected = {name: sum(values) / len(values) for name, values in right.items()}
    assert len(expected) == 36
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(("model", "unread"), [("llava1.5_13b", 2), ("qwen_vl", 48)])
def test_raw_answers_are_read_as_upstream_read_them(model, unread, mirror, tmp_path, capsys):
    parsed = json.loads((mirror / OUTPUTS / model / "total_val_output.json").read_text())
    states = Counter()
    for subject in SUBJECTS:
        for row in read_rows(mirror / OUTPUTS / model / subject / "output.json"):
            if row["question_type"] == "multiple-choice":
                found = mmmu_answer()(
                    mmmu.to_sample({**row, "listed": row}), Response(row["response"])
                )
                states[found.state] += 1
                assert found.state == "unparsed" or found.extracted == parsed[row["id"]], row["id"]
    assert states == {"scored": 847 - unread, "unparsed": unread}
    result = score("mmmu", mirror / OUTPUTS / model, mirror, tmp_path, capsys)
    assert result["counts"] | {"scored": 900 - unread, "unparsed": unread} == result["counts"]


def test_the_recorded_model_of_easy_vqa(mirror, tmp_path, capsys):
    file = mirror / "easy_vqa" / "pred_easy-vqa-demo_test.csv.gz"
    result = score("easy_vqa", file, mirror, tmp_path, capsys)
    assert round(value_of(result, "exact_match"), 5) == 0.99245
    assert result["counts"]["scored"] == 9673


@pytest.mark.parametrize("split", ["test", "train"])
def test_coco_qa_scores_its_own_answers(split, mirror, tmp_path, capsys):
    rows = read_rows(mirror / "coco_qa" / f"COCO-QA_QA_{split}.json")
    answers = {name: row["answer"].upper() for name, row in rows.items()}
    answers[next(iter(answers))] = "nothing like it"
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(answers))
    result = score(f"coco_qa:split={split}", file, mirror, tmp_path, capsys)
    assert value_of(result, "exact_match") == pytest.approx(1 - 1 / len(rows))


def sampled_questions(mirror):
    """The questions that MMBench's page of samples shows, as rows without rotations."""
    text = (mirror / "mmbench" / "samples_README.md").read_text(encoding="utf-8")
    found = []
    for cell in re.findall(r"<p>QUESTION\.(.*?)</p>", text, re.DOTALL):
        plain = re.sub(r"<br\s*/?>", "\n", cell)
        options = dict(re.findall(r"^\s*([A-D])\.\s*(.+?)\s*$", plain, re.MULTILINE))
        answer = re.search(r"ANSWER\.\s*([A-D])", plain)
        if answer and len(options) >= 2:
            question = plain.partition("Options:")[0].strip()
            row = {"index": len(found), "question": question, **options, "answer": answer[1]}
            found.append({**row, "category": "sample", "l2-category": "sample"})
    return found


def test_mmbenchs_samples_in_every_rotation(mirror, tmp_path, capsys):
    rows = sampled_questions(mirror)
    assert len(rows) >= 40
    folder = tmp_path / "data" / "mmbench"
    folder.mkdir(parents=True)
    (folder / "MMBench_DEV_EN.tsv").write_text(tsv(rows), encoding="utf-8")
    turned = mmbench.rotations(rows)
    assert len(turned) == sum(len(mmbench.options_of(row)) for row in rows)
    for name, answer_of, circular, vanilla in (
        ("right", lambda row: row["answer"], 1.0, 1.0),
        ("always_a", lambda row: "A", 0.0, sum(r["answer"] == "A" for r in rows) / len(rows)),
        (
            "as_written",
            lambda row: row["answer"] if row["index"] < mmbench.STEP else "none",
            0.0,
            1.0,
        ),
    ):
        file = tmp_path / f"{name}.json"
        answers = [{"index": row["index"], "prediction": answer_of(row)} for row in turned]
        file.write_text(json.dumps(answers))
        result = score("mmbench", file, tmp_path / "data", tmp_path, capsys)
        assert value_of(result, "circular") == pytest.approx(circular), name
        assert value_of(result, "vanilla") == pytest.approx(vanilla), name


def tsv(rows):
    """Upstream's form of a data set."""
    out = io.StringIO()
    names = ["index", "question", "A", "B", "C", "D", "answer", "category", "l2-category"]
    writer = csv.DictWriter(out, names, delimiter="\t", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def fake_captions(mirror):
    """The tokens of COCO's thousand made captions."""
    file = mirror / "coco_api" / "results" / "captions_val2014_fakecap_results.json.gz"
    return [tokenize(row["caption"]) for row in read_rows(file)]


def test_captions_have_the_tokens_of_stanfords_program(mirror):
    """The digest is of PTBTokenizer's own output (CoreNLP 3.4.1, run apart from julja)."""
    text = "\n".join(" ".join(tokens) for tokens in fake_captions(mirror))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "7ecf44d7bccb410f"


def test_caption_metrics_are_those_of_pycocoevalcap(mirror):
    """The expected numbers are pycocoevalcap 1.2's, run apart from julja on the same sets."""
    texts = fake_captions(mirror)
    tables = [
        {
            "tokens": texts[n * 5][:4] + texts[n * 5 + 1][:6],
            "references": texts[n * 5 + 1 : n * 5 + 5],
        }
        for n in range(200)
    ]
    assert CaptionPool(tables)(np.ones(200)) == pytest.approx(
        {
            "bleu_1": 0.7454999999996272,
            "bleu_2": 0.6597644781785446,
            "bleu_3": 0.6032682517429448,
            "bleu_4": 0.5540761567065295,
            "rouge_l": 0.5959413111646603,
            "cider_d": 1.3545890003395422,
        },
        rel=1e-12,
    )


def test_a_results_file_of_captions(mirror, tmp_path, capsys):
    rows = read_rows(mirror / "coco_api" / "results" / "captions_val2014_fakecap_results.json.gz")
    texts = [row["caption"] for row in rows]
    folder = tmp_path / "data" / "coco"
    folder.mkdir(parents=True)
    pictures = [{"id": n, "file_name": f"{n}.jpg"} for n in range(200)]
    notes = [
        {"image_id": n, "caption": text}
        for n in range(200)
        for text in texts[n * 5 + 1 : n * 5 + 5]
    ]
    (folder / "made.json").write_text(json.dumps({"images": pictures, "annotations": notes}))
    file = tmp_path / "results.json"
    file.write_text(json.dumps([{"image_id": n, "caption": texts[n * 5]} for n in range(199)]))
    task = "coco_captions:annotations=coco/made.json"
    result = score(task, file, tmp_path / "data", tmp_path, capsys)
    names = ["cider_d", "bleu_1", "bleu_2", "bleu_3", "bleu_4", "rouge_l"]
    assert list(result["metrics"]) == names
    assert (result["counts"]["scored"], result["counts"]["skipped"]) == (199, 1)
    low, high = result["metrics"]["cider_d"]["ci"]
    assert low < value_of(result, "cider_d") < high
