"""Is fine-tuning better than the linear probe that it began from?"""

import numpy as np

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.held_out import final, final_split

KIND = "no_gain"
SAME = 1e-3  # nats
WORTH_IT = 0.02  # a gain that surely is less is not worth the run


def no_gain(evidence: Evidence) -> Finding:
    """Found as a warning where the delivered model is worse than the probe, as an information where it surely adds less than 2 points.

    Where a table has a part in the answers, what fine-tuning adds cannot be told from what the table does.
    """
    judged = final(evidence)
    said = evidence.probe.set_index("image_id")[["predicted", "loss"]]
    if not len(judged) or not judged.table["image_id"].isin(said.index).all():
        return unjudged(KIND, f"no labelled {final_split(evidence)} image has an answer of the probe")
    said = said.loc[judged.table["image_id"]]
    before = (said["predicted"].to_numpy() == judged.table["label"].to_numpy()).astype(np.float64)
    gain = judged.right.astype(np.float64) - before
    # Where the probe itself is what was delivered, no further image could tell the two apart.
    same = np.allclose(said["loss"], judged.table["loss"], rtol=0, atol=SAME)
    found = (chance.mean if same else chance.lead)(gain, judged.groups)
    number = Number("accuracy beyond the probe's", found.value, found.low, found.high, found.n, unit="points")
    if found.value < 0 and chance.above_zero(-gain, judged.groups) < 0.05:
        return _worse(number, chance.above_zero(-gain, judged.groups), evidence)
    if evidence.joined != "image":
        return well(
            KIND, "the delivered model, which knows the table too, is not measurably worse than the probe", number
        )
    if found.high >= WORTH_IT:
        return well(KIND, "fine-tuning is not measurably worse than the probe", number)
    return _nothing(number, float(before.mean()), evidence)


def _worse(number: Number, p: float, evidence: Evidence) -> Finding:
    table = evidence.joined != "image"
    return Finding(
        KIND,
        True,
        "warning",
        "The delivered model is worse than the linear probe",
        number,
        "What the table said of val does not carry over to new images."
        if table
        else "Fine-tuning forgot more of what the pretrained network knew than it learned.",
        effect=abs(number.value or 0.0),
        p=p,
        passed="the model is not measurably worse than the probe",
        suggests=(
            Suggestion("finetune.fusion.use", "never", "the image is then judged alone")
            if table
            else Suggestion(
                "finetune.strategy",
                {"method": "feature_extraction"},
                "the network stays as it is, and only the head learns",
            ),
        ),
        text="" if table else "Or keep the strategy and take a third of finetune.rate.",
    )


def _nothing(number: Number, probe: float, evidence: Evidence) -> Finding:
    if probe >= 0.97:
        return well(KIND, "the probe already answers nearly everything right", number)
    last, count = evidence.setting("finetune.strategy.last"), evidence.figure("finetune", "layer_groups")
    more = (
        (Suggestion("finetune.strategy.last", last + 1, f"more of the {count} layer groups may adapt to these images"),)
        if isinstance(last, int) and isinstance(count, int) and last < count
        else ()
    )
    return Finding(
        KIND,
        True,
        "info",
        "Fine-tuning adds nothing to the linear probe",
        number,
        "The frozen features already hold what these labels can teach, or training stopped before it began to adapt them.",
        effect=WORTH_IT,
        suggests=more,
        text="More labelled images, or a backbone whose pretraining saw pictures like these, usually help more than more training.",
    )
