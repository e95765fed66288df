"""The parts of the page below the verdict, in their order: one file and one template each."""

from collections.abc import Callable

from datatools.report.inputs import Inputs, Section
from datatools.report.sections import (
    augment,
    deduplicate,
    denoise,
    evaluate,
    finetune,
    impute,
    ingest,
    probe,
    provenance,
    split,
)

SECTIONS: tuple[Callable[[Inputs], Section], ...] = (
    ingest.view,
    deduplicate.view,
    denoise.view,
    split.view,
    impute.view,
    probe.view,
    augment.view,
    finetune.view,
    evaluate.view,
    provenance.view,
)
