from pathlib import Path

import pytest

from tests.pipelines.finetune import world


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose stages up to augment have run."""
    monkeypatch.chdir(tmp_path)
    world.make()
    return tmp_path
