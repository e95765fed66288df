from dataclasses import replace

import pandas as pd
import pytest

from datatools.report.inputs import Inputs
from datatools.report.sections import diagnose, pictures
from tests.datatools.report.world import ingested, without_extras, world


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return world(ingested(300))


def wrong(inputs: Inputs) -> pd.DataFrame:
    of = inputs.predictions[inputs.predictions["split"] == "test"]
    return of[of["label"] != of["predicted"]]


def test_errors_with_the_highest_loss_come_first(inputs: Inputs) -> None:
    found = pictures.view(inputs).view["costliest"]
    expected = wrong(inputs).nlargest(2 * inputs.pictures, "loss")
    assert [item["picture"].path for item in found] == expected["path"].tolist()
    assert [item["loss"] for item in found] == [f"{loss:.1f}" for loss in expected["loss"]]
    sure = expected["probabilities"].map(max)
    assert [item["sure"] for item in found] == [f"{share * 100:.0f}\u202f%" for share in sure]


def test_confused_pairs_show_images_of_that_pair(inputs: Inputs) -> None:
    of = wrong(inputs).set_index("path")
    for pair in pictures.view(inputs).view["pairs"]:
        rows = of.loc[[shot.path for shot in pair["pictures"]]]
        assert set(rows["label"]) == {pair["label"]}
        assert set(rows["predicted"]) == {pair["predicted"]}


def test_labels_in_doubt_stand_in_their_order_whatever_the_order_of_the_table(inputs: Inputs) -> None:
    mixed = replace(inputs, label_errors=inputs.label_errors.iloc[::-1])
    paths = inputs.predictions.set_index("image_id")["path"]
    expected = [paths[name] for name in inputs.label_errors["image_id"]]
    assert [item["picture"].path for item in pictures.doubted_labels(mixed)] == expected


def test_neighbours_belong_to_wrong_answers_and_are_ranked(inputs: Inputs) -> None:
    found = pictures.view(inputs).view["neighbours"]
    assert {item["picture"].path for item in found} <= set(wrong(inputs)["path"])
    assert len(found) == 4
    first = inputs.neighbours[inputs.neighbours["path"] == found[0]["picture"].path].sort_values("rank")
    assert [picture.path for picture, _, _ in found[0]["nearest"]] == first["neighbour_path"].tolist()


def test_wrong_answers_come_first_among_the_heat_maps(inputs: Inputs) -> None:
    right = [item["right"] for item in pictures.cam(inputs)]
    assert right == sorted(right)
    assert len(right) == len(inputs.cam)


def test_the_map_says_how_many_images_it_shows_and_takes_unlabelled_ones(inputs: Inputs) -> None:
    bare = inputs.embedding.assign(label=None, split=None)
    shown = diagnose.embedded(replace(inputs, embedding=bare))
    assert shown is not None
    assert shown["n"] == "300"
    assert [switch["legend"][0][0] for switch in shown["switches"]] == ["no label", "ink", "set aside"]


def test_without_evidence_there_is_no_chart_of_it(inputs: Inputs) -> None:
    plain = diagnose.view(without_extras(inputs))
    assert (plain.view["map"], plain.view["learning"]) == (None, None)
    assert plain.headline == "Nothing was found; 1 check passed."
