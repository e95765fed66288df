import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from datatools import cache
from datatools.cache import ARRAY, JSON, Store

CALLS: list[int] = []


def double(number: int) -> int:
    CALLS.append(number)
    return 2 * number


def die_at_seven(number: int) -> int:
    if number == 7:
        raise KeyboardInterrupt
    return double(number)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    CALLS.clear()
    return Store(tmp_path / "store")


def run(store: Store, numbers: list[int], function=double, settings: str = "s", code: str = "c") -> list[int]:
    shelf = store.shelf("double", settings, code)
    return list(cache.compute(function, numbers, [str(number) for number in numbers], shelf, JSON, "t", batch=3))


def test_only_what_is_new_is_computed(store: Store) -> None:
    assert run(store, [1, 2, 3, 4, 5]) == [2, 4, 6, 8, 10]
    assert run(store, [0, 1, 5, 6, 2]) == [0, 2, 10, 12, 4]
    assert CALLS == [1, 2, 3, 4, 5, 0, 6]


def test_large_values_are_taken_from_the_store_a_few_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, names = store.shelf("double", "s", "c"), [str(number) for number in range(20)]
    assert list(cache.compute(double, range(20), names, shelf, JSON, "t", large=True)) == list(range(0, 40, 2))
    asked: list[int] = []
    get = cache.Shelf.get
    monkeypatch.setattr(cache.Shelf, "get", lambda self, few: get(self, asked.append(len(few := list(few))) or few))
    assert list(cache.compute(double, range(20), names, shelf, JSON, "t", large=True)) == list(range(0, 40, 2))
    assert max(asked) <= cache.LARGE
    assert len(CALLS) == 20


@pytest.mark.parametrize("change", [{"settings": "other"}, {"code": "other"}])
def test_other_settings_or_code_are_another_entry(store: Store, change: dict[str, str]) -> None:
    run(store, [1])
    run(store, [1], **change)
    assert CALLS == [1, 1]


def test_a_damaged_entry_is_computed_again(store: Store) -> None:
    run(store, [1, 2])
    connection = sqlite3.connect(store.path)
    connection.execute(
        "UPDATE entries SET value = x'00112233445566778899aabbccddeeff0011' WHERE key = (SELECT min(key) FROM entries)"
    )
    connection.commit()
    connection.close()
    CALLS.clear()
    assert run(store, [1, 2]) == [2, 4]
    assert len(CALLS) == 1


def test_a_damaged_file_is_set_aside(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    run(store, [1])
    for path in store.path.parent.iterdir():
        path.write_bytes(b"this is no database" * 500)
    assert run(store, [1]) == [2]
    assert "is damaged; kept as" in capsys.readouterr().err


def test_damage_inside_the_file_costs_time_and_nothing_else(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = list(range(400))
    expected = run(store, numbers)
    connection = sqlite3.connect(store.path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(store.path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    store.path.write_bytes(data)
    assert run(store, numbers) == expected
    assert "is damaged; kept as" in capsys.readouterr().err
    assert run(store, numbers) == expected


def test_what_was_done_before_an_interruption_stays(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(store, list(range(10)), die_at_seven)
    CALLS.clear()
    assert run(store, list(range(10))) == [2 * number for number in range(10)]
    assert CALLS == [7, 8, 9]


def test_nothing_of_a_failed_write_is_seen(store: Store) -> None:
    shelf = store.shelf("m", "s", "c")
    with pytest.raises(TypeError):
        shelf.put({"a": b"1", "b": None})  # type: ignore[dict-item]
    assert shelf.get(["a"]) == {}


@given(arrays(st.sampled_from([np.float32, np.uint8, np.int64, np.bool_]), array_shapes(max_dims=3, max_side=4)))
def test_arrays_come_back_as_they_were(array: NDArray[np.float32]) -> None:
    back = ARRAY.decode(ARRAY.encode(array))
    assert back.dtype == array.dtype
    assert np.array_equal(back, array, equal_nan=array.dtype.kind == "f")


def test_the_same_image_twice_in_one_run(store: Store) -> None:
    assert run(store, [1, 1, 2, 1]) == [2, 2, 4, 2]


def test_results_are_stored_while_the_work_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "SAVE_EVERY", 0.0)
    shelf = store.shelf("m", "s", "c")
    passing = cache.complete(lambda todo: (double(number) for number in todo), [1, 2, 3], ["1", "2", "3"], shelf, JSON)
    assert (next(passing), next(passing)) == (2, 4)
    assert list(shelf.get(["1", "2", "3"])) == ["1"]  # what a kill would leave: all but the value under way


def test_a_store_that_is_deleted_on_the_way_changes_nothing(store: Store) -> None:
    run(store, [1, 2, 3, 4, 5, 6])
    shelf = store.shelf("double", "s", "c")
    passing = cache.compute(double, [1, 2, 3, 4, 5, 6], list("123456"), shelf, JSON, "t", batch=3)
    first = next(passing)
    for path in store.path.parent.iterdir():
        path.unlink()
    assert [first, *passing] == [2, 4, 6, 8, 10, 12]


def test_what_is_missing_is_told_without_reading_the_values(store: Store) -> None:
    shelf = store.shelf("m", "s", "c")
    many = [str(number) for number in range(1200)]
    shelf.put(dict.fromkeys(many[::2], b"x"))
    assert shelf.missing(many) == set(many[1::2])
    assert shelf.get(many) == dict.fromkeys(many[::2], b"x")


def test_a_damaged_entry_is_stored_again(store: Store) -> None:
    run(store, [1, 2, 3, 4])
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("UPDATE entries SET value = x'00112233445566778899aabbccddeeff0011'")
        connection.commit()
    CALLS.clear()
    assert run(store, [1, 2, 3, 4]) == [2, 4, 6, 8]
    assert run(store, [1, 2, 3, 4]) == [2, 4, 6, 8]
    assert CALLS == [1, 2, 3, 4]
