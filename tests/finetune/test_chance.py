from concurrent.futures import ThreadPoolExecutor

import numpy as np

from finetune.chance import Chance, Draws


def test_streams_depend_on_step_purpose_and_seed_and_on_nothing_else() -> None:
    draws = Draws(3, 7)
    assert draws("mixing").random() == Draws(3, 7)("mixing").random()
    others = (Draws(3, 8)("mixing"), Draws(4, 7)("mixing"), draws("layers", 0), draws("layers", 16))
    assert len({stream.random() for stream in (draws("mixing"), *others)}) == 5


def test_each_thread_has_a_stream_of_its_own_and_loses_it_afterwards() -> None:
    chance = Chance()

    def draw(seed: int) -> float:
        with chance.drawing(np.random.default_rng(seed)):
            assert chance.random is not None
            return chance.random.random()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(draw, range(40))) == [np.random.default_rng(seed).random() for seed in range(40)]
    assert chance.random is None
