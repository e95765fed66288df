"""Every planted fault is found by name, a table without faults passes, and what else the audit promises."""

import re
from datetime import timedelta
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from datatools.errors import DataError
from datatools.split import Stratified, Temporal
from datatools.split.assignment import Promise
from datatools.split.audit import CHECKS, audit, failures, refuse
from datatools.split.findings import AuditSettings, Check, Evidence, Finding
from datatools.split.folds import Folds
from datatools.split.fractions import Fractions
from tests.datatools.split.giveaways import finer_class
from tests.datatools.split.planted import (
    PLANTED,
    STRATIFIED,
    Plant,
    at,
    camera_after_phone,
    clean,
    cluster_across,
    domain_out_of_test,
    group_across,
    later_test,
    lopsided,
    one_class_in_test,
    pairs_across,
    put,
)
from tests.datatools.split.tables import manifest


def found(rows: pd.DataFrame, check: str, promise: Promise = STRATIFIED, evidence: Evidence | None = None) -> Finding:
    (finding,) = (item for item in audit(rows, promise, evidence=evidence) if item.check == check)
    return finding


@pytest.mark.parametrize("case", PLANTED, ids=[f"{case.check}-{case.severity}" for case in PLANTED])
def test_a_planted_fault_is_found_and_named(case: Plant) -> None:
    assert found(case.clean(clean()), case.check, case.promise).passed
    rows = case.plant(clean())
    finding = found(rows, case.check, case.promise, case.evidence(rows))
    assert (finding.passed, finding.severity) == (False, case.severity)
    assert case.words in finding.detail


def test_every_check_has_a_planted_fault() -> None:
    assert {case.check for case in PLANTED} == set(get_args(Check))
    assert {item.check for item in audit(clean(), STRATIFIED)} == set(get_args(Check))


def test_a_leak_is_planted_alone() -> None:
    """What is planted for one check is found by it and, of the errors, by no other: the corpus tells checks apart."""
    for case in PLANTED:
        if case.severity == "error" and case.promise == STRATIFIED:
            rows = case.plant(clean())
            errors = failures(audit(rows, case.promise, evidence=case.evidence(rows)), "error")
            # A copied row is in two splits with its cluster, and an empty split has no classes.
            also = {"exact_overlap": {"cluster_overlap", "group_overlap"}, "fractions": {"classes_missing"}}
            assert {item.check for item in errors} <= {case.check} | also.get(case.check, set())


def test_a_clean_table_passes_every_check() -> None:
    findings = audit(clean(), STRATIFIED)
    assert [item for item in findings if not item.passed] == []
    assert len(findings) == len(CHECKS)


