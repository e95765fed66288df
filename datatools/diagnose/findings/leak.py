"""Are images of test, or nearly the same ones, in train?"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.held_out import Answers, final, final_split

KIND = "leak"
OVERLAPS = ("exact_overlap", "cluster_overlap", "group_overlap", "near_pairs", "derived_split", "derived_parents")
DROP = 0.6  # a copy is so much nearer than the next image: its distance is this share of the next one's at most
SHARE, FEWEST = 0.05, 5  # of test images that stand so near one of train, by their share and their number


def leak(evidence: Evidence) -> Finding:
    """Found where the audit found one thing on both sides, or where test images have a twin in train by their frozen features."""
    failed = [entry for entry in evidence.audit if entry["check"] in OVERLAPS and not entry["passed"]]
    if failed:
        worst = max(failed, key=lambda entry: int(entry["rows"]))
        number = Number("rows that stand on both sides of the split", float(worst["rows"]), n=len(evidence.rows))
        return _found("test", number, str(worst["detail"]), evidence, effect=0.3)
    if evidence.nearest is None or evidence.nearest.empty:
        return unjudged(KIND, "test images were not compared with train images") if not evidence.audit else _clean()
    return _twins(evidence, evidence.nearest)


def _twins(evidence: Evidence, nearest: pd.DataFrame) -> Finding:
    judged, split = final(evidence), final_split(evidence)
    table = nearest.set_index("image_id")
    judged = judged.only(judged.table["image_id"].isin(table.index).to_numpy())
    if not len(judged):
        return _clean()
    twin = _twin(table.loc[judged.table["image_id"]])
    value, low, high = chance.share(twin, judged.groups)
    number = Number(f"share of {split} images with a twin in train", value, low, high, len(judged), unit="share")
    if low < SHARE or twin.sum() < FEWEST:
        return _clean(number, split)
    return _found(
        split, number, _easier(judged, twin, split), evidence, effect=0.1 + value / 4, images=_ids(judged, twin)
    )


def _twin(table: pd.DataFrame) -> NDArray[np.bool_]:
    first, second = (
        1 - table["similarity"].to_numpy(dtype=np.float64),
        1 - table["next_similarity"].to_numpy(dtype=np.float64),
    )
    return np.asarray(first <= DROP * second, dtype=np.bool_)


def _easier(judged: Answers, twin: NDArray[np.bool_], split: str) -> str:
    with_twin = float(judged.right[twin].mean())
    if twin.all():
        return f"every {split} image has a twin in train, and {with_twin:.0%} of them are answered right"
    return f"{with_twin:.0%} of them are answered right, and {float(judged.right[~twin].mean()):.0%} of the others"


def _ids(judged: Answers, twin: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(str(name) for name in judged.table["image_id"][twin].head(12))


def _clean(number: Number | None = None, split: str = "test") -> Finding:
    return well(KIND, f"no image of {split} is in train", number)


def _found(
    split: str, number: Number, detail: str, evidence: Evidence, effect: float, images: tuple[str, ...] = ()
) -> Finding:
    return Finding(
        KIND,
        True,
        "error",
        f"The same things are in train and in {split}",
        number,
        "The score is too good: the model has seen what it is asked about.",
        effect=effect,
        suggests=_changes(evidence),
        text=f"{detail[:1].upper()}{detail[1:].rstrip('.')}. Tell what belongs together in the column ingest.layout.columns.group "
        "(patient, product, video), and make variants of photos after the split only.",
        images=images,
    )


def _changes(evidence: Evidence) -> tuple[Suggestion, ...]:
    found = []
    if set(evidence.setting("split.audit.ignore") or ()) & set(OVERLAPS):
        found.append(Suggestion("split.audit.ignore", [], "the audit then refuses such a split"))
    if evidence.setting("split.strategy.method") == "predefined":
        found.append(
            Suggestion("split.strategy.leaks", "set_aside", "test keeps its images, and train loses their twins")
        )
    return tuple(found)
