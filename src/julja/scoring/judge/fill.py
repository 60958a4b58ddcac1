"""Fills a judge's prompt literally: what is inserted is never looked at again.

`str.format` and chained replacements let an answer that holds `{reference}` pull the reference
into its own place (evalscope #1697); one pass over the template can't.
"""

import re
from collections.abc import Mapping

from julja.errors import ConfigError, did_you_mean

_NAME = re.compile(r"\{(\w+)\}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with each `{name}` replaced by its value, in one pass.

    >>> fill("Q: {question} A: {answer}", {"question": "2+2?", "answer": "{question}"})
    'Q: 2+2? A: {question}'
    """
    return _NAME.sub(lambda found: values[found[1]] if found[1] in values else found[0], template)


def check_names(template: str, known: Mapping[str, str], needed: tuple[str, ...]) -> None:
    """Refuse a template that names what is not there, or lacks what it needs."""
    names = set(_NAME.findall(template))
    for name in sorted(names - set(known)):
        hint = did_you_mean(name, known) or f"It may name {', '.join(known)}."
        raise ConfigError(f"the judge's prompt names {{{name}}}, which is nothing.", hint=hint)
    for name in needed:
        if name not in names:
            raise ConfigError(
                f"the judge's prompt does not show {{{name}}}.",
                hint=f"Write {{{name}}} where it belongs.",
            )
