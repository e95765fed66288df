"""The way of the data in counts: from what came in to what was judged."""

from datatools.page.numbers import count
from datatools.report.inputs import Inputs

Step = dict[str, str]


def steps(inputs: Inputs) -> list[Step]:
    """Return the steps: anchor of the section that tells more, number, and what it counts."""
    sizes = inputs.rows["split"].value_counts()
    refused = len(inputs.quarantine)
    both = inputs.rows[["image_id", "path"]].merge(inputs.pixels, on="image_id", suffixes=("", "_used"))
    changed = int((both["path"] != both["path_used"]).sum())
    return [
        _step("ingest", len(inputs.ingested), f"images came in, {count(refused) if refused else 'none'} refused"),
        _step("deduplicate", len(inputs.rows), "are unique"),
        _step("denoise", changed, "were denoised"),
        *(_step("split", int(sizes.get(name, 0)), f"in {name}") for name in ("train", "val", "test")),
        _step("augment", len(inputs.derived), "made from train"),
    ]


def _step(anchor: str, number: int, text: str) -> Step:
    return {"anchor": anchor, "number": count(number), "text": text}
