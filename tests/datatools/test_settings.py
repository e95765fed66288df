from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, field_validator

from datatools.errors import SettingsError
from datatools.settings import Settings, parse


class Stratified(Settings):
    method: Literal["stratified"] = "stratified"
    fractions: dict[str, float] = Field(default={"train": 0.8, "test": 0.2})

    @field_validator("fractions")
    @classmethod
    def _whole(cls, value: dict[str, float]) -> dict[str, float]:
        if abs(sum(value.values()) - 1) > 1e-9:
            raise ValueError(f"must sum to 1, got {sum(value.values()):g}")
        return value


class Temporal(Settings):
    method: Literal["temporal"] = "temporal"
    gap: int = Field(default=0, ge=0)
    names: tuple[str, ...] = ()


Strategy = Annotated[Stratified | Temporal, Field(discriminator="method")]


class Split(Settings):
    strategy: Strategy
    seed: int
    many: tuple[Strategy, ...] = ()
    option: Stratified | None = None


GOOD = {"strategy": {"method": "temporal"}, "seed": 1}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"strategy": {"method": "stratified", "fractions": {"a": 1.2}}, "seed": 1},
            ".strategy.fractions: must sum to 1, got 1.2",
        ),
        (
            {"strategy": {"method": "temporal"}, "sede": 1},
            ".sede: unknown key; known keys: strategy, seed, many, option",
        ),
        (
            {"strategy": {"method": "temporal", "gap": -1}, "seed": 1},
            ".strategy.gap: must be greater than or equal to 0, got -1",
        ),
        (
            {"strategy": {"method": "temporal", "gp": 1}, "seed": 1},
            ".strategy.gp: unknown key; known keys: method, gap, names",
        ),
        (
            {"strategy": {"method": "tempral"}, "seed": 1},
            ".strategy: method must be one of 'stratified', 'temporal'; got tempral",
        ),
        ({"strategy": {}, "seed": 1}, ".strategy: method must be one of 'stratified', 'temporal'; none given"),
        ({"strategy": {"method": "temporal"}, "seed": "one"}, ".seed: must be a whole number, got 'one'"),
        ({"strategy": {"method": "temporal"}}, ".seed: missing; give it a value"),
        ({**GOOD, "many": [{"method": "temporal", "q": 1}]}, ".many[0].q: unknown key; known keys: method, gap, names"),
        ({**GOOD, "option": {"q": 1}}, ".option.q: unknown key; known keys: method, fractions"),
        (
            {"strategy": {"method": "stratified", "fractions": 3}, "seed": 1},
            ".strategy.fractions: must be keys with values, got 3",
        ),
        (
            {"strategy": {"method": "stratified", "fractions": {False: 1.0}}, "seed": 1},
            ".strategy.fractions.False: a name must be text, got False; write it in quotes",
        ),
        ({**GOOD, "many": 3}, ".many: must be a list, got 3"),
        (
            {"strategy": {"method": "temporal", "names": [1]}, "seed": 1},
            ".strategy.names[0]: must be text, got 1",
        ),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_key(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(Split, values, "params.yaml: split")
    assert str(caught.value) == "params.yaml: split" + message


def test_lists_become_tuples_and_settings_are_frozen() -> None:
    split = parse(Split, {**GOOD, "many": [{"method": "temporal", "names": ["a", "b"]}]}, "p")
    assert isinstance(split.many[0], Temporal)
    assert split.many[0].names == ("a", "b")
    with pytest.raises(Exception, match="frozen"):
        split.seed = 2  # type: ignore[misc]


def test_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    first = parse(Split, {"seed": 1, "strategy": {"fractions": {"a": 0.5, "b": 0.5}, "method": "stratified"}}, "p")
    second = parse(Split, {"strategy": {"method": "stratified", "fractions": {"b": 0.5, "a": 0.5}}, "seed": 1}, "p")
    assert first.canonical() == second.canonical()
