"""The parts of the page below the verdict, in their order: one file and one template each."""

from collections.abc import Callable

from datatools.report.inputs import Inputs, Section
from datatools.report.sections import (
    augment,
    deduplicate,
    denoise,
    diagnose,
    evaluate,
    finetune,
    impute,
    ingest,
    pictures,
    probe,
    provenance,
    split,
    subsets,
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
    diagnose.view,
    evaluate.view,
    pictures.view,
    subsets.view,
    provenance.view,
)
