"""How much of the data could not be used?"""

import numpy as np

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, unjudged, well

KIND = "quarantine"
SHARE = 0.02


def quarantine(evidence: Evidence) -> Finding:
    """Found where files or rows were refused; a warning where that is more than one of fifty."""
    refused, images = evidence.figure("ingest", "refused"), evidence.figure("ingest", "images")
    if refused is None or images is None or not refused + images:
        return unjudged(KIND, "the stage ingest left no figures")
    total = refused + images
    value, low, high = chance.share(np.arange(total) < refused, np.arange(total))
    number = Number("share of files and rows that were refused", value, low, high, total, unit="share")
    if not refused:
        return well(KIND, "every file could be used", number)
    reasons = evidence.figure("ingest", "refused_by_reason") or {}
    told = ", ".join(
        f"{name.replace('_', ' ')} {count:,}"
        for name, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    )
    return Finding(
        KIND,
        True,
        "warning" if value >= SHARE else "info",
        f"{value:.1%} of the data could not be used ({told})",
        number,
        "These images are lost for learning, and the rest may no longer stand for the whole.",
        effect=value / 4,
        text="data/ingest/quarantine.parquet names each file and row with what is wrong with it; fetch damaged files again.",
    )
