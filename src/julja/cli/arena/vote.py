"""`julja arena vote`: blind pairs in the terminal, names after each vote."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from julja.cli.arena.sources import open_arena, source_options
from julja.cli.common import json_option, print_json, say, store_option

if TYPE_CHECKING:
    from rich.console import Console

    from julja.arena.session import Arena, Shown


@click.command()
@source_options
@click.option("--voter", default="me", show_default=True, help="Who votes, by any name.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many votes.")
@click.option("--width", type=click.IntRange(min=20), help="Columns to draw in.")
@store_option
@json_option
@click.pass_context
def vote(ctx: click.Context, /, **flags: Any) -> None:
    """Vote on blind pairs of answers: the names are told after each vote.

    SOURCES are runs of the store, or files of answers (jsonl with id, prompt, model, response;
    Arena-Hard, FastChat and AlpacaEval files). Without any, the newest run of each model in the
    store takes part.
    """
    from julja.cli.arena.voter import voter_token

    token = voter_token(flags["voter"])
    arena = open_arena(flags)
    try:
        booth = _Booth(arena, arena.log.register(token), flags)
        try:
            booth.open()
        except KeyboardInterrupt:
            say("")
            booth.close("interrupted")
            ctx.exit(130)
        booth.close(booth.why)
    finally:
        arena.log.close()


@dataclass
class _Booth:
    """One sitting of one voter."""

    arena: "Arena"
    voter: str
    flags: dict[str, Any]
    why: str = ""
    votes: int = 0
    skipped: int = 0

    def open(self) -> None:
        """Show battles until the voter stops, or none is left."""
        from julja.cli.arena import screen

        console = screen.console(to_stderr=self.flags["as_json"])
        if self.flags["width"]:
            console.width = self.flags["width"]
        while self.flags["limit"] is None or self.votes < self.flags["limit"]:
            shown = self.arena.next(self.voter)
            if shown is None:
                self.why = "nothing is left that you have not seen"
                return
            console.print(screen.battle(shown, console.width, number=self._number()))
            if not self._take(shown, console):
                self.why = "stopped"
                return
        self.why = "that was the limit"

    def _number(self) -> int:
        return self.votes + self.skipped + 1

    def _take(self, shown: "Shown", console: "Console") -> bool:
        """Ask for a key until one is valid; False when the voter wants to stop."""
        from julja.cli.arena import keys, screen

        strong = self.arena.strong
        key = self._key(strong)
        if key == "q":
            return False
        if key == "s":
            self.arena.skip(self.voter, shown.battle)
            self.skipped += 1
            return True
        told = self.arena.vote(self.voter, shown.battle, (keys.VERDICTS | keys.STRONG)[key])
        self.votes += 1
        console.print(screen.told(told))
        console.print(screen.tally(self._tally()))
        return True

    def _key(self, strong: bool) -> str:
        from julja.cli.arena import keys

        help_ = keys.STRONG_HELP if strong else keys.HELP
        while True:
            with keys.waiting(help_):
                typed = keys.read_key()
            if typed == "\x03":
                raise KeyboardInterrupt
            key = keys.key_of(typed, strong=strong)
            if key is not None:
                return key

    def _tally(self) -> Any:
        from julja.arena.ballots import current_votes, tally

        return tally(current_votes(self.arena.log.of_voter(self.voter)))

    def close(self, why: str) -> None:
        """Say what is kept, and how to go on."""
        path = self.arena.log.path
        said = self.arena.progress(self.voter)
        counted = f"{self.votes} vote{'s' * (self.votes != 1)}"
        say(f"julja: {why}. {counted} now, {said.votes} of yours in {path}; all are kept.")
        if said.left:
            say(f"  go on with: {_again(self.flags)}")
        say("  ratings: julja arena votes --out votes.jsonl && julja arena rate votes.jsonl")
        if self.flags["as_json"]:
            print_json(
                {
                    "voter": self.voter,
                    "store": str(path),
                    "votes": self.votes,
                    "skipped": self.skipped,
                    "votes_so_far": said.votes,
                    "left": said.left,
                    "ended": why,
                    "tally": [asdict(row) for row in self._tally()],
                }
            )


def _again(flags: dict[str, Any]) -> str:
    """The command line that goes on with this sitting."""
    import shlex

    parts = ["julja", "arena", "vote", *flags["runs"], *flags["answers"], *flags["sources"]]
    for name, key in (("--questions", "questions"), ("--task", "tasks")):
        parts += [part for value in flags[key] for part in (name, value)]
    for name, key, usual in (
        ("--policy", "policy", "widest"),
        ("--seed", "seed", None),
        ("--voter", "voter", "me"),
        ("--store", "store", None),
    ):
        if flags[key] != usual:
            parts += [name, str(flags[key])]
    parts += [f"--{key.replace('_', '-')}" for key in ("strong", "keep_revealing") if flags[key]]
    return shlex.join(parts)
