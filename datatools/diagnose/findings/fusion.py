"""Does the table add anything to the image?"""

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well

KIND = "fusion"
WORTH_IT = 0.01


def fusion(evidence: Evidence) -> Finding:
    """Found, as an information, where image and table together surely add less than a point to the image alone."""
    added = evidence.figure("finetune", "fusion")
    gain = ((added or {}).get("would_add") or {}).get("difference")
    if gain is None:
        return unjudged(KIND, "no table is joined to the image")
    number = Number.of("accuracy on val that the table adds", gain, unit="points")
    if added.get("delivered") == "table":
        return well(KIND, "the table alone is delivered: it knows more than the image", number)
    if (number.high or 0.0) >= WORTH_IT:
        return well(KIND, "the table may add to the image", number)
    return Finding(
        KIND,
        True,
        "info",
        "The table adds nothing to the image",
        number,
        "Leaving it out makes the model simpler and spares whoever uses it from filling in the table.",
        effect=0.0,
        suggests=(Suggestion("finetune.fusion.use", "never", "the image alone does as well"),),
    )
