import numpy as np
import torch
from torch import nn

from finetune.explain.explainer import explainer
from finetune.explain.grad_cam import heat
from finetune.explain.place import Place
from finetune.model import Classifier
from tests.finetune import tiny
from tests.finetune.pictures import photos

SIDE = 64


def made() -> Classifier:
    return tiny.classifier(tiny.backbone("test_resnet", SIDE))


def test_the_heat_is_that_of_what_the_network_sees() -> None:
    classifier, photo = made(), photos(1)[0]
    its = explainer(classifier, photo)
    assert its is not None
    assert its.place == Place("0.layer4", "channels_first", 2)
    seen = classifier.normalise(classifier.preprocessing.batch([photo]) / 255)
    expected = heat(classifier.logits(), seen, torch.tensor([2]), its.place)
    assert np.array_equal(its.heat(photo, 2), expected[0].numpy())
    assert its.picture(photo, 2).shape == (96, 256, 3)


def test_the_bits_do_not_depend_on_threads_or_order() -> None:
    classifier, pictures = made(), photos(6)
    its = explainer(classifier, pictures[0])
    assert its is not None
    alone = [its.picture(photo, 1).tobytes() for photo in pictures]
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert [its.picture(photo, 1).tobytes() for photo in pictures[::-1]] == alone[::-1]
    finally:
        torch.set_num_threads(before)


def test_a_network_without_a_map_has_no_explainer() -> None:
    of = tiny.backbone("test_resnet", SIDE)
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 4))
    assert explainer(Classifier(flat, nn.Linear(4, 3), of.preprocessing), photos(1)[0]) is None
