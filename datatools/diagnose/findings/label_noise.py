"""How many labels are wrong?

Two signs have to agree. The estimate counts labels that a model contradicts where it is sure; and where a model disagrees with a true
label, that label is mostly its second guess, while a wrong one stands anywhere in the order of its guesses. Mean place from 0 (second
guess) to 1 (last), measured on photos of the benchmark and on emoji: .13 to .20 with true labels, .26 to .35 with a tenth of them drawn
anew, .31 to .42 with a fifth.
"""

import numpy as np

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.held_out import HELD_OUT, answers

KIND = "label_noise"
SHARE = 0.03
CONFUSED = 0.23  # mean place of the label up to which classes are confused rather than mislabelled
FEWEST = 40  # train images of the middle class: a model that learned from fewer contradicts true labels, too


def label_noise(evidence: Evidence) -> Finding:
    """Found where the estimated share of wrong labels (:mod:`datatools.diagnose.noise`) lies above 3 % with its whole interval.

    As an information only where the labels are mostly the second guess, or train has too few images for a sure model.
    """
    estimate = evidence.label_noise
    if not estimate or estimate.get("value") is None:
        return unjudged(KIND, "the share of wrong labels was not estimated")
    number = Number.of("estimated share of wrong labels", estimate, unit="share")
    if (number.low or 0.0) < SHARE:
        return well(KIND, "few labels, if any, contradict their images", number)
    train = evidence.rows.loc[evidence.rows["split"] == "train", "label"].dropna().value_counts()
    place, enough = _place(evidence), len(train) > 0 and float(train.median()) >= FEWEST
    return _found(evidence, number, wrong=enough and (place is None or place > CONFUSED))


def _place(evidence: Evidence) -> float | None:
    """Return the mean place of the label among the guesses after the first, of wrong answers outside train; None of two classes."""
    judged = answers(evidence, HELD_OUT)
    wrong = judged.table[~judged.right & judged.table["label"].isin(evidence.classes).to_numpy()]
    others = len(evidence.classes) - 2
    if wrong.empty or others < 1:
        return None
    said = evidence.predictions.set_index("image_id")["probabilities"].loc[wrong["image_id"]]
    number = {name: place for place, name in enumerate(evidence.classes)}
    values = np.array(said.tolist(), dtype=np.float64)
    own = values[np.arange(len(wrong)), [number[label] for label in wrong["label"]]]
    greater, equal = values > own[:, None], values == own[:, None]
    place = greater.sum(axis=1) + (equal.sum(axis=1) - 1) / 2 - 1  # ties share their places
    return float((place / others).clip(0.0, 1.0).mean())


def _found(evidence: Evidence, number: Number, *, wrong: bool) -> Finding:
    suspects, share = evidence.label_errors, f"{number.value or 0.0:.0%} of the labels"
    return Finding(
        KIND,
        True,
        "warning" if wrong else "info",
        f"About {share} seem to be wrong" if wrong else f"About {share} contradict their images",
        number,
        "The model learns the mistakes, and the score counts right answers as wrong."
        if wrong
        else "Some may be wrong; classes that look alike, or a model that learned from few images, give the same picture.",
        effect=float(number.low or 0.0) * (1.0 if wrong else 0.2),
        suggests=_changes(evidence) if wrong else (),
        text=f"Look through data/diagnose/label_errors.parquet, the most suspicious first ({len(suspects):,} rows), "
        "and correct the table: it is the surest gain there is.",
        images=tuple(suspects.sort_values("rank")["image_id"].head(12)) if len(suspects) else (),
    )


def _changes(evidence: Evidence) -> tuple[Suggestion, ...]:
    loss = evidence.setting("finetune.loss") or {}
    if loss.get("method") != "cross_entropy" or (loss.get("label_smoothing") or 0.0) >= 0.1:
        return ()
    return (Suggestion("finetune.loss.label_smoothing", 0.1, "a wrong label then pulls less"),)
