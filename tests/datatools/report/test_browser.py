"""The page in a real browser; skipped where Chromium is not installed."""

import html
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from datatools.report import page, pictures
from tests.datatools.report.world import ingested, world

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
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
  const inner = document.getElementById('page').contentDocument, to = document.documentElement.dataset;
  to.seen = inner.defaultView.innerWidth; to.wide = inner.documentElement.scrollWidth;
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


@pytest.fixture(scope="module")
def text() -> str:
    photo = pictures.data_uri(np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8), 128)
    return page.render(world(ingested(120), lambda _: photo))


def test_it_opens_without_a_word_on_the_console(text: str, tmp_path: Path) -> None:
    document, console = opened(text, tmp_path)
    assert console == ""
    assert document.count("<section") == text.count("<section")
    assert "Fine-tuning" in document


def test_a_request_would_be_noticed(text: str, tmp_path: Path) -> None:
    _, console = opened(text.replace("<main", '<img src="http://127.0.0.1:9/x.png" alt="x"><main', 1), tmp_path)
    assert "Content Security Policy" in console


@pytest.mark.parametrize("width", [390, 1200])
def test_all_pictures_load_and_nothing_sticks_out(text: str, tmp_path: Path, width: int) -> None:
    document, _ = opened(FRAME.format(width=width, text=html.escape(text)), tmp_path)
    found = {name: int(value) for name, value in re.findall(r'data-(wide|seen|broken|pictures)="(\d+)"', document)}
    assert found["seen"] == width
    assert found["pictures"] > 50
    assert found["broken"] == 0
    assert found["wide"] <= width
