"""Manifests to split: small ones drawn by hypothesis, larger ones drawn from a seed."""

import hashlib
from collections.abc import Sequence

import hypothesis.strategies as st
import numpy as np
import pandas as pd
from hypothesis.strategies import DrawFn

from datatools.split import Hashed, LeaveOneDomainOut, Predefined, Random, Stratified, Temporal
from datatools.split.assignment import Splitter
from datatools.split.folds import Folds

START = pd.Timestamp("2024-01-01", tz="UTC")
STRATEGIES: dict[str, Splitter] = {
    "random": Random(),
    "stratified": Stratified(),
    "temporal": Temporal(undated="train", val_from="2024-02-01", test_from="2024-03-01"),
    "temporal with a gap": Temporal(undated="train", val_from="2024-02-01", test_from="2024-03-01", gap="10d"),
    "temporal with an embargo": Temporal(undated="train", val_from="2024-02-01", test_from="2024-03-01", embargo="7d"),
    "leave one domain out": LeaveOneDomainOut(target="a"),
    "leave one domain out, one source": LeaveOneDomainOut(target="a", sources=("b",)),
    "hashed": Hashed(),
    "predefined, copies set aside": Predefined(missing="train", leaks="set_aside"),
    "predefined, filled, copies to train": Predefined(missing="fill", leaks="train"),
    "random, one fold": Random(folds=Folds(count=4, fold=1)),
    "stratified, one fold": Stratified(folds=Folds(count=3, fold=2)),
    "hashed, one fold": Hashed(folds=Folds(count=3)),
}


def image_id(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def manifest(
    labels: Sequence[str | None],
    clusters: Sequence[object] | None = None,
    groups: Sequence[str | None] | None = None,
    domains: Sequence[str] | None = None,
    days: Sequence[float | None] | None = None,
    given: Sequence[str | None] | None = None,
) -> pd.DataFrame:
    """A table of schema DEDUPLICATED; ``days`` counts from 2024-01-01."""
    rows = len(labels)
    ids = [image_id(number) for number in range(rows)]
    times = [None if day is None else START + pd.Timedelta(days=float(day)) for day in days or [None] * rows]
    return pd.DataFrame(
        {
            "image_id": ids,
            "path": [f"data/raw/{number}.png" for number in range(rows)],
            "label": pd.Series(labels, dtype="object"),
            "domain": list(domains or ["default"] * rows),
            "captured_at": pd.Series(times, dtype="datetime64[us, UTC]"),
            "group_id": pd.Series(list(groups or [None] * rows), dtype="object"),
            "given_split": pd.Series(list(given or [None] * rows), dtype="object"),
            "cluster_id": [f"c{name}" for name in (clusters if clusters is not None else range(rows))],
        }
    )


@st.composite
def manifests(draw: DrawFn, fewest: int = 1, most: int = 40) -> pd.DataFrame:
    """Any small manifest in which clusters and groups tie rows together across labels, domains and times."""
    rows = draw(st.integers(fewest, most))

    def column(values: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    table = manifest(
        column(st.sampled_from(["cat", "dog", "emu", None])),
        column(st.integers(0, rows)),
        column(st.sampled_from([None, None, None, "p", "q", "r"])),
        ["a", "b", *column(st.sampled_from(["a", "b", "c"]))][:rows],
        column(st.sampled_from([None, *range(0, 90, 6)])),
        column(st.sampled_from([None, "train", "train", "val", "test"])),
    )
    return table.sample(frac=1, random_state=draw(st.integers(0, 9)), ignore_index=True)


def random_manifest(rows: int, groups: int, classes: int, seed: int = 0) -> pd.DataFrame:
    """A large manifest whose groups mostly hold one class."""
    rng = np.random.default_rng(seed)
    group = np.concatenate([np.arange(groups), rng.integers(0, groups, rows - groups)])
    own = rng.choice(classes, groups, p=rng.dirichlet(np.full(classes, 2.0)))[group]
    label = np.where(rng.random(rows) < 0.9, own, rng.integers(0, classes, rows))
    return manifest([f"class {number}" for number in label], clusters=group)
