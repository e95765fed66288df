import json
from dataclasses import replace

import pytest

from datatools.augment.attacked import Attacked
from datatools.augment.lineage import Made
from datatools.augment.plan import Recipe
from datatools.augment.summary import attack_summary
from tests.datatools.augment.gallery import source

CAT = source(1, "cat")
SETTINGS = {"epsilon": 4, "labels": "true", "target": "none", "probe": "ab" * 32}


def made(
    before: str,
    after: str,
    reached: bool | None = None,
    second: tuple[str | None, str | None] = (None, None),
    target: str | None = None,
    **settings: object,
) -> Made:
    """Return a cat that was attacked; reached says what the attack had before rounding, if it is not what was stored."""
    text = json.dumps({**SETTINGS, **settings})
    success = after == target if target else after != "cat"
    attack = Attacked(success if reached is None else reached, target, 0.25, *second)
    recipe = Recipe("a" * 64, 0, CAT, None, 0, text)
    return Made(recipe, "fgsm", "data/augment/x.png", 4, 4, 1000, 1.0, 4, 2.5, before, after, attack)


def test_success_counts_among_the_images_that_were_right() -> None:
    found = attack_summary([made("cat", "dog"), made("cat", "cat"), made("dog", "dog"), made("cat", "cow")])
    assert (found["right_before"], found["success_rate"]) == (3, pytest.approx(2 / 3))
    assert (found["surrogate"], found["labels"], found["epsilon"], found["largest_change"]) == ("ab" * 32, "true", 4, 4)
    assert found["unchanged_values"] == 0.25
    assert not found["label_leaking"]
    assert json.dumps(found, allow_nan=False)


def test_what_storing_loses_is_counted() -> None:
    kept = attack_summary([made("cat", "dog"), made("cat", "cat")])
    assert (kept["success_before_storing"], kept["lost_by_storing"]) == (kept["success_rate"], 0)
    lost = attack_summary([made("cat", "dog"), made("cat", "cat", reached=True)])
    assert (lost["success_before_storing"], lost["success_rate"], lost["lost_by_storing"]) == (1.0, 0.5, 1)


def test_with_a_target_success_is_the_target() -> None:
    images = [made("cat", "dog", target="dog"), made("cat", "cow", target="dog"), made("cat", "cat", target="dog")]
    assert attack_summary(images)["success_rate"] == pytest.approx(1 / 3)


def test_transfer_counts_what_the_second_model_had_right() -> None:
    pairs = (("cat", "dog"), ("cat", "cat"), ("dog", "cow"), (None, None))
    found = attack_summary([made("cat", "dog", second=pair) for pair in pairs])
    assert (found["second_right_before"], found["second_success_rate"]) == (2, 0.5)


def test_rates_without_an_image_are_left_out() -> None:
    found = attack_summary([made("dog", "dog")])
    assert (found["right_before"], found["second_right_before"]) == (0, 0)
    assert not {"success_rate", "second_success_rate", "lost_by_storing"} & set(found)


@pytest.mark.parametrize("second", [False, True])
def test_a_label_that_leaks_is_told(second: bool) -> None:
    """Five images turn right under an attack on their true label: more than chance; three may be chance."""

    def flagged(turned: int, **settings: object) -> bool:
        right = {"second": ("dog", "cat")} if second else {}
        images = [made("dog", "dog" if second else "cat", **right, **settings) for _ in range(turned)]  # type: ignore[arg-type]
        found: bool = attack_summary([*images, made("dog", "cow")])["label_leaking"]
        return found

    assert flagged(5)
    assert not flagged(3)
    assert not flagged(5, labels="predicted")


def test_a_label_that_costs_as_much_as_it_gains_does_not_leak() -> None:
    gained, lost = [made("dog", "cat")] * 8, [made("cat", "dog")] * 8
    assert not attack_summary([*gained, *lost])["label_leaking"]
    assert not attack_summary([replace(image) for image in lost])["label_leaking"]
