import numpy as np
import pandas as pd
import pytest

from datatools.augment.sources import select
from datatools.split.leave_one_domain_out import LeaveOneDomainOut
from datatools.split.references import hide
from datatools.split.unlabelled import WHY, release


def table(rows: int = 400, groups: int = 80, seed: int = 0) -> pd.DataFrame:
    """Groups of one domain each, but for the first five, which span both."""
    rng = np.random.default_rng(seed)
    group = np.concatenate([np.arange(groups), rng.integers(0, groups, rows - groups)])
    domain = np.where(group % 2 == 0, "day", "night")
    domain[group < 5] = rng.choice(["day", "night"], int((group < 5).sum()))
    label = pd.Series(rng.choice(["cat", "dog"], rows), dtype=object)
    label[rng.random(rows) < 0.05] = None
    ids = [f"{number:064x}" for number in range(rows)]
    return pd.DataFrame(
        {
            "image_id": ids,
            "cluster_id": ids,
            "label": label,
            "domain": domain,
            "group_id": [f"g{number}" for number in group],
        }
    )


def lent(rows: pd.DataFrame, **arguments: object) -> pd.Series:
    left = hide(rows, **{"domain": "night", "share": 0.5, "seed": 0, **arguments})  # type: ignore[arg-type]
    return rows["label"].notna() & left["label"].isna()


def test_whole_groups_of_the_target_alone_lend_about_the_share() -> None:
    rows = table()
    hidden = lent(rows)
    assert set(rows["domain"][hidden]) == {"night"}
    assert not set(rows["group_id"][hidden]) & {f"g{number}" for number in range(5)}
    kept = rows[~hidden & rows["label"].notna()]
    assert not set(kept["group_id"]) & set(rows["group_id"][hidden])
    own = (rows["domain"] == "night") & rows["label"].notna() & ~rows["group_id"].isin([f"g{n}" for n in range(5)])
    assert hidden.sum() / own.sum() == pytest.approx(0.5, abs=0.05)


def test_labels_and_the_order_of_the_rows_do_not_matter() -> None:
    rows = table()
    mixed = rows.sample(frac=1, random_state=1)
    assert set(rows["image_id"][lent(rows)]) == set(mixed["image_id"][lent(mixed)])
    other = rows.assign(label=rows["label"].map({"cat": "dog", "dog": "cat"}))
    assert lent(rows).equals(lent(other))
    assert not lent(rows).equals(lent(rows, seed=1))


def test_a_larger_share_only_adds() -> None:
    rows = table()
    few, many = lent(rows, share=0.3), lent(rows, share=0.7)
    assert not (few & ~many).any()
    assert many.sum() > few.sum() > 0
    assert not lent(rows, share=0.0).any()


def test_they_get_no_split_and_everything_else_is_as_without_labels() -> None:
    rows = table()
    strategy = LeaveOneDomainOut(target="night", references=0.5)
    left = strategy.hidden(rows, 0)
    assigned = release(left, strategy(left, 0))
    hidden = (rows["label"].notna() & left["label"].isna()).to_numpy()
    assert set(assigned.why[hidden]) == {WHY}
    assert set(assigned.split[hidden]) == {None}
    tested = rows[assigned.split == "test"]
    assert set(tested["domain"]) == {"night"}
    assert not set(tested["group_id"]) & set(rows["group_id"][hidden])


def drawn_twice(things: int = 60) -> pd.DataFrame:
    """Each thing in both domains: no group lies in the target alone."""
    numbers = np.arange(2 * things)
    ids = [f"{number:064x}" for number in numbers]
    return pd.DataFrame(
        {
            "image_id": ids,
            "cluster_id": ids,
            "label": pd.Series(np.where(numbers // 2 % 2, "cat", "dog"), dtype=object),
            "domain": np.where(numbers % 2, "night", "day"),
            "group_id": [f"g{number // 2}" for number in numbers],
        }
    )


def test_where_every_group_is_in_both_domains_what_was_set_aside_beside_train_lends_its_look() -> None:
    rows = drawn_twice()
    strategy = LeaveOneDomainOut(target="night", references=0.5)
    assert strategy.hidden(rows, 0) is rows
    assigned = strategy(rows, 0)
    lending = strategy.lending(rows, assigned)
    sources = select(
        rows.assign(split=assigned.split, label=rows["label"].where(~lending, None)),
        dict(zip(rows["image_id"], rows["image_id"], strict=True)),
        {},
    )
    split = dict(zip(zip(rows["group_id"], rows["domain"], strict=True), assigned.split, strict=True))
    group = dict(zip(rows["image_id"], rows["group_id"], strict=True))
    looks = [source for source in sources.references if source.domain == "night"]
    assert len(looks) == (assigned.split == "train").sum() > 0
    assert {split[group[source.image_id], "day"] for source in looks} == {"train"}
    assert {source.domain for source in sources.parents} == {"day"}
    assert not LeaveOneDomainOut(target="night").lending(rows, assigned).any()


def test_by_default_nothing_is_hidden() -> None:
    rows = table()
    assert LeaveOneDomainOut(target="night").hidden(rows, 0) is rows
