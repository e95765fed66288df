import numpy as np

from finetune import transfer
from finetune.transfer import Halves

CLASSES = ("cat", "dog")


def data(count: int = 80, width: int = 6, seed: int = 0) -> tuple[np.ndarray, list[str], list[str]]:
    """Return features of two classes that lie apart, their labels, and clusters of two images each."""
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, 2, count)
    features = rng.normal(size=(count, width)).astype(np.float32) + 3 * numbers[:, None].astype(np.float32)
    return features, [CLASSES[number] for number in numbers], [f"c{row // 2}" for row in range(count)]


def fitted(features: np.ndarray, labels: list[str], clusters: list[str]) -> Halves:
    found = transfer.fit(features, labels, clusters, 0.01)
    assert found is not None
    return found


def test_it_learns_and_judges_what_it_has_not_seen() -> None:
    features, labels, clusters = data()
    found = fitted(features, labels, clusters)
    answers = [found.predicted(row, cluster) for row, cluster in zip(features, clusters, strict=True)]
    assert np.mean([one == two for one, two in zip(answers, labels, strict=True)]) > 0.95


def test_an_images_own_cluster_has_no_say_in_its_answer() -> None:
    """Turn the labels of one half's clusters around: only answers about the other half may change."""
    features, labels, clusters = data()
    half = [transfer._half(cluster) for cluster in clusters]
    turned = [CLASSES[1 - CLASSES.index(label)] if of else label for label, of in zip(labels, half, strict=True)]
    before, after = fitted(features, labels, clusters), fitted(features, turned, clusters)
    changed = [before.predicted(row, c) != after.predicted(row, c) for row, c in zip(features, clusters, strict=True)]
    assert {of for of, different in zip(half, changed, strict=True) if different} == {0}
    assert 0.3 < np.mean(half) < 0.7


def test_the_identity_says_what_it_answers_with() -> None:
    features, labels, clusters = data()
    again, other = fitted(features, labels, clusters), fitted(features + 1, labels, clusters)
    assert again.sha256 == fitted(features, labels, clusters).sha256 != other.sha256


def test_without_two_classes_in_each_half_there_is_none() -> None:
    features, labels, clusters = data()
    assert transfer.fit(features, ["cat"] * len(labels), clusters, 0.01) is None
    assert transfer.fit(features, labels, ["c0"] * len(labels), 0.01) is None


def test_of_many_rows_the_first_are_enough(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    features, labels, clusters = data()
    small = fitted(features, labels, clusters)
    monkeypatch.setattr(transfer, "MOST", 10)
    assert fitted(features, labels, clusters).sha256 != small.sha256
