from pathlib import Path

import numpy as np
import pytest

from datatools import images
from examples.probe import decimal, features, fit, majority, print_table, spread


def test_features_do_not_depend_on_the_batch(tmp_path: Path, rng: np.random.Generator) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path in paths:
        path.write_bytes(images.encode_png(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)))
    together, alone = features(paths, 64, batch=3), features(paths, 64, batch=1)
    assert together.shape == (3, 1280)
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert np.abs(together[0] - together[1]).max() > 0.1


def test_the_probe_does_not_mind_the_scale_of_a_feature(rng: np.random.Generator) -> None:
    data = rng.normal(size=(60, 4)).astype(np.float32)
    labels = np.where(data[:, 0] > 0, "plus", "minus")
    scaled = data * np.float32([1e3, 1, 1e-3, 1])
    assert (fit(data, labels).predict(data) == fit(scaled, labels).predict(scaled)).all()


def test_majority() -> None:
    assert majority(np.array(["a", "b", "a", "c"])) == 0.5


@pytest.mark.parametrize(("value", "text"), [(0.7844, ".784"), (1.0, "1.000"), (0.0, ".000"), (0.0301, ".030")])
def test_decimal(value: float, text: str) -> None:
    assert decimal(value) == text


def test_spread() -> None:
    assert spread([0.5, 0.7, 0.9]) == ".700 ± .200"


def test_a_printed_table_is_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["a", "b"], {"x": ["1"], "y": ["2"]})
    assert capsys.readouterr().out == "| a | b |\n| --- | --- |\n| x | 1 |\n| y | 2 |\n"
