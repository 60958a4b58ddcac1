"""`julja init NAME`: a benchmark of your own that runs at once."""

from pathlib import Path

import click

from julja.cli.common import say
from julja.errors import ConfigError

CASES = """\
{"id": "refund-1", "category": "refunds", "question": "How many days do I have to return a pair of \
shoes?", "expected": "30"}
{"id": "refund-2", "category": "refunds", "question": "Can I return a gift card?", "expected": "no"}
{"id": "hours-1", "category": "opening hours", "question": "At what time do you open on Mondays?", \
"expected": "9"}
{"id": "hours-2", "category": "opening hours", "question": "Are you open on Sundays?", \
"expected": "no"}
{"id": "ship-1", "category": "shipping", "question": "What does express shipping cost?", \
"expected": "12"}
"""

SETTINGS = """\
# A benchmark of your own: `julja run {name}.toml -m MODEL`. The cases are in {name}.jsonl.
name = "{name}"
version = 1                    # raise it when a case or the prompt changes
cases = "{name}.jsonl"
expected = "expected"          # the field of a case that holds the right answer (or a list of them)
by = ["category"]              # break the result down by these fields
max_tokens = 64

system = \"\"\"
You answer customers of a shoe shop. Shoes can be returned within 30 days; gift cards can not be
returned. We open at 9 on weekdays and at 10 on Saturdays, and are closed on Sundays. Express
shipping costs 12 euros.\"\"\"

# Every field of a case can be used in the prompt.
prompt = "{{{{ question }}}} Answer in one short sentence."

[scorer]
name = "includes"              # `julja list scorers` shows the others
ignore_case = true
"""


@click.command()
@click.argument("name")
@click.option("--folder", type=click.Path(), default=".", help="Where to write the two files.")
def init(name: str, folder: str) -> None:
    """Write NAME.toml and NAME.jsonl: a working example to change into your own."""
    if not name.replace("-", "_").isidentifier():
        raise ConfigError(
            f"{name!r} can't be a benchmark's name.", hint="Use letters, digits and _."
        )
    home = Path(folder)
    files = {home / f"{name}.toml": SETTINGS.format(name=name), home / f"{name}.jsonl": CASES}
    for path in files:
        if path.exists():
            raise ConfigError(f"{path} is there already.", hint="Choose another name or folder.")
    home.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
        say(f"wrote {path}")
    say(f"run it:  julja run {home / name}.toml -m llamacpp/smollm2")
