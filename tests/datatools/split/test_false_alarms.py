"""Tables in which nothing has to do with anything: no check may warn, however many domains, columns and groups there are."""

import numpy as np
import pandas as pd
import pytest

from datatools.split import Hashed, Random, Stratified
from datatools.split.assignment import Promise, Splitter
from datatools.split.audit import audit
from datatools.split.findings import Finding
from tests.datatools.split.tables import manifest


def drawn(seed: int, rows: int, groups: int, domains: int = 3, classes: int = 4, columns: int = 6) -> pd.DataFrame:
    """Draw domain, time and class of each row, and columns that are empty or not for whole groups."""
    rng = np.random.default_rng(seed)
    group = np.concatenate([np.arange(groups), rng.integers(0, groups, rows - groups)])
    table = manifest(
        [f"class {number}" for number in rng.integers(0, classes, rows)],
        clusters=group,
        domains=[f"domain {number}" for number in rng.integers(0, domains, rows)],
        days=rng.uniform(0, 300, rows).tolist(),
    )
    for number in range(columns):
        values = [rng.random(rows), rng.integers(0, 7, rows), rng.random(rows).round(2)][number % 3]
        table[f"x_{number}"] = np.where((rng.random(groups) < 0.2)[group], np.nan, values)
    return table


def alarms(table: pd.DataFrame, strategy: Splitter, seed: int) -> list[Finding]:
    assigned = strategy(table, seed)
    findings = audit(table.assign(split=pd.Series(assigned.split)), assigned.promise)
    return [item for item in findings if not item.passed]


@pytest.mark.parametrize("strategy", [Stratified(), Hashed(), Random()], ids=["stratified", "hashed", "random"])
def test_nothing_is_found_where_nothing_is(strategy: Splitter) -> None:
    assert [alarms(drawn(seed, 600, 200), strategy, seed) for seed in range(20)] == [[]] * 20


@pytest.mark.parametrize(("rows", "domains"), [(30, 2), (100, 20), (200, 50)])
def test_many_domains_are_not_by_time_by_label_or_by_split(rows: int, domains: int) -> None:
    checks = {"domain_time", "domain_label", "domain_split", "time_label", "time_split"}
    for seed in range(20):
        found = alarms(drawn(seed, rows, rows, domains, columns=0), Stratified(), seed)
        assert checks & {item.check for item in found} == set()


@pytest.mark.parametrize("domains", [2, 20, 50])
def test_domains_that_follow_each_other_are_found_however_many(domains: int) -> None:
    """Half of them were used before the other half."""
    table = drawn(0, 4 * domains + 30, 4 * domains + 30, domains, columns=0).assign(split="train")
    number = table["domain"].str.split().str[1].astype(int).to_numpy()
    later = pd.to_timedelta(np.where(2 * number >= domains, 300, 0), unit="D")
    (finding,) = (
        item
        for item in audit(table.assign(captured_at=table["captured_at"] + later), Promise())
        if item.check == "domain_time"
    )
    assert not finding.passed


def test_classes_of_few_groups_are_as_chance_made_them() -> None:
    """Whole groups of one class: by rows, their shares in a split by chance differ much more than chance allows."""
    for seed in range(20):
        table = drawn(seed, 400, 40, columns=0)
        table["label"] = [f"class {int(name[1:]) % 4}" for name in table["cluster_id"]]
        found = {item.check for item in alarms(table, Random(), seed)}
        assert "class_share" not in found
