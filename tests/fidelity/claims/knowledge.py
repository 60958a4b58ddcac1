"""MMLU of HELM's ten models, MMLU-Redux' share of errors, and MMLU-Pro's Llama 2."""

from pathlib import Path

from julja.config import RunConfig
from julja.run.planning import make_plan
from tests.fidelity.claim import Claim

LLAMA = "mmlu_pro/outputs/model_outputs_Llama-2-7b-hf_5shots.zip"
PRO = "TIGER-AI-Lab/MMLU-Pro, leaderboard and recorded verdicts"
HELM = "mmlu_redux/outputs/original_helm_combined"
# HELM prints three digits; the fourth is its answers' own.
HELM_MMLU = {
    "anthropic_claude-3-opus-20240229": 0.8458,
    "openai_gpt-4o-2024-05-13": 0.8415,
    "openai_gpt-4-0613": 0.8242,
    "google_gemini-1.5-pro-preview-0409": 0.8091,
    "openai_gpt-4-1106-preview": 0.7954,
    "meta_llama-3-70b": 0.7930,
    "writer_palmyra-x-v3": 0.7864,
    "google_text-unicorn@001": 0.7863,
    "mistralai_mixtral-8x22b": 0.7774,
    "google_gemini-1.5-flash-preview-0514": 0.7773,
}
MERGED = "27 of 14,042 rows are not in the file (duplicates were merged)"
REDUX = "mmlu_redux/outputs/multi_expert_helm/all.csv.gz"


def flawed(mirror: Path) -> tuple[float, int]:
    """The share of MMLU-Redux' questions with an error of any kind."""
    config = RunConfig(tasks=("mmlu_redux",), model="none", data=str(mirror), shots=0)
    plan = make_plan(config, frozenset({"letter"}), {"name": "none"})
    kinds = [s.fields["error_type"] for leaf in plan.leaves.values() for s in leaf.samples]
    return sum(kind != "ok" for kind in kinds) / len(kinds), len(kinds)


CLAIMS = (
    Claim("mmlu_pro:last_letter=false", LLAMA, "acc", 0.1834, 4, PRO),
    Claim(
        "mmlu_pro:last_letter=false,unparsed=random",
        LLAMA,
        "acc",
        0.2013,
        4,
        PRO,
        "the expected value of the script's draw",
    ),
    *(
        Claim(f"mmlu:column={model}", HELM, "acc_macro", value, 4, f"HELM Lite, {model}", MERGED)
        for model, value in HELM_MMLU.items()
    ),
    Claim("mmlu:column=openai_gpt-4-0613", HELM, "acc", 0.8400, 4, "HELM Lite (pooled)", MERGED),
    Claim(
        "mmlu_redux",
        REDUX,
        "share of flawed questions",
        0.0649,
        4,
        "Gema et al. 2024: 370 of 5,700",
        compute=flawed,
    ),
    Claim(
        "mmlu_redux:column=openai_gpt-4o-2024-05-13",
        REDUX,
        "acc",
        0.8400,
        4,
        "recorded answers on all 5,700",
    ),
    Claim(
        "mmlu_redux:column=openai_gpt-4o-2024-05-13,clean=true",
        REDUX,
        "acc",
        0.8615,
        4,
        "recorded answers on the 5,330 without an error",
    ),
)
