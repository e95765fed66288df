"""A corpus of planted faults, at least one per check; and a table without faults."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from datatools.split import Stratified, Temporal
from datatools.split.assignment import Promise
from datatools.split.findings import Check, Evidence
from datatools.split.fractions import Fractions
from datatools.split.temporal import EMBARGO, GAP
from tests.datatools.split.giveaways import class_of_two, finer_class, measured_class, not_measured_class
from tests.datatools.split.tables import manifest

STRATIFIED = Promise(fractions=Fractions(), by_class=True)


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


def emus_only_at_the_zoo(rows: pd.DataFrame) -> pd.DataFrame:
    """One class is in one domain and nothing else is; the others are mixed, and so the table as a whole is."""
    rng = np.random.default_rng(5)
    mixed = rows.assign(label=rng.choice(["ant", "bee", "cat", "dog", "emu"], len(rows)))
    return mixed.assign(domain=np.where(mixed["label"] == "emu", "zoo", rng.choice(list("abcd"), len(rows))))


def yaks_only_in_a_domain_of_many(rows: pd.DataFrame) -> pd.DataFrame:
    """A rare class is only in one of two domains; V of the table and phi of the pair are small."""
    places = np.flatnonzero(rows["domain"] == "phone")[:30]
    return put(rows, places, "label", "yak")


def later_test(rows: pd.DataFrame) -> pd.DataFrame:
    """A split that came with the data, or by chance, and is by time: test is the last month."""
    later = pd.to_timedelta(np.where(rows["split"] == "test", 120, 0), unit="D")
    return rows.assign(captured_at=rows["captured_at"] + later)


def class_after_class(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(captured_at=rows["captured_at"].sort_values().to_numpy()).assign(
        label=rows["label"].sort_values().to_numpy()
    )


def missing_in_test(rows: pd.DataFrame) -> pd.DataFrame:
    return put(rows, at(rows, "test"), "x_size", np.nan)


def missing_in_test_with_a_tiny_val(rows: pd.DataFrame) -> pd.DataFrame:
    """Two of three val rows have no value, which hides that test has more gaps than train."""
    test = at(rows, "test")
    rows = put(put(rows, at(rows, "val")[3:], "split", "train"), test[np.arange(len(test)) % 4 > 0], "x_size", np.nan)
    return put(rows, at(rows, "val")[:2], "x_size", np.nan)


def most_set_aside(rows: pd.DataFrame) -> pd.DataFrame:
    return put(rows, np.arange(200), "split", None)


def burst(rows: pd.DataFrame) -> pd.DataFrame:
    """A third of the test rows were taken in the very second of a train row."""
    rows = rows.assign(captured_at=rows["captured_at"] + pd.to_timedelta(np.arange(300), unit="s"))
    test, train = at(rows, "test")[::3], at(rows, "train")
    rows.loc[rows.index[test], "captured_at"] = rows["captured_at"].iloc[train[: len(test)]].to_numpy()
    return rows


def burst_within_the_second(rows: pd.DataFrame) -> pd.DataFrame:
    """Like a burst, but a fifth of a second apart, as cameras write it."""
    rows = burst(rows)
    moved = rows["captured_at"] + pd.to_timedelta(np.where(rows["split"] == "test", 200, 0), unit="ms")
    return rows.assign(captured_at=moved)


def same(rows: pd.DataFrame) -> pd.DataFrame:
    return rows


def split_by_time(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(split=pd.Series(Temporal()(rows, 0).split))


def future_in_train(rows: pd.DataFrame) -> pd.DataFrame:
    rows = split_by_time(rows)
    late = rows["captured_at"][rows["split"] == "test"].max() + pd.Timedelta(days=1)
    return put(rows, at(rows, "train")[:1], "captured_at", late)


def tie_across_cut(rows: pd.DataFrame) -> pd.DataFrame:
    rows = split_by_time(rows)
    return put(rows, at(rows, "train")[:1], "captured_at", rows["captured_at"][rows["split"] == "val"].min())


def pairs_across(rows: pd.DataFrame) -> Evidence:
    """Two pairs that deduplicate measured and that are no cluster: one inside train, one across."""
    train, test = at(rows, "train"), at(rows, "test")
    ids = rows["image_id"].to_numpy()
    table = {"image_id": ids[train[:2]], "other_id": [ids[train[5]], ids[test[0]]], "distance": [0, 13]}
    return Evidence(pairs=pd.DataFrame(table), radius=24)


def much_purged(rows: pd.DataFrame) -> Evidence:
    return Evidence(why=np.array([GAP] * 50 + [EMBARGO] * 20 + [""] * (len(rows) - 70), dtype=object))


def derived(rows: pd.DataFrame, *made: tuple[str, str]) -> Evidence:
    """One derived image for each (its split, the split of its two parents)."""
    ids = rows["image_id"].to_numpy()
    table = {"image_id": [f"made {place}" for place in range(len(made))], "split": [split for split, _ in made]}
    return Evidence(derived=pd.DataFrame(table).assign(parents=[list(ids[at(rows, parent)[:2]]) for _, parent in made]))


def derived_in_test(rows: pd.DataFrame) -> Evidence:
    return derived(rows, ("train", "train"), ("test", "test"))


def derived_from_val(rows: pd.DataFrame) -> Evidence:
    return derived(rows, ("train", "train"), ("train", "val"))


def nothing(rows: pd.DataFrame) -> Evidence:
    return Evidence()


class Plant(NamedTuple):
    """A fault: the check that must find it, how bad it is, how it is made, what the finding says, and what clean looks like."""

    check: Check
    severity: str
    plant: Callable[[pd.DataFrame], pd.DataFrame]
    words: str
    promise: Promise = STRATIFIED
    evidence: Callable[[pd.DataFrame], Evidence] = nothing
    clean: Callable[[pd.DataFrame], pd.DataFrame] = same


BY_TIME = Promise(gap=timedelta(0))
PLANTED = [
    Plant("exact_overlap", "error", copied, "2 images are in more than one split"),
    Plant(
        "cluster_overlap",
        "error",
        cluster_across,
        "1 near-duplicate cluster is in more than one split, for example twins in train and test",
    ),
    Plant("group_overlap", "error", group_across, "patient 7 in val and test"),
    Plant(
        "near_pairs",
        "warning",
        same,
        "1 near-duplicate pair is within 24 bits in two splits, the closest data/raw/",
        evidence=pairs_across,
    ),
    Plant(
        "temporal_order",
        "error",
        future_in_train,
        "1 rows are not earlier than a later split",
        BY_TIME,
        clean=split_by_time,
    ),
    Plant("tied_times", "error", tie_across_cut, "dated rows of val and test have", BY_TIME, clean=split_by_time),
    Plant("tied_times", "warning", burst_within_the_second, "in the very second of a train row: bursts"),
    Plant("tied_times", "warning", burst, "bursts or batches, which a group_id would hold together"),
    Plant("purged", "warning", same, "70 of 300 dated rows are purged: 50 within the gap", BY_TIME, much_purged),
    Plant("fractions", "error", only_train_and_val, "test got no rows"),
    Plant("fractions", "warning", lopsided, "within 0.133 of the fractions"),
    Plant("set_aside", "warning", most_set_aside, "200 of 300 rows are set aside, 200 of them with a label"),
    Plant("classes_missing", "error", class_out_of_train, "train lacks class 'yak' (3 rows"),
    Plant("classes_missing", "warning", class_out_of_test, "val or test lacks class 'yak'"),
    Plant("class_share", "warning", one_class_in_test, "the share of class 'cat' in test"),
    Plant("domain_split", "warning", domain_out_of_test, "test lacks domain 'phone'"),
    Plant(
        "domain_time",
        "warning",
        camera_after_phone,
        "before 2024-02-14 every image is from 'phone', from then on every image is from 'camera'",
    ),
    Plant("time_split", "warning", later_test, "every test row is later than every train row"),
    Plant("domain_label", "warning", cats_by_phone, "recognising the domain"),
    Plant(
        "domain_label",
        "warning",
        emus_only_at_the_zoo,
        "100% of class 'emu' is in domain 'zoo', of which it makes up 100%",
    ),
    Plant(
        "domain_label", "warning", yaks_only_in_a_domain_of_many, "100% of class 'yak' is in domain 'phone', of which"
    ),
    Plant("time_label", "warning", class_after_class, "classes were captured one after another"),
    Plant("missing_drift", "warning", missing_in_test, "x_size (100% in test"),
    Plant("missing_drift", "warning", missing_in_test_with_a_tiny_val, "in test, "),
    Plant("label_feature", "warning", measured_class, "x_grams (for 100% of the groups) determines the label"),
    Plant("label_feature", "warning", not_measured_class, "x_grams (class 'cat', by being missing or not) determines"),
    Plant("label_feature", "warning", class_of_two, "x_species (classes 'cat', 'dog', 'emu')", Promise(separator="|")),
    Plant("label_feature", "warning", finer_class, "x_breed (for 100% of the groups) determines the label"),
    Plant(
        "derived_split",
        "error",
        same,
        "1 of 2 derived images are outside train, for example made 1 in test",
        evidence=derived_in_test,
    ),
    Plant(
        "derived_parents",
        "error",
        same,
        "1 derived images have a parent in another split, for example made 1 in train from",
        evidence=derived_from_val,
    ),
]
