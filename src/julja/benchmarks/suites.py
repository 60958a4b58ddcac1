"""The suites: which tasks are run together under one name."""

from julja.tasks.suite import Suite

SUITES: tuple[Suite, ...] = (
    Suite(
        name="starter",
        tasks=(
            "starter_arithmetic",
            "starter_transform",
            "starter_instructions",
            "starter_needle",
            "starter_logic",
            "starter_code",
        ),
        title="julja starter",
        summary="Six small abilities, generated from a seed: no download, nothing to memorise.",
    ),
)
