import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.errors import SettingsError
from datatools.experiment.levers import canonical, changed, identity

SETTINGS: dict[str, Any] = {
    "denoise": {"action": "denoise"},
    "finetune": {"strategy": {"method": "partial", "last": 2}, "rate": 0.001},
}
keys = st.text("abc", min_size=1, max_size=3)
values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=3))


def test_a_value_is_replaced_as_a_whole() -> None:
    found = changed(SETTINGS, {"finetune.strategy": {"method": "full"}, "denoise.action": "off"})
    assert found == {"denoise": {"action": "off"}, "finetune": {"strategy": {"method": "full"}, "rate": 0.001}}


def test_a_key_with_a_default_may_be_new() -> None:
    assert changed(SETTINGS, {"finetune.views.count": 1})["finetune"]["views"] == {"count": 1}


@given(st.dictionaries(keys, values, min_size=1))
def test_what_was_given_is_never_changed(values: dict[str, Any]) -> None:
    before = json.dumps(SETTINGS)
    found = changed(SETTINGS, {f"finetune.new.{key}": value for key, value in values.items()})
    assert found["finetune"]["new"] == values
    assert json.dumps(SETTINGS) == before


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("finetun.rate", "there is no section finetun; sections: denoise, finetune"),
        ("finetune", "names a whole section"),
        ("finetune.rate.low", "leads through a value that has no keys"),
    ],
)
def test_a_key_that_leads_nowhere(key: str, said: str) -> None:
    with pytest.raises(SettingsError, match=f"^{key}: {said}"):
        changed(SETTINGS, {key: 1})


@given(st.dictionaries(keys, values))
def test_equal_settings_are_equal_text(settings: dict[str, Any]) -> None:
    turned = dict(reversed(settings.items()))
    assert canonical(settings) == canonical(turned)
    assert json.loads(canonical(settings)) == settings


def test_each_part_tells_runs_apart() -> None:
    found = {
        identity("a", "b", "c"),
        identity("x", "b", "c"),
        identity("a", "x", "c"),
        identity("a", "b", "x"),
        identity("ab", "", "c"),
    }
    assert len(found) == 5
