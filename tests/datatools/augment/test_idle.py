from datatools.augment.fda import Fda
from datatools.augment.idle import idle
from datatools.augment.mixup import MixUp
from datatools.augment.plan import plan
from datatools.augment.sources import Sources
from tests.datatools.augment.gallery import source

NIGHT = tuple(source(number, domain="night") for number in range(6))
POLICY = (Fda(probability=1.0), MixUp(probability=1.0), MixUp(probability=0.0, alpha=0.1))


def reasons(sources: Sources, target: str | None) -> dict[str, str]:
    return idle(POLICY, plan(sources, POLICY, [{}] * 3, 0, target), sources, target)


def test_each_entry_without_an_image_has_its_reason() -> None:
    chance = "its probability of 0 has chosen no train image; raise it"
    assert reasons(Sources(NIGHT, NIGHT), "night") == {
        "fda": "all labelled train images are of the target domain 'night' itself, which is not adapted",
        "mixup_2": chance,
    }
    assert reasons(Sources(NIGHT, NIGHT), None) == {"mixup_2": chance}


def test_without_a_labelled_train_image_that_is_the_reason() -> None:
    assert reasons(Sources((), NIGHT), "night") == dict.fromkeys(
        ("fda", "mixup", "mixup_2"), "no train image has a label"
    )