@pytest.mark.parametrize(("rows", "rate"), [(4000, 0.08), (60, 0.2)])
def test_a_small_or_a_chance_difference_of_missing_rates_is_no_finding(rows: int, rate: float) -> None:
    # 8 % of many rows are below the threshold though no chance; 20 % of 9 rows are above it and may be chance.
    table = manifest(["cat", "dog"] * (rows // 2))
    table["split"] = pd.Series(Stratified()(table, 0).split)
    values = np.zeros(rows)
    test = at(table, "test")
    values[test[: round(rate * len(test))]] = np.nan
    finding = found(table.assign(x_size=values), "missing_drift")
    assert finding.passed
    assert finding.value == pytest.approx(rate, abs=0.04)


def test_every_two_splits_are_compared_not_only_the_extreme_ones() -> None:
    """Val has six rows, of which two lack a value: the highest rate, but by chance; that of test is no chance."""
    rng = np.random.default_rng(0)
    table = manifest(["cat", "dog"] * 653).assign(split=["train"] * 1000 + ["test"] * 300 + ["val"] * 6)
    missing = np.concatenate([rng.random(1000) < 0.05, rng.random(300) < 0.3, [True, True] + [False] * 4])
    finding = found(table.assign(x_a=np.where(missing, np.nan, 1.0)), "missing_drift")
    assert not finding.passed
    assert "in test," in finding.detail
    assert "in train)" in finding.detail


def test_gaps_of_whole_groups_differ_by_chance() -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        group = rng.integers(0, 60, 1000)
        table = manifest(["cat", "dog"] * 500, clusters=group)
        table["split"] = pd.Series(Stratified()(table, seed).split)
        for number in range(30):
            table[f"x_{number}"] = np.where((rng.random(60) < 0.2)[group], np.nan, 1.0)
        assert found(table, "missing_drift").passed


def by_time(gap: str = "0d") -> tuple[pd.DataFrame, Promise]:
    rows = clean()
    assigned = Temporal(gap=gap)(rows, 0)
    return rows.assign(split=pd.Series(assigned.split)), assigned.promise


@pytest.mark.parametrize("gap", ["0d", "5d"])
def test_a_temporal_split_is_in_order(gap: str) -> None:
    rows, promise = by_time(gap)
    finding = found(rows, "temporal_order", promise)
    assert (finding.passed, finding.severity) == (True, "error")


def test_a_look_into_the_future_a_tie_and_a_missing_date_are_found() -> None:
    for moment in ("last of val", "first of val", None):
        rows, promise = by_time()
        val = rows["captured_at"][rows["split"] == "val"]
        value = {"last of val": val.max(), "first of val": val.min(), None: pd.NaT}[moment]
        place = at(rows, "train")[:1] if moment else at(rows, "test")[:1]
        finding = found(put(rows, place, "captured_at", value), "temporal_order", promise)
        assert (finding.passed, finding.severity, finding.rows) == (False, "error", 1)


def test_a_gap_that_was_not_kept_is_found() -> None:
    rows, _ = by_time("0d")
    assert not found(rows, "temporal_order", by_time("5d")[1]).passed


def test_no_date_is_asked_of_a_split_that_is_not_by_time() -> None:
    assert found(
        clean().assign(captured_at=pd.Series(pd.NaT, index=range(300), dtype="datetime64[us, UTC]")), "temporal_order"
    ).passed


def test_errors_end_in_one_line_that_says_how_to_go_on() -> None:
    findings = audit(group_across(cluster_across(clean())), STRATIFIED)
    with pytest.raises(DataError) as caught:
        refuse(findings)
    assert str(caught.value).startswith(
        "audit: cluster_overlap = 1: 1 near-duplicate cluster is in more than one split"
    )
    assert str(caught.value).endswith(
        "(and 1 more); if this is meant to be so: split.audit.ignore: [cluster_overlap, group_overlap]"
    )


def test_an_ignored_check_is_stored_but_neither_fails_nor_warns() -> None:
    settings = AuditSettings(ignore=("cluster_overlap", "group_overlap"))
    findings = audit(group_across(cluster_across(clean())), STRATIFIED, settings)
    refuse(findings)
    assert failures(findings, "error") == failures(findings, "warning") == []
    assert [(item.check, item.severity) for item in findings if not item.passed] == [
        ("cluster_overlap", "info"),
        ("group_overlap", "info"),
    ]


def test_rows_that_are_set_aside_leak_nothing_and_are_counted() -> None:
    rows = put(
        cluster_across(clean()), np.flatnonzero(cluster_across(clean())["cluster_id"] == "twins")[:1], "split", None
    )
    assert found(rows, "cluster_overlap").passed
    assert found(rows, "set_aside").rows == 1


def test_the_order_of_the_rows_changes_nothing() -> None:
    rows = finer_class(camera_after_phone(group_across(clean())))
    assert audit(rows, STRATIFIED) == audit(rows.sample(frac=1, random_state=0), STRATIFIED)


def test_a_split_by_domain_may_separate_domains() -> None:
    rows = domain_out_of_test(clean())
    assert found(rows, "domain_split", Promise(by_domain=True)).passed


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_tiny_and_unlabelled_tables_are_judged_without_a_crash(rows: int) -> None:
    table = manifest([None] * rows).assign(split=pd.Series(["train", "val", "test"][:rows], dtype="object"))
    assert len(audit(table, Promise())) == len(CHECKS)


def test_pairs_inside_a_split_or_with_rows_outside_are_none() -> None:
    rows = clean()
    evidence = pairs_across(rows)
    gone = put(rows, at(rows, "test")[:1], "split", None)
    finding = found(gone, "near_pairs", evidence=evidence)
    assert finding.passed
    assert finding.detail == "none of 1 measured pairs within 24 bits is in two splits"


def test_class_share_tells_chi_square_and_v() -> None:
    rows = one_class_in_test(clean())
    table = pd.crosstab(rows["label"], rows["split"])
    expected = chi2_contingency(table, correction=False)
    figures = found(rows, "class_share").figures
    assert figures["chi_square"] == pytest.approx(expected.statistic)
    assert figures["degrees"] == expected.dof
    assert 0 < figures["cramers_v"] < 1


def test_with_several_classes_a_label_the_shares_are_of_rows_that_have_the_class() -> None:
    rows = manifest(["cat|dog", "cat", "dog|emu"] * 20)
    rows["split"] = ["train"] * 30 + ["val"] * 15 + ["test"] * 15
    finding = found(rows, "class_share", Promise(separator="|"))
    assert finding.passed
    assert finding.value == pytest.approx(0)
    assert found(put(rows, np.array([0]), "label", "cat|yak"), "classes_missing", Promise(separator="|")).value == 1
    skewed = put(rows, at(rows, "test"), "label", "cat")
    assert "class 'dog' in test is" in found(skewed, "class_share", Promise(separator="|")).detail


def test_a_split_by_chance_may_miss_its_fractions_by_chance() -> None:
    rows = lopsided(clean())
    rows["cluster_id"], rows["group_id"] = [f"c{place // 30}" for place in range(300)], None
    assert not found(rows, "fractions").passed
    assert found(rows, "fractions", Promise(fractions=Fractions(), by_chance=True)).passed
    single = lopsided(clean()).assign(cluster_id=[f"c{place}" for place in range(300)], group_id=None)
    assert not found(single, "fractions", Promise(fractions=Fractions(), by_chance=True)).passed


@pytest.mark.parametrize(
    ("promise", "words"),
    [
        (STRATIFIED, "too few or too large to be shared out"),
        (Promise(fractions=Fractions()), "method: stratified gives"),
        (Promise(gap=timedelta(0)), "came later than train"),
        (Promise(by_domain=True), "only the target domain has it"),
        (Promise(), "correct that column"),
    ],
)
def test_what_to_do_about_a_lacking_class_depends_on_the_strategy(promise: Promise, words: str) -> None:
    detail = found(put(clean(), at(clean(), "test")[:3], "label", "yak"), "classes_missing", promise).detail
    assert words in detail
    assert ("stratified" in detail) == (promise == Promise(fractions=Fractions()))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"gap": "200d"},
            r"val got no rows .*: 2\d\d rows are set aside \(2\d\d within the gap before the next split\); shorten",
        ),
        (
            {"val_from": "2030-01-01", "test_from": "2031-01-01"},
            r"val and test got no rows .*move the cuts; rows with a label are from 2024-01-01 to 2024-04-09",
        ),
    ],
)
def test_an_empty_split_names_its_cause_and_a_remedy(settings: dict[str, str], words: str) -> None:
    rows = clean()
    assigned = Temporal(**settings)(rows, 0)  # type: ignore[arg-type]
    finding = found(
        rows.assign(split=pd.Series(assigned.split)), "fractions", assigned.promise, Evidence(why=assigned.why)
    )
    assert re.search(words, finding.detail)


def test_what_comes_after_a_fold_is_not_lost() -> None:
    rows = clean()
    assigned = Temporal(folds=Folds(count=5, fold=0))(rows, 0)
    rows["split"] = pd.Series(assigned.split)
    assert rows["split"].isna().mean() > 0.5
    finding = found(rows, "set_aside", assigned.promise, Evidence(why=assigned.why))
    assert finding.passed
    assert "after the test window of this fold, as asked" in finding.detail
    assert not found(rows, "set_aside", assigned.promise).passed


def test_a_split_by_time_or_by_domain_may_be_by_time() -> None:
    for promise in (Promise(gap=timedelta(0)), Promise(by_domain=True)):
        assert found(later_test(clean()), "time_split", promise).passed


def test_a_leak_of_the_users_own_split_names_the_way_out() -> None:
    detail = found(cluster_across(clean()), "cluster_overlap", Promise(repair="; set leaks")).detail
    assert detail.endswith("twins in train and test; set leaks")
