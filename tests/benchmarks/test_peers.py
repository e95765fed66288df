import sys
from pathlib import Path

import pytest

from benchmarks import peers


def test_without_an_environment_it_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TOOLKIT_PEERS", raising=False)
    assert peers.run("search_faiss") is None
    assert "set TOOLKIT_PEERS" in capsys.readouterr().out


def test_a_peer_that_fails_is_left_out_with_its_last_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOOLKIT_PEERS", sys.executable)
    assert peers.run("no_such_peer") is None
    assert "No such file" in capsys.readouterr().out


def test_the_last_line_is_the_result(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOOLKIT_PEERS", sys.executable)
    monkeypatch.setattr(peers, "FOLDER", tmp_path)
    (tmp_path / "echo.py").write_text("import json, sys\nprint('loading')\nprint(json.dumps({'got': sys.argv[1:]}))\n")
    assert peers.run("echo", 3, "a") == {"got": ["3", "a"]}
