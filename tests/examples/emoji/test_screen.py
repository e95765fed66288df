from pathlib import Path

import pytest

from datatools import images
from examples.emoji import screen
from tests.datatools.page.browser import needs_chromium


def _run(monkeypatch: pytest.MonkeyPatch, folder: Path) -> int:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["screen", "--out", "shot.png", "--size", "600,400"])
    return screen.main()


@needs_chromium
def test_the_picture_shows_the_page_with_its_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reports").mkdir()
    text = '<!doctype html><body style="margin:0;background:#0a0"><img decoding="async" src="data:image/svg+xml,{}" width=600 height=100>'
    red = "<svg xmlns='http://www.w3.org/2000/svg'><rect width='600' height='100' fill='red'/></svg>".replace(
        "#", "%23"
    )
    (tmp_path / "reports/index.html").write_text(text.format(red), encoding="utf-8")
    assert _run(monkeypatch, tmp_path) == 0
    shot = images.read(tmp_path / "shot.png")
    assert shot.shape == (400, 600, 3)
    assert shot[50, 300].tolist() == [255, 0, 0]
    assert shot[300, 300].tolist() == [0, 170, 0]


def test_without_a_page_or_a_browser_it_says_so_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    assert _run(monkeypatch, tmp_path) == 1
    assert capsys.readouterr().err == "reports/index.html: is missing; run: make repro\n"
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert _run(monkeypatch, tmp_path) == 1
    assert capsys.readouterr().err.startswith("no browser: none of chromium")
    assert not (tmp_path / "shot.png").exists()
