"""What is said on stderr before and after a run."""

from julja.cli.common import say
from julja.models.engine import Engine
from julja.run.catalog import suite_named
from julja.run.execute import Done
from julja.run.plan import Plan
from julja.run.results import lost_samples
from julja.scoring.judge.base import is_judged


def tell_plan(run: str, plan: Plan, engine: Engine) -> None:
    """Say what begins: the run's id, how many requests, and what could not be had."""
    say(f"run {run} · {engine.name} · {plan.total} requests")
    for task in plan.tasks:
        if task.missing:
            count = len(task.missing)
            shown = ", ".join(task.missing[:4]) + (" …" if count > 4 else "")
            say(
                f"  {task.name}: {count} of {len(task.task.subsets)} subsets have no data here and"
                f" are left out: {shown}. `julja fetch {task.task.name}` gets them."
            )
        if is_judged(task.scorer):
            asked = f", {task.scorer.repeats} times each" if task.scorer.repeats > 1 else ""
            jury = ", ".join(plan.config.judges)
            say(f"  {task.name}: judged by {jury}{asked} ({task.scorer.name})")
        if task.lacks_exemplars:
            say(f"  {task.name}: its exemplars can't be had here, so it is asked without shots.")
    for absent in plan.absent:
        scored = suite_named(absent.suite).score
        what = f"{absent.suite} has no score without" if scored else "left out:"
        say(f"  {what} {absent.task}: {absent.reason}")


def tell_end(done: Done) -> None:
    """Say how a run ended, and the next thing to type."""
    run = done.run
    for note in done.notes:
        say(f"note: {note}")
    if done.stop == "interrupted":
        say(f"interrupted; nothing is lost. Go on with:  julja resume {run}")
    elif done.stop is not None:
        say(f"stopped: {done.reason}")
        say(f"what was answered is kept. Go on with:  julja resume {run}")
    elif not done.result["complete"]:
        lost = sum(lost_samples(result) for result in done.result["results"])
        say(f"INCOMPLETE: {lost} samples were lost. Why:  julja show {run} --failures")
        if any(r["counts"]["error"] + r["counts"]["skipped"] for r in done.result["results"]):
            say(f"ask again what had no answer:  julja resume {run}")
    say(f"see it  julja show {run}   ·   report  julja export {run} --to html")
