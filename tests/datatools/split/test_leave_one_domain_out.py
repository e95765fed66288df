import pandas as pd
import pytest
from hypothesis import given

from datatools.errors import DataError
from datatools.split import LeaveOneDomainOut
from datatools.split.fractions import Fractions
from tests.datatools.split.tables import manifest, manifests


@given(manifests(fewest=2))
def test_only_the_target_is_test_and_only_sources_are_train(rows: pd.DataFrame) -> None:
    split = pd.Series(LeaveOneDomainOut(target="a", sources=("b",))(rows, 0).split)
    assert set(rows["domain"][split == "test"]) <= {"a"}
    assert set(rows["domain"][split.isin(["train", "val"])]) <= {"b"}


def test_all_other_domains_are_sources_and_stratified() -> None:
    rows = manifest(["cat", "dog"] * 150, domains=["mono"] * 100 + ["thin"] * 100 + ["poly"] * 100)
    assigned = LeaveOneDomainOut(target="poly", fractions=Fractions(train=0.6, val=0.2, test=0.2))(rows, 0)
    table = pd.crosstab(rows["label"], assigned.split.astype(str))
    assert table.to_dict("list") == {"test": [50, 50], "train": [75, 75], "val": [25, 25]}
    assert assigned.set_aside() == {}
    assert assigned.promise.by_domain


def test_groups_that_span_source_and_target_are_put_on_one_side() -> None:
    # Each thing was drawn in both styles: the group decides its side, and its rows on the other side are set aside.
    rows = manifest(["cat"] * 200, domains=["old", "new"] * 100, groups=[f"g{number // 2}" for number in range(200)])
    assigned = LeaveOneDomainOut(target="new")(rows, 0)
    split = pd.Series(assigned.split)
    assert split.value_counts().to_dict() == {"train": 70, "val": 15, "test": 15}
    assert assigned.set_aside() == {"source row of a group in test": 15, "target row of a group in train or val": 85}


def test_rows_of_a_third_domain_are_set_aside() -> None:
    rows = manifest(["cat"] * 9, domains=["a", "b", "c"] * 3)
    assert LeaveOneDomainOut(target="a", sources=("b",))(rows, 0).set_aside() == {
        "domain is neither source nor target": 3
    }


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        (
            LeaveOneDomainOut(target="polly"),
            "^split.strategy: no row has the domain 'polly'; the domains are 'mono', 'poly'$",
        ),
        (LeaveOneDomainOut(target="poly", sources=("m",)), "^split.strategy: no row has the domain 'm'"),
    ],
)
def test_an_unknown_domain_is_refused_by_name(strategy: LeaveOneDomainOut, message: str) -> None:
    with pytest.raises(DataError, match=message):
        strategy(manifest(["cat"] * 2, domains=["mono", "poly"]), 0)


def test_a_single_domain_leaves_nothing_to_train_on() -> None:
    with pytest.raises(DataError, match="is the only domain"):
        LeaveOneDomainOut(target="a")(manifest(["cat"] * 2, domains=["a", "a"]), 0)
