"""What pages and findings call the candidates of the stage ``finetune``."""

NAMES = {
    "probe": "the probe",
    "lp_ft": "fine-tuned from the probe",
    "random_head": "fine-tuned from a random head",
    "tail": "last layers from the probe",
}


def name(candidate: str) -> str:
    """Return a candidate in words; one that was given twice keeps its number."""
    method, _, number = candidate.rpartition("_")
    if method in NAMES and number.isdigit():
        return f"{NAMES[method]} ({number})"
    return NAMES.get(candidate, candidate)
