from typing import Any

from datatools.augment.summary import in_words

FIGURES: dict[str, Any] = {
    "count": 210,
    "unchanged": 3,
    "agreement_before": 0.94,
    "agreement_after": 0.906,
    "gap": {"a_distance": {"before": 1.62, "after": 1.307}, "mmd": {"before": 0.041, "after": 0.0224}},
}


def test_a_line_says_whether_labels_survived_and_the_target_came_nearer() -> None:
    assert in_words("fda", FIGURES) == (
        "fda 210 images; probe agrees 91 % (parents 94 %); distance to target 1.62 -> 1.31 (MMD 0.041 -> 0.022)"
    )


def test_what_was_not_looked_at_is_not_said() -> None:
    assert in_words("fda", {"count": 1, "unchanged": 0}) == "fda 1 image"


def test_a_method_that_changes_nothing_is_told() -> None:
    assert "; none of them differs from its parent" in in_words("fda", {**FIGURES, "unchanged": 210})
    assert "differs" not in in_words("fda", {**FIGURES, "unchanged": 209})


def test_copies_that_repeat_each_other_are_told_with_what_may_have_made_them() -> None:
    """Balance makes more of them where ``copies`` is 1 already."""
    told = in_words("fda", {**FIGURES, "repeated": 7})
    assert told.endswith("; 7 of them repeat another copy of their parent, so lower copies or balance")
