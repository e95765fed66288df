import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from finetune.explain.chosen import chosen

rows = st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(0, 2), st.integers(1, 9)), max_size=25)


def table(found: list[tuple[str | None, int, int]]) -> pd.DataFrame:
    certain = [[(0.1 * share + 0.01) if place == answer else 0.0 for place in range(3)] for _, answer, share in found]
    return pd.DataFrame(
        {
            "image_id": [f"{number:02d}" for number in range(len(found))],
            "label": pd.Series([label for label, _, _ in found], dtype=object),
            "predicted": pd.Series(["abc"[answer] for _, answer, _ in found], dtype=object),
            "probabilities": [np.array(values) for values in certain],
        }
    )


@given(rows, st.integers(0, 12))
def test_the_most_confident_of_both_kinds(found: list[tuple[str | None, int, int]], count: int) -> None:
    frame = table(found)
    result = chosen(frame, count)
    assert list(result.columns) == ["image_id", "kind", "label", "predicted"]
    confidence = dict(zip(frame["image_id"], (max(values) for values in frame["probabilities"]), strict=True))
    for kind, most in (("wrong", (count + 1) // 2), ("right", count // 2)):
        of_kind = [
            (-confidence[name], name)
            for name, label, answer in zip(frame["image_id"], frame["label"], frame["predicted"], strict=True)
            if label is not None and (label == answer) == (kind == "right")
        ]
        assert result.loc[result["kind"] == kind, "image_id"].tolist() == [name for _, name in sorted(of_kind)[:most]]


def test_the_order_of_the_rows_does_not_matter() -> None:
    frame = table([("a", number % 3, number % 4 + 1) for number in range(20)])
    assert chosen(frame[::-1], 8).equals(chosen(frame, 8))
