import pytest
from pydantic import ValidationError

from datatools.augment.fgsm import Fgsm
from datatools.augment.method import Policy, identity, pixel_settings
from datatools.augment.pgd import Pgd
from datatools.augment.plan import plan
from datatools.augment.sources import Sources
from datatools.errors import SettingsError
from datatools.settings import parse
from tests.datatools.augment.gallery import source

PARENTS = tuple(source(number) for number in range(8))
SOURCES = Sources(PARENTS, PARENTS)


def ids(*methods: Policy) -> list[str]:
    return [recipe.image_id for recipe in plan(SOURCES, methods, [{}] * len(methods), 0, None)]


def test_the_lengths_of_steps_in_grey_levels() -> None:
    assert Fgsm(epsilon=8).length == 8
    assert Fgsm(epsilon=8, random_start=True).length == 10  # Wong, Rice and Kolter: 10/255 for 8/255
    assert Pgd(epsilon=4, steps=10).length == 1
    assert Pgd(epsilon=4, step=0.5).length == 0.5
    assert (Fgsm().steps, Pgd().steps) == (1, 10)


@pytest.mark.parametrize("method", [Fgsm, Pgd])
def test_copies_that_would_be_one_image_are_refused(method: type[Fgsm | Pgd]) -> None:
    with pytest.raises(SettingsError, match=r"copies: 2 would all be the same image; set random_start to true"):
        parse(method, {"copies": 2, "random_start": False, "target": "least_likely"}, "params.yaml: ")
    for chance in ({"random_start": True}, {"random_start": False, "target": "random"}):
        assert parse(method, {"copies": 2, **chance}, "").copies == 2


def test_every_choice_gives_other_images_and_the_policy_does_not() -> None:
    one = Pgd(probability=1.0)
    changes: tuple[dict[str, object], ...] = (
        {"epsilon": 2},
        {"steps": 3},
        {"step": 1.5},
        {"random_start": False},
        {"labels": "predicted"},
        {"target": "random"},
    )
    names = {tuple(ids(one.model_copy(update=change))) for change in ({}, *changes)}
    assert len(names) == len(changes) + 1
    assert ids(one.model_copy(update={"copies": 2}))[::2] == ids(one)
    assert set(pixel_settings(one)) == {"epsilon", "steps", "step", "random_start", "labels", "target"}
    assert identity(one) != identity(Fgsm())


@pytest.mark.parametrize("values", [{"epsilon": 0}, {"epsilon": 256}, {"epsilon": 2.5}, {"steps": 0}, {"step": 0.0}])
def test_impossible_values_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Pgd.model_validate(values)
