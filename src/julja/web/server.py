"""Runs an application until it is told to stop; requests under way are finished first."""

import asyncio
import logging
import signal
from collections.abc import Callable

from aiohttp import web

from julja.errors import ConfigError

GRACE_S = 5.0
# Of bytes that are no HTTP: anybody can send those, and our own failures have a log of their own.
_noise = logging.getLogger("julja.web.http")
_noise.setLevel(logging.CRITICAL)


async def serve(
    app: web.Application, host: str, port: int, *, on_ready: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C or SIGTERM; `on_ready` is told the address once it answers.

    Raises `ConfigError` where the address can't be had.
    """
    # Bodies are taken as they are sent: a small one could unpack to any size.
    runner = web.AppRunner(
        app, access_log=None, logger=_noise, shutdown_timeout=GRACE_S, auto_decompress=False
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigError(
                f"--host {host} --port {port}: {error.strerror or error}.",
                hint="Take another port, or --port 0 for any that is free.",
            ) from error
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        address = runner.addresses[0]
        name = f"[{address[0]}]" if ":" in address[0] else address[0]
        on_ready(f"http://{name}:{address[1]}")
        await stop.wait()
    finally:
        await runner.cleanup()
