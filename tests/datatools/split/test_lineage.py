import pandas as pd
import pytest

from datatools.split.lineage import check

ROWS = pd.DataFrame({"image_id": ["a", "b", "c", "d"], "split": ["train", "train", "test", None]})


def made(*of: tuple[str, str | None, list[str]]) -> pd.DataFrame:
    return pd.DataFrame(of, columns=["image_id", "split", "parents"])


def test_images_made_from_train_for_train_pass_and_none_at_all_do_too() -> None:
    for derived in (made(("x", "train", ["a"]), ("y", "train", ["a", "b"])), made()):
        assert [item.passed for item in check(ROWS, derived)] == [True, True]


@pytest.mark.parametrize(
    ("parents", "where"), [(["a", "c"], "c in test"), (["d"], "d in no split"), (["a", "z"], "z in no split")]
)
def test_one_wrong_parent_of_several_is_enough(parents: list[str], where: str) -> None:
    split, parent = check(ROWS, made(("x", "train", parents), ("y", "train", ["b"])))
    assert split.passed
    assert (parent.passed, parent.value) == (False, 1)
    assert parent.detail.endswith(f"for example x in train from {where}")


def test_a_derived_image_outside_train_is_counted_even_beside_its_parent() -> None:
    split, parent = check(ROWS, made(("x", "test", ["c"]), ("y", "train", ["b"]), ("z", None, ["c"])))
    assert (split.value, parent.value) == (2, 1)
