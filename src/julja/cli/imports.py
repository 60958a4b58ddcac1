"""`julja import FILE…`: another tool's results become runs here."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from julja.cli.common import (
    json_option,
    open_store,
    print_json,
    print_result,
    say,
    store_option,
)

if TYPE_CHECKING:
    from julja.run.imports import ImportSummary


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", help="lm-eval, inspect, helm, evalscope, eee or julja; else by content.")
@click.option("--model", "-m", help="The name of the model, where the files don't say it.")
@store_option
@json_option
@click.pass_context
def imports(
    ctx: click.Context,
    files: tuple[Path, ...],
    format: str | None,
    model: str | None,
    store: str | None,
    as_json: bool,
) -> None:
    """Read results of lm-eval, inspect, HELM, evalscope, Every Eval Ever, or of julja itself.

    A folder is searched for all of them; the files of one evaluation are found by any one of them
    and become one run: show, compare, export and list take it like any other. With --json one run
    is its result object, several are {"runs": […]}; what was refused stands under "import".
    """
    from julja.run.imports import import_logs

    opened = open_store(store)
    try:
        done = import_logs(
            files, opened, format=format, model=model, warn=lambda text: say(f"julja: {text}")
        )
    finally:
        opened.close()
    if as_json:
        print_json(_body(done))
    else:
        for one in done.runs:
            print_result(one.result, as_json=False)
            if not one.is_new:
                say(f"these files are in the store already, as run {one.run}")
    _summarise(done, len(files))
    ctx.exit(1 if done.refused else 0)


def _body(done: "ImportSummary") -> dict[str, Any]:
    """One new run is its result and nothing else; all that is less plain says what it is."""
    results = [dict(one.result) for one in done.runs]
    plain = not done.refused and not done.left_out and all(one.is_new for one in done.runs)
    if len(results) == 1:
        return results[0] if plain else {**results[0], "import": done.to_json()}
    return {"runs": results, "import": done.to_json()}


def _summarise(done: "ImportSummary", asked: int) -> None:
    """What became of the files, on stderr."""
    for refused in done.refused:
        say(f"julja: refused {refused.reason}")
    if done.left_out:
        shown = ", ".join(path.name for path in done.left_out[:5])
        more = f" and {len(done.left_out) - 5} more" if len(done.left_out) > 5 else ""
        say(f"julja: {len(done.left_out)} files of no known format are left out: {shown}{more}")
    new = sum(one.is_new for one in done.runs)
    if len(done.runs) > 1 or done.refused or asked > 1:
        old = len(done.runs) - new
        say(f"{new} runs entered, {old} known already, {len(done.refused)} refused")
    if done.runs:
        say(f"see it  julja show {done.runs[-1].run}")
