from pathlib import Path

import pytest

from datatools.augment.disk import predicted_bytes, refuse_above
from datatools.augment.sources import select
from datatools.errors import SettingsError
from tests.datatools.augment.gallery import gallery


def test_the_prediction_is_near_and_rather_too_high(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = gallery()
    parents = select(rows, dict(zip(rows["image_id"], rows["path"], strict=True)), {}).parents
    stored = sum(Path(parent.path).stat().st_size for parent in parents)
    assert stored < predicted_bytes(parents, 256) < 2.5 * stored
    assert predicted_bytes(parents * 3, 256) == pytest.approx(3 * predicted_bytes(parents, 256), abs=2)
    assert predicted_bytes(parents, 20) < predicted_bytes(parents, 256) / 2
    assert predicted_bytes([], 256) == 0


def test_too_much_is_refused_with_what_to_do() -> None:
    refuse_above(2, 2_000_000, 10)
    with pytest.raises(
        SettingsError, match=r"limit_megabytes: 10 derived images will take about 2 MB, more than 1; raise it, or lower"
    ):
        refuse_above(1, 2_000_000, 10)
