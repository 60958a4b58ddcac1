"""A group of verbs whose modules are imported when they are called."""

import importlib
from collections.abc import Mapping
from typing import Any

import click

from julja.errors import did_you_mean

# Verb -> where its command is ("module:function"), and what it does in one line.
Table = Mapping[str, tuple[str, str]]


class Verbs(click.Group):
    """Knows each verb's help without importing it."""

    def __init__(self, *args: Any, table: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of use, not of the alphabet."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb."""
        if cmd_name not in self.table:
            return None
        module, _, name = self.table[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the verb that was meant."""
        if args and args[0] not in self.table and not args[0].startswith("-"):
            near = did_you_mean(args[0], self.table)
            hint = near or f"`{ctx.command_path} --help` shows the verbs."
            raise click.UsageError(f"there is no verb {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs from the table."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in self.table.items()])
