"""Can domain, time or table stand for the label, or for the split?"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Finding, Number, Severity, Suggestion, unjudged, well

KIND = "confounded_split"
# The audit's checks, the gravest first, and how grave they are.
CHECKS: Mapping[str, Severity] = {
    "domain_label": "error",
    "domain_split": "error",
    "label_feature": "warning",
    "time_label": "warning",
    "time_split": "warning",
    "tied_times": "warning",
}
TITLES = {
    "domain_label": "Domain and label go together",
    "domain_split": "The splits hold different domains",
    "label_feature": "A column of the table gives the label away",
    "time_label": "Time and label go together",
    "time_split": "The splits are of different times",
    "tied_times": "Photos of one moment are in train and in test",
}
MEANS = {
    "domain_label": "A model can score by recognising the domain instead of the class, and will fail where the two no longer go together.",
    "domain_split": "The score mixes how hard the images are with how well the model copes with a domain that it has not learned from.",
    "label_feature": "A column gives the label away, and may not exist, or not mean the same, where the model will work.",
    "time_label": "Light or session can stand for the class, because the classes were captured one after another.",
    "time_split": "The score measures what has changed since train was captured, too.",
    "tied_times": "Photos of one moment stand on both sides of the split: test is easier than new images will be.",
}


NUMBERS = {
    "domain_label": "how far the domain tells the label",
    "domain_split": "how far the domain tells the split",
    "label_feature": "accuracy of the surest column alone",
    "time_label": "how far the time tells the label",
    "time_split": "how far the time tells the split",
    "tied_times": "share of images whose moment is on both sides of the split",
}


def confounded_split(evidence: Evidence) -> Finding:
    """Found where the split's audit found one of these associations, each strong and beyond chance; an error for those of the domain."""
    if not evidence.audit:
        return unjudged(KIND, "the split has no audit")
    of = {str(entry["check"]): entry for entry in evidence.audit}
    failed = [of[name] for name in CHECKS if name in of and not of[name]["passed"] and of[name]["severity"] != "info"]
    if not failed:
        return well(KIND, "neither domain nor time nor table gives label or split away")
    worst, name = failed[0], str(failed[0]["check"])
    return Finding(
        KIND,
        True,
        CHECKS[name],
        TITLES[name],
        Number(NUMBERS[name], float(worst["value"]), n=int(worst["rows"])),
        MEANS[name],
        effect=0.2 if CHECKS[name] == "error" else 0.05,
        suggests=_changes(name, evidence),
        text=_told(failed),
    )


def _told(failed: Sequence[Mapping[str, Any]]) -> str:
    """Return what the audit says, with the names that columns have in the user's table."""
    said = " ".join(f"{str(entry['detail']).rstrip('.')}." for entry in failed[:3])
    return re.sub(r"\bx_(?=\w)", "", said)


def _changes(name: str, evidence: Evidence) -> tuple[Suggestion, ...]:
    method = evidence.setting("split.strategy.method")
    if name in {"domain_split", "time_split"} and method != "stratified":
        return (Suggestion("split.strategy", {"method": "stratified"}, "every split then holds every domain and time"),)
    if name == "tied_times" and method != "temporal":
        undated = (
            {"undated": "train"} if evidence.rows["captured_at"].isna().any() else {}
        )  # else the split refuses them
        return (Suggestion("split.strategy", {"method": "temporal", **undated}, "test is then later than train"),)
    return ()
