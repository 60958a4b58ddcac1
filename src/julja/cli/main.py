"""`julja`: one verb for each thing to do. A verb's module is imported when it is called."""

import os
import sys
from collections.abc import Sequence

import click

from julja import __version__
from julja.cli.verbs import Verbs
from julja.errors import ConfigError, JuljaError, TaskError

VERBS = {
    "run": ("julja.cli.run:run", "Measure models on tasks."),
    "resume": ("julja.cli.resume:resume", "Go on with a run that was stopped."),
    "score": ("julja.cli.score:score", "Score a run again, or answers from a file."),
    "show": ("julja.cli.show:show", "Show a run, one of its samples, or a task."),
    "list": ("julja.cli.listing:listing", "List tasks, suites, models, runs or scorers."),
    "suggest": ("julja.cli.suggest:suggest", "Say which benchmarks fit a purpose, and why."),
    "compare": ("julja.cli.compare:compare", "Compare runs, sample by sample."),
    "gate": ("julja.cli.gate:gate", "Hold a run to a policy: GO or NO-GO, for CI."),
    "leaderboard": ("julja.cli.leaderboard:leaderboard", "Rank models, and say who is tied."),
    "judge": ("julja.cli.judge:judge", "Let models judge answers; hold judges against people."),
    "arena": ("julja.cli.arena:arena", "Ratings from battles; vote; plan votes."),
    "audit": ("julja.cli.audit:audit", "Check benchmarks and rankings themselves."),
    "build": ("julja.cli.build:build", "Make a benchmark out of raw prompts (BenchBuilder)."),
    "export": ("julja.cli.export:export", "Write a run for people and other tools."),
    "import": ("julja.cli.imports:imports", "Take over results of other tools."),
    "fetch": ("julja.cli.fetch:fetch", "Fill the cache, to work offline afterwards."),
    "init": ("julja.cli.init:init", "Begin a benchmark of your own."),
    "doctor": ("julja.cli.doctor:doctor", "Check this machine, or a model."),
}


@click.group(
    cls=Verbs,
    table=VERBS,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "JULJA"},
    epilog="Start with: julja run starter -m llamacpp/smollm2 --limit 10",
)
@click.version_option(__version__, prog_name="julja")
def cli() -> None:
    """Measure AI models: lose nothing, explain every number."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: every error becomes one clear message and its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = cli.main(arguments, prog_name="julja", standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.exceptions.Abort:
        code = 130
    except KeyboardInterrupt:
        code = 130
    except click.ClickException as error:
        error.show()
        code = 2
    except BrokenPipeError:
        # The reader of our output has gone (`julja list tasks | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except JuljaError as error:
        _tell(error, as_json="--json" in arguments)
        code = 2 if isinstance(error, ConfigError | TaskError) else 1
    sys.exit(code if isinstance(code, int) else 0)


def _tell(error: JuljaError, *, as_json: bool) -> None:
    if as_json:
        import json

        about = {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
        print(json.dumps({"error": about}, ensure_ascii=False))
    print(f"julja: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  {error.hint}", file=sys.stderr)


if __name__ == "__main__":
    main()
