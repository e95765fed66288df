"""One planted fault per check, which must be found by name; and a table without faults, which must pass."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from datatools.errors import DataError
from datatools.split import Stratified, Temporal
from datatools.split.assignment import Promise
from datatools.split.audit import CHECKS, audit, failures, refuse
from datatools.split.findings import AuditSettings, Finding
from datatools.split.fractions import Fractions
from tests.datatools.split.tables import manifest

STRATIFIED, BY_TIME = Promise(fractions=Fractions()), Temporal()


def clean() -> pd.DataFrame:
    """300 rows in which label, domain, time, groups and features have nothing to do with each other, split in strata."""
    rng = np.random.default_rng(4)
    cluster = rng.integers(0, 200, 300)
    rows = manifest(
        rng.choice(["cat", "dog", "emu"], 300).tolist(),
        clusters=cluster,
        groups=[f"g{number // 3}" if number < 90 else None for number in cluster],
        domains=rng.choice(["phone", "camera"], 300).tolist(),
        days=[float(day) for day in rng.integers(0, 100, 300)],
    )
    rows["x_size"] = np.where(rng.random(300) < 0.2, np.nan, rng.integers(0, 9, 300))
    rows["x_file"] = [f"{number}.png" for number in range(300)]
    rows["split"] = pd.Series(Stratified()(rows, 0).split)
    return rows


def at(rows: pd.DataFrame, split: str) -> np.ndarray:
    return np.flatnonzero(rows["split"] == split)


def put(rows: pd.DataFrame, places: np.ndarray, column: str, value: object) -> pd.DataFrame:
    rows.loc[rows.index[places], column] = value
    return rows


def copied(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows, rows.iloc[at(rows, "train")[:2]].assign(split="test")])


def cluster_across(rows: pd.DataFrame) -> pd.DataFrame:
    return put(rows, np.array([at(rows, "train")[0], at(rows, "test")[0]]), "cluster_id", "twins")


def group_across(rows: pd.DataFrame) -> pd.DataFrame:
    return put(rows, np.array([at(rows, "val")[0], at(rows, "test")[0]]), "group_id", "patient 7")


def only_train_and_val(rows: pd.DataFrame) -> pd.DataFrame:
    return put(rows, at(rows, "test"), "split", "val")


def lopsided(rows: pd.DataFrame) -> pd.DataFrame:
    return put(rows, at(rows, "train")[:40], "split", "val")


def class_out_of_train(rows: pd.DataFrame) -> pd.DataFrame:
    return put(rows, at(rows, "test")[:3], "label", "yak")


def class_out_of_test(rows: pd.DataFrame) -> pd.DataFrame:
    return put(rows, at(rows, "train")[:3], "label", "yak")


def one_class_in_test(rows: pd.DataFrame) -> pd.DataFrame:
    return put(rows, at(rows, "test")[:30], "label", "cat")


def domain_out_of_test(rows: pd.DataFrame) -> pd.DataFrame:
    return put(rows, at(rows, "test"), "domain", "camera")


def camera_after_phone(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(domain=np.where(rows["captured_at"] < pd.Timestamp("2024-02-14", tz="UTC"), "phone", "camera"))


def cats_by_phone(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(domain=np.where(rows["label"] == "cat", "phone", "camera"))


def class_after_class(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(captured_at=rows["captured_at"].sort_values().to_numpy()).assign(
        label=rows["label"].sort_values().to_numpy()
    )


def missing_in_test(rows: pd.DataFrame) -> pd.DataFrame:
    return put(rows, at(rows, "test"), "x_size", np.nan)


def finer_class(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(x_breed=rows["label"] + rows.index.to_series().mod(4).astype(str).to_numpy())


PLANTED: list[tuple[str, str, Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    ("exact_overlap", "error", copied, "2 images are in more than one split"),
    (
        "cluster_overlap",
        "error",
        cluster_across,
        "1 near-duplicate cluster is in more than one split, for example twins in train and test",
    ),
    ("group_overlap", "error", group_across, "patient 7 in val and test"),
    ("fractions", "error", only_train_and_val, "test got no rows"),
    ("fractions", "warning", lopsided, "within 0.133 of the fractions"),
    ("classes_missing", "error", class_out_of_train, "train lacks class 'yak' (3 rows"),
    ("classes_missing", "warning", class_out_of_test, "val or test lacks class 'yak'"),
    ("class_share", "warning", one_class_in_test, "the share of class 'cat' in test"),
    ("domain_split", "warning", domain_out_of_test, "test lacks domain 'phone'"),
    (
        "domain_time",
        "warning",
        camera_after_phone,
        "before 2024-02-14 every image is from 'phone', from then on every image is from 'camera'",
    ),
    ("domain_label", "warning", cats_by_phone, "recognising the domain"),
    ("time_label", "warning", class_after_class, "classes were captured one after another"),
    ("missing_drift", "warning", missing_in_test, "x_size"),
    ("label_feature", "warning", finer_class, "x_breed (for 100% of the groups) determines the label"),
]


def found(rows: pd.DataFrame, check: str, promise: Promise = STRATIFIED) -> Finding:
    (finding,) = (item for item in audit(rows, promise) if item.check == check)
    return finding


@pytest.mark.parametrize(
    ("check", "severity", "plant", "words"), PLANTED, ids=[f"{case[0]}-{case[1]}" for case in PLANTED]
)
def test_a_planted_fault_is_found_and_named(
    check: str, severity: str, plant: Callable[[pd.DataFrame], pd.DataFrame], words: str
) -> None:
    assert found(clean(), check).passed
    finding = found(plant(clean()), check)
    assert (finding.passed, finding.severity) == (False, severity)
    assert words in finding.detail


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
