from pathlib import Path

import pandas as pd

from datatools import manifest
from datatools.cache import Store
from pipelines import examples
from pipelines.stage import Stage
from tests.pipelines.finetune.world import rows


def test_a_derived_image_has_the_domain_of_its_first_parent(project: Path) -> None:
    frame = rows()
    first = frame["image_id"] == pd.read_parquet("data/augment/manifest.parquet")["parents"].iloc[0][0]
    changed = frame.assign(domain=["phone" if row else "default" for row in first])
    manifest.write(changed, Path("data/split/manifest.parquet"), manifest.SPLIT)
    task = examples.prepare(Stage("finetune", Path("data/finetune"), Store(Path(".toolkit"))), use_derived=True)
    assert task.derived == 1
    assert task.train.domains is not None
    names = dict(zip(task.train.names, task.train.domains.tolist(), strict=True))
    assert sum(names.values()) == 2  # the parent and what was derived from it
    assert task.train.domains[-1] == 1
