"""A page in a real browser; tests skip where Chromium is not installed."""

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--log-level=0",
)
# A window is never narrower than 500 pixels, a frame is; the frame's document is of the same origin and can be measured.
FRAME = """<!doctype html><body style="margin:0"><iframe id="page" style="width:{width}px;height:900px;border:0" srcdoc="{text}"></iframe>
<script>addEventListener('load', () => {{
  const frame = document.getElementById('page').contentWindow, inner = frame.document, to = document.documentElement.dataset;
  {script}
  to.seen = frame.innerWidth; to.wide = inner.documentElement.scrollWidth;
  to.pictures = inner.images.length; to.broken = [...inner.images].filter(image => !image.naturalWidth).length;
}})</script>"""


def opened(text: str, folder: Path) -> tuple[str, str]:
    """Return the document as the browser has it after loading, and what its console said."""
    file = folder / "page.html"
    file.write_text(text, encoding="utf-8")
    command = [
        str(CHROMIUM),
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        "--window-size=1300,900",
        "--dump-dom",
    ]
    done = subprocess.run([*command, file.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def framed(text: str, folder: Path, width: int = 1200, script: str = "") -> dict[str, str]:
    """Open a page in a frame of some width, run a script beside it (``inner`` is its document) and return what was measured."""
    document, _ = opened(FRAME.format(width=width, text=html.escape(text), script=script), folder)
    head = document[: document.index(">", document.index("<html"))]
    return {name: html.unescape(value) for name, value in re.findall(r'data-([a-z]+)="([^"]*)"', head)}


def fits(text: str, folder: Path, width: int) -> int:
    """Check that nothing sticks out and every picture is there; return how many there are."""
    found = framed(text, folder, width)
    assert int(found["seen"]) == width
    assert int(found["broken"]) == 0
    assert int(found["wide"]) <= width
    return int(found["pictures"])
