"""Opens a page in chromium, at a width, and runs a script beside it: what a reader would meet.

The page's own policy forbids other scripts in it, so it stands in a frame of a page of the test's.
"""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
    " --disable-background-networking --disable-component-update --disable-web-security"
    " --allow-file-access-from-files --window-size=1400,1000 --virtual-time-budget=4000"
)
_OUTER = """<!doctype html><meta charset="utf-8">
<iframe id="page" width="{width}" height="900" src="{page}"></iframe><pre id="out">none</pre>
<script>
document.getElementById("page").addEventListener("load", () => {{
  const page = document.getElementById("page").contentDocument;
  let said;
  try {{ said = (() => {{ {script} }})(); }} catch (error) {{ said = {{ failed: String(error) }}; }}
  document.getElementById("out").textContent = JSON.stringify(said);
}});
</script>"""


def look(folder: Path, text: str, script: str, *, width: int, dark: bool = False) -> Any:
    """What a script says that has the page's document as `page` and returns an object."""
    page = folder / "page.html"
    page.write_text(text, encoding="utf-8")
    outer = folder / "outer.html"
    outer.write_text(_OUTER.format(width=width, page=page.as_uri(), script=script))
    command = [str(CHROMIUM), *_FLAGS.split(), f"--user-data-dir={folder / 'profile'}"]
    if dark:
        command.append("--blink-settings=preferredColorScheme=0")
    done = subprocess.run(
        [*command, "--dump-dom", outer.as_uri()], capture_output=True, text=True, timeout=200
    )
    found = re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(html.unescape(found[1]))
