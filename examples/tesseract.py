"""Tesseract as a model that reads what is in a picture (Debian: apt-get install tesseract-ocr).

    julja run pages.toml -m python/examples/tesseract.py:read

with pages.toml, and one line {"page": "1.png", "expected": "…"} for each case in pages.jsonl:

    cases = "pages.jsonl"
    prompt = "Write down the text of this page."
    image = "page"
    scorer = { name = "f1" }
"""

import io
import subprocess

from julja.pictures import open_rgb


def read(request):
    """The text of a request's picture, with its lines joined."""
    page = io.BytesIO()
    # Upright and eight bits, whatever the file is.
    open_rgb(request.prompt.media[0]).save(page, format="PNG")
    done = subprocess.run(
        ["tesseract", "stdin", "stdout", "-l", "eng"],
        input=page.getvalue(),
        capture_output=True,
        check=True,
    )
    return " ".join(done.stdout.decode().split())


read.abilities = {"generate", "images"}
