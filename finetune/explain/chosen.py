"""Which pictures are worth looking into: those where the model is most certain, and wrong or right."""

import numpy as np
import pandas as pd

COLUMNS = ["image_id", "kind", "label", "predicted"]


def chosen(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return up to ``count`` rows, half of them wrong answers and half right ones, the most confident first.

    Of equal confidence the lower image_id comes first; where there are fewer wrong ones than half, no right ones take their place.

    Args:
        table: answers of the schema ``datatools.manifest.PREDICTED``; rows without a label are left out.

    Returns:
        columns image_id, kind ("wrong" or "right"), label and predicted; wrong ones first.
    """
    rows = table[table["label"].notna()]
    right = (rows["label"] == rows["predicted"]).to_numpy(dtype=bool)
    confidence = np.array([np.max(values) for values in rows["probabilities"]], dtype=np.float64)
    rows = rows.assign(kind=np.where(right, "right", "wrong"), confidence=confidence)
    rows = rows.sort_values(["confidence", "image_id"], ascending=[False, True], kind="stable")
    halves = {"wrong": (count + 1) // 2, "right": count // 2}
    parts = [rows[rows["kind"] == kind].head(most) for kind, most in halves.items()]
    return pd.concat(parts)[COLUMNS].reset_index(drop=True)
