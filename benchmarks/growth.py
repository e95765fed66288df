"""A data set that grows: how many of the images that were there change their split. Lines of :mod:`benchmarks.splitting`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import manifests
from benchmarks.table import Goal, Line, figure
from datatools import seeds
from datatools.split import anchors
from datatools.split.given import Given
from datatools.split.groups import find
from datatools.split.hashed import Hashed
from datatools.split.stratified import Stratified

Integers = NDArray[np.int64]
Splits = NDArray[Any]
Tie = Literal["apart", "tied"]
Split = Callable[[pd.DataFrame, int], Splits]

ROWS, GROUPS = 10_000, 4_000
SHARES, QUICK_SHARES = (0.01, 0.1), (0.1,)
SEEDS = 3
HOW: dict[Tie, str] = {
    "apart": "of other things",
    "tied": "half of them near-duplicates of old ones",
}


def lines(quick: bool) -> Iterator[Line]:
    """Yield the shares of existing images that change, for each number and kind of new ones."""
    seeds_ = range(1 if quick else SEEDS)
    for tie, how in HOW.items():
        for share in QUICK_SHARES if quick else SHARES:
            what = f"{ROWS:,} images, {share:.0%} new ones come, {how}: % of the old that change split,"
            yield from _moved(what, tie, share, seeds_)


def _moved(what: str, tie: Tie, share: float, seeds_: Sequence[int]) -> Iterator[Line]:
    moved: dict[str, list[float]] = {"stratified": [], "hashed": [], "anchored": [], "peer": []}
    for seed in seeds_:
        before, after = grown(round(share * ROWS), tie, seed)
        for name, split in (("stratified", stratified), ("hashed", hashed), ("peer", stratified_group_k_fold)):
            moved[name].append(changed(split(before, seed), split(after, seed)))
        agreed = stratified(before, seed)
        moved["anchored"].append(changed(agreed, anchored(before, agreed, after, seed)))
    peer = figure(*moved.pop("peer"))
    for name, values in moved.items():
        # A near-duplicate with a smaller image_id renames its cluster: there "hashed" promises less.
        promised = name == "anchored" or (name == "hashed" and tie == "apart")
        goal = Goal("ours", "<=", 0) if promised else None
        yield Line(f"{what} {name}; scikit-learn, same seed", figure(*values), peer, goal)


def grown(new: int, tie: Tie, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table, and the same with new rows at its end.

    Args:
        tie: new images are of things of their own, or every second one is of a thing that was there.
    """
    groups = GROUPS + GROUPS * new // ROWS
    rows = manifests.grouped(ROWS + new, groups, seed)
    group, things = find(rows).of_row, seeds.generator(seed, "growth", tie).permutation(groups)
    late = np.isin(group, things[: groups - GROUPS])
    if tie == "tied":
        late = _every_second(late, seeds.generator(seed, "growth", "rows"))
    ordered = rows.iloc[np.argsort(late, kind="stable")].reset_index(drop=True)
    before = ordered.iloc[: int((~late).sum())]
    return _named(before), _named(ordered)


def _every_second(late: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Let half of the late rows come early, and as many of the early ones late."""
    swapped = late.copy()
    count = int(late.sum()) // 2
    swapped[rng.choice(np.flatnonzero(late), count, replace=False)] = False
    swapped[rng.choice(np.flatnonzero(~late), count, replace=False)] = True
    return swapped


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Name each cluster by the smallest image that it has by then."""
    return rows.assign(cluster_id=rows.groupby("cluster_id")["image_id"].transform("min"))


def changed(before: Splits, after: Splits) -> float:
    """Return the percentage of the old rows, which come first, whose split is another one."""
    return float(100 * np.mean(before != after[: len(before)]))


def stratified(rows: pd.DataFrame, seed: int) -> Splits:
    """Split with ``stratified``."""
    return Stratified()(rows, seed).split


def hashed(rows: pd.DataFrame, seed: int) -> Splits:
    """Split with ``hashed``."""
    return Hashed()(rows, seed).split


def anchored(before: pd.DataFrame, agreed: Splits, after: pd.DataFrame, seed: int) -> Splits:
    """Split with ``stratified`` around what was agreed on, read from the file in which it is kept."""
    told = anchors.text(dict(zip(before["image_id"], agreed, strict=True)))
    found = anchors.apply(anchors.parse(told, "splits.csv"), after, {}, "refuse")
    return Stratified()(after, seed, Given(None if found is None else found.numbers)).split


def stratified_group_k_fold(rows: pd.DataFrame, seed: int) -> Integers:
    """Split with scikit-learn in seven parts: the first is test, the second val."""
    from itertools import islice

    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(7, shuffle=True, random_state=seed)
    part = np.zeros(len(rows), dtype=np.int64)
    folds = splitter.split(rows, rows["label"], rows["cluster_id"])
    for number, (_, held_out) in zip((2, 1), islice(folds, 2), strict=True):
        part[held_out] = number
    return part
