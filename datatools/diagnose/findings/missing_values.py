"""Do gaps in the table tell the split, or leave little of a column?"""

import re

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.manifest import feature_columns

KIND = "missing_values"
MOSTLY = 0.6


def missing_values(evidence: Evidence) -> Finding:
    """Found as a warning where a column is empty more often in one split than in another, as an information where most of it is empty."""
    columns = feature_columns(evidence.rows)
    if not columns or evidence.rows.empty:
        return unjudged(KIND, "there is no table")
    drift = next((entry for entry in evidence.audit if entry["check"] == "missing_drift"), None)
    if drift and not drift["passed"] and drift["severity"] != "info":
        return Finding(
            KIND,
            True,
            "warning",
            "Columns of the table are empty more often in one split than in another",
            Number(
                "largest difference of missing rates between two splits",
                float(drift["value"]),
                n=len(evidence.rows),
                unit="points",
            ),
            "What is missing may tell the split or the source instead of the class, and filled values differ between them.",
            effect=0.02,
            suggests=(Suggestion("finetune.fusion.use", "never", "the score then speaks for the image alone"),),
            text=re.sub(r"\bx_(?=\w)", "", f"{str(drift['detail']).rstrip('.')}."),
        )
    rates = evidence.rows[columns].isna().mean()
    empty = [str(name).removeprefix("x_") for name in rates.index[rates > MOSTLY]]
    number = Number("share of missing cells", float(rates.mean()), n=len(evidence.rows) * len(columns), unit="share")
    if not empty:
        return well(KIND, "most cells of the table are filled", number)
    return _mostly(empty, number, evidence)


def _mostly(empty: list[str], number: Number, evidence: Evidence) -> Finding:
    used = evidence.setting("ingest.layout.features") or ()
    kept = [name for name in used if name not in empty]
    change = (Suggestion("ingest.layout.features", kept, "what is mostly guessed adds noise"),) if used else ()
    return Finding(
        KIND,
        True,
        "info",
        f"Most of {', '.join(empty[:3])}{' and others' if len(empty) > 3 else ''} is missing",
        number,
        "Filled values stand for most of what the table says there; that a value is missing may say more than the value.",
        effect=0.005,
        suggests=change,
    )
