"""Confounding in real photos: in sign_digits one camera took the first day and another one everything after."""

import hashlib

import pandas as pd
import pytest

from datatools.split import Temporal
from datatools.split.audit import audit
from tests.conftest import SHARED
from tests.datatools.split.tables import manifest

TABLE = SHARED / "sign_digits" / "metadata.csv"


@pytest.mark.skipif(not TABLE.is_file(), reason="needs ../shared/data/sign_digits")
def test_the_audit_says_that_time_and_camera_are_one_in_sign_digits() -> None:
    exif = pd.read_csv(TABLE)
    rows = manifest([str(digit) for digit in exif["label"]], domains=list(exif["Model"])).assign(
        image_id=[hashlib.sha256(path.encode()).hexdigest() for path in exif["path"]],
        captured_at=pd.to_datetime(exif["DateTimeOriginal"], format="%Y:%m:%d %H:%M:%S", utc=True),
        x_brightness=exif["BrightnessValue"],
    )
    assigned = Temporal()(rows, 0)
    findings = {item.check: item for item in audit(rows.assign(split=pd.Series(assigned.split)), assigned.promise)}
    assert findings["temporal_order"].passed
    assert findings["domain_time"].detail == (
        "before 2017-12-13 every image is from 'Canon EOS 550D', from then on every image is from 'iPhone 7' "
        "(211 and 1,851 rows): a split by time is here also a split by domain"
    )
    assert "val and test lack domain 'Canon EOS 550D' (211 rows)" in findings["domain_split"].detail
    assert not findings["missing_drift"].passed


def test_the_moment_of_the_cut_is_told_to_the_second_within_a_day() -> None:
    days = [0.2 + place / 1000 for place in range(40)]
    rows = manifest(["cat", "dog"] * 20, domains=["a"] * 20 + ["b"] * 20, days=days).assign(split="train")
    (finding,) = (item for item in audit(rows, Temporal()(rows, 0).promise) if item.check == "domain_time")
    assert "before 2024-01-01 05:16:48 every image is from 'a'" in finding.detail


def test_domains_that_alternate_with_time_are_found_too() -> None:
    rows = manifest(["cat", "dog"] * 100, domains=(["a"] * 20 + ["b"] * 20) * 5, days=range(200)).assign(split="train")
    (finding,) = (item for item in audit(rows, Temporal()(rows, 0).promise) if item.check == "domain_time")
    assert not finding.passed
    assert "domain and capture time go together" in finding.detail


def test_a_domain_that_chance_leaves_out_is_no_finding() -> None:
    rows = manifest(["cat"] * 40, domains=["rare"] * 2 + ["usual"] * 38, days=range(40))
    split = ["train"] * 28 + ["val"] * 6 + ["test"] * 6
    (finding,) = (
        item for item in audit(rows.assign(split=split), Temporal()(rows, 0).promise) if item.check == "domain_split"
    )
    assert finding.passed
