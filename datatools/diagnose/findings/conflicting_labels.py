"""Do copies of one picture carry different labels?"""

import numpy as np

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well

KIND = "conflicting_labels"
SHARE = 0.01


def conflicting_labels(evidence: Evidence) -> Finding:
    """Found where pictures have copies with another label; a warning from one picture of a hundred on."""
    count, pictures = evidence.figure("deduplicate", "conflicts"), evidence.figure("ingest", "images")
    if count is None or not pictures:
        return unjudged(KIND, "copies were not looked for")
    value, low, high = chance.share(np.arange(pictures) < count, np.arange(pictures))
    number = Number("share of pictures whose copies disagree about the label", value, low, high, pictures, unit="share")
    if not count:
        return well(KIND, "copies of one picture carry one label", number)
    grave = value >= SHARE
    return Finding(
        KIND,
        True,
        "warning" if grave else "info",
        f"{count:,} {'picture has' if count == 1 else 'pictures have'} copies with different labels",
        number,
        "Who labelled the images disagreed there, and probably elsewhere, where no copy shows it.",
        effect=value,
        suggests=_changes(evidence),
        text="reports/duplicates.html shows them; decide on one label for each, and ask what rule led to two.",
        images=tuple(evidence.conflicts["image_id"].drop_duplicates().head(12)) if len(evidence.conflicts) else (),
    )


def _changes(evidence: Evidence) -> tuple[Suggestion, ...]:
    if evidence.setting("deduplicate.conflicts") != "keep":
        return ()
    return (
        Suggestion("deduplicate.conflicts", "quarantine", "pictures of which nobody knows the class teach nothing"),
    )
