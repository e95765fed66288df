"""Do the answers follow the labels, or could the model as well always name one class?"""

import numpy as np

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, unjudged, well
from datatools.diagnose.findings.held_out import Answers, final, final_split

KIND = "majority_not_beaten"
CERTAIN, FEWEST = 0.01, 10
LITTLE = 0.25  # points beyond chance that a model which learned nothing surely stays below


def majority_not_beaten(evidence: Evidence) -> Finding:
    """Found where the answers follow the labels no more than by chance, as those of a model do that always names one class.

    By chance an image is right as often as its label is answered at all; where one class has nearly all images, a model may know much and
    be right no more often than one that always names it. An error where the test images show that little was learned, a warning where
    they are too few to say.
    """
    split = final_split(evidence)
    judged, train = final(evidence), evidence.rows.loc[evidence.rows["split"] == "train", "label"].dropna()
    if len(judged) < FEWEST or train.empty:
        return unjudged(KIND, f"too few labelled {split} images")
    largest = str(train.value_counts().index[0])
    if judged.table["label"].nunique() < 2:
        return unjudged(KIND, f"every {split} image is of class {judged.table['label'].iloc[0]}")
    answered = judged.table["predicted"].value_counts(normalize=True)
    by_chance = judged.table["label"].map(answered).fillna(0.0).to_numpy(dtype=np.float64)
    beyond = judged.right.astype(np.float64) - by_chance
    found = chance.mean(beyond, judged.groups)
    number = Number(
        "accuracy beyond that of the same answers given at random",
        found.value,
        found.low,
        found.high,
        found.n,
        unit="points",
    )
    if chance.above_zero(beyond, judged.groups) < CERTAIN:
        return well(KIND, "the answers follow the labels", number)
    return _found(judged, number, largest, split, sure=found.high < LITTLE)


def _found(judged: Answers, number: Number, largest: str, split: str, *, sure: bool) -> Finding:
    return Finding(
        KIND,
        True,
        "error" if sure else "warning",
        f"The model is not measurably better than always answering {largest}",
        number,
        "Nothing that the model has learned carries over to new images: labels, pictures or weights do not belong together."
        if sure
        else f"There are too few {split} images, or things that they show, to tell its answers from chance.",
        effect=0.5 if sure else 0.1,
        text="Look at a dozen train images with their labels: a table joined by the wrong key, or shuffled rows, look like this. "
        "If the labels are right, the weights are damaged or the pictures do not show what the label says."
        if sure
        else f"More labelled {split} images; until then the score says nothing.",
        images=judged.worst(),
    )
