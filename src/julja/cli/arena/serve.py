"""`julja arena serve`: the arena's HTTP API."""

import asyncio
import secrets
from typing import Any

import click

from julja.cli.arena.sources import open_arena, source_options
from julja.cli.common import json_option, print_json, say, store_option
from julja.errors import ConfigError


@click.command()
@source_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8642, show_default=True)
@click.option("--invite", help="Word that new voters must know; made up where others can connect.")
@click.option("--open", "is_open", is_flag=True, help="Let everybody vote who can connect.")
@click.option("--allow-host", "hosts", multiple=True, help="Name that the server answers to.")
@click.option(
    "--rate",
    type=click.FloatRange(min=1),
    default=120.0,
    show_default=True,
    help="Requests of one voter in a minute.",
)
@store_option
@json_option
def serve(**flags: Any) -> None:
    """Serve the arena's HTTP API; SOURCES are those of `julja arena vote`.

    Only this machine can connect unless --host says otherwise. Ctrl-C stops it.
    """
    from julja.web.api import ApiOptions, make_app
    from julja.web.guard import is_loopback
    from julja.web.server import serve as run_server

    local = is_loopback(flags["host"])
    invite = flags["invite"] or (None if local or flags["is_open"] else secrets.token_urlsafe(9))
    if flags["invite"] and flags["is_open"]:
        raise ConfigError("--invite and --open: it is one or the other.")
    names = ["localhost", "127.0.0.1", "::1", flags["host"]] if local or flags["hosts"] else []
    arena = open_arena(flags)
    before = arena.log.count("vote")

    def ready(url: str) -> None:
        if flags["as_json"]:
            print_json({"url": f"{url}/api/v1", "invite": invite, "store": str(arena.log.path)})
        say(f"julja: the arena answers at {url}/api/v1 (Ctrl-C stops it)")
        if invite:
            say(f"julja: new voters need the invitation {invite}")
        if not local:
            say("julja: others can connect, unencrypted: put a proxy with TLS in front of it")

    app = make_app(
        arena,
        ApiOptions(hosts=[*names, *flags["hosts"]], invite=invite, per_minute=flags["rate"]),
    )
    try:
        asyncio.run(run_server(app, flags["host"], flags["port"], on_ready=ready))
        taken = arena.log.count("vote") - before
        say(f"julja: stopped; {taken} new votes are in {arena.log.path}")
    finally:
        arena.log.close()
