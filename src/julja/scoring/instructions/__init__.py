"""Instructions that a program can check: the 25 kinds of IFEval and their scorer.

A sample names its instructions and their arguments, a response keeps each of them or not:

    check("length_constraints:number_words", {"relation": "at least", "num_words": 300}, text)

`verifiable_instructions()` is the scorer, with IFEval's four numbers. Protocol: Zhou et al.,
Instruction-Following Evaluation for Large Language Models, 2023 (arXiv 2311.07911) and the
behaviour of google-research/instruction_following_eval.
"""

from julja.scoring.instructions.registry import KINDS, check, loose_variants
from julja.scoring.instructions.scorer import METRICS, verifiable_instructions

__all__ = [
    "KINDS",
    "METRICS",
    "check",
    "loose_variants",
    "verifiable_instructions",
]
