"""VQA accuracy of answers made of the annotators' own; MMMU's and easy-VQA's recorded answers."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from julja.data.files import read_rows
from julja.scoring.vision.vqa import accuracy
from tests.fidelity.claim import Claim

_FILE = "{}/val_annotations_vqa_format.json.gz"
OFFICIAL = "GT-Vision-Lab/VQA: vqaEval.py, run on these answers (vqa_official)"
WITH_IDS = f"{OFFICIAL}, with answer ids put in"
MMMU = "MMMU-Benchmark/MMMU: main_eval_only.py, its example outputs"
EASY = "vzhou842/easy-VQA-demo: its model on the test set"


def _majority(answers: Sequence[str]) -> str:
    return Counter(answers).most_common(1)[0][0]


def _first(answers: Sequence[str]) -> str:
    return answers[0]


def _yes(answers: Sequence[str]) -> str:
    return "yes"


def _unanswerable(answers: Sequence[str]) -> str:
    return "unanswerable"


def vqa(
    task: str, name: str, choose: Callable[[Sequence[str]], str], value: float, source: str
) -> Claim:
    """The accuracy, in hundredths, of one answer to each question, chosen among the annotators'."""

    def compute(mirror: Path) -> tuple[float, int]:
        rows = read_rows(mirror / _FILE.format(task))["annotations"]
        answers = [[item["answer"] for item in row["answers"]] for row in rows]
        values = [accuracy(choose(given), given) for given in answers]
        return 100 * sum(values) / len(values), len(values)

    return Claim(task, _FILE.format(task), f"acc of {name}", value, 2, source, compute=compute)


def mmmu(model: str, value: float) -> Claim:
    """The overall accuracy of one of the repository's models, by its parsed answers."""
    file = f"mmmu_repo/mmmu/example_outputs/{model}/total_val_output.json"
    return Claim("mmmu", file, "acc", value, 3, MMMU)


CLAIMS: tuple[Claim, ...] = (
    vqa("textvqa", "the most frequent answer", _majority, 98.45, OFFICIAL),
    vqa("textvqa", "the first annotator", _first, 87.15, OFFICIAL),
    vqa("textvqa", "always yes", _yes, 5.46, OFFICIAL),
    vqa("textvqa", "always unanswerable", _unanswerable, 5.35, OFFICIAL),
    vqa("vizwiz", "the most frequent answer", _majority, 94.11, WITH_IDS),
    vqa("vizwiz", "the first annotator", _first, 73.51, WITH_IDS),
    vqa("vizwiz", "always yes", _yes, 3.93, WITH_IDS),
    vqa("vizwiz", "always unanswerable", _unanswerable, 52.12, WITH_IDS),
    mmmu("llava1.5_13b", 0.367),
    mmmu("qwen_vl", 0.361),
    Claim("easy_vqa", "easy_vqa/pred_easy-vqa-demo_test.csv.gz", "exact_match", 0.99245, 5, EASY),
)
