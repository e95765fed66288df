import json
from dataclasses import asdict

from finetune.progress import Progress, Score


def after(*scores: tuple[float, float]) -> Progress:
    """Return the progress after epochs with these losses and accuracies; the first is the model as it came."""
    progress = Progress.start(Score(*scores[0]))
    for score in scores[1:]:
        progress.stepped(2)
        progress.loss_sum = 1.5
        progress.closed(Score(*score), 0.1, 1)
    return progress


def test_a_model_below_the_first_is_never_the_best() -> None:
    assert after((0.9, 0.80), (0.1, 0.79), (0.2, 0.799)).best.epoch == 0


def test_of_equal_accuracies_the_lower_loss_is_best_and_of_equal_models_the_first() -> None:
    assert after((0.9, 0.8), (0.8, 0.8)).best.epoch == 1
    assert after((0.9, 0.8), (0.9, 0.8)).best.epoch == 0


def test_among_those_not_below_the_first_the_lowest_loss_is_best() -> None:
    assert after((0.9, 0.8), (0.7, 0.9), (0.6, 0.8)).best.epoch == 2
    assert after((0.9, 0.8), (0.7, 0.9), (0.1, 0.79)).best.epoch == 1


def test_under_attack_being_right_comes_before_the_loss() -> None:
    progress = Progress.start(Score(0.5, 0.9, 0.0))
    for score in (Score(0.8, 0.8, 0.4), Score(0.7, 0.8, 0.3), Score(0.1, 0.9, 0.1)):
        progress.stepped(1)
        progress.closed(score, 0.1, 1)
    assert progress.best.epoch == 1


def test_training_stops_after_as_many_fruitless_epochs_as_patience_allows() -> None:
    fruitless = [(1.0, 0.5), (1.1, 0.5), (1.1, 0.4), (1.2, 0.5)]
    assert not after(*fruitless[:3]).finished(epochs=9, patience=3)
    assert after(*fruitless).finished(epochs=9, patience=3)
    assert not after(*fruitless, (0.9, 0.4)).finished(epochs=9, patience=3)  # a lower loss is progress
    assert after((1.0, 0.5), (0.9, 0.5)).finished(epochs=1, patience=3)


def test_json_keeps_every_bit() -> None:
    progress = after((1 / 3, 0.1 + 0.2), (2 / 7, 1e-17))
    progress.stepped(3)
    progress.loss_sum = 0.1
    assert Progress.from_json(json.loads(json.dumps(asdict(progress)))) == progress


def test_train_loss_is_the_mean_over_images() -> None:
    progress = Progress.start(Score(1.0, 0.0))
    progress.stepped(3)
    progress.stepped(1)
    progress.loss_sum = 7.0
    progress.closed(Score(1.0, 0.0), 0.1, 2)
    assert progress.curve[-1].train_loss == 7 / 4
    assert (progress.epoch, progress.step, progress.seen) == (1, 0, 0)
