"""Is the delivered model better than always naming the largest class?"""

import numpy as np

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, unjudged, well
from datatools.diagnose.findings.held_out import final

KIND = "majority_not_beaten"
CERTAIN, FEWEST = 0.01, 10


def majority_not_beaten(evidence: Evidence) -> Finding:
    """Found where the lead over the largest class of train is no more than chance gives."""
    judged, train = final(evidence), evidence.rows.loc[evidence.rows["split"] == "train", "label"].dropna()
    if len(judged) < FEWEST or train.empty:
        return unjudged(KIND, "too few labelled test images")
    largest = str(train.value_counts().index[0])
    if not (judged.table["label"] != largest).any():
        return unjudged(KIND, f"every test image is of class {largest}")
    lead = judged.right.astype(np.float64) - (judged.table["label"] == largest).to_numpy(dtype=np.float64)
    found = chance.mean(lead, judged.groups)
    number = Number("accuracy beyond the largest class", found.value, found.low, found.high, found.n)
    if chance.above_zero(lead, judged.groups) < CERTAIN:
        return well(KIND, "the model is better than always naming the largest class", number)
    return Finding(
        KIND,
        True,
        "error",
        f"The model is not measurably better than always answering {largest}",
        number,
        "Nothing that the model has learned carries over to new images: labels, pictures or weights do not belong together.",
        effect=0.5,
        text="Look at a dozen train images with their labels: a table joined by the wrong key, or shuffled rows, look like this. "
        "If the labels are right, the weights are damaged or the pictures do not show what the label says.",
        images=judged.worst(),
    )
