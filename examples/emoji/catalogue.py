"""Which emoji the example takes, their class, and what is known about each."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from examples.emoji.releases import RELEASED

CARRIERS = ("docomo", "au", "softbank", "google")

# A class is a union of Unicode subgroups that look alike; animals' faces are left out, since they are both animal and face.
CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "animal": ("animal-amphibian", "animal-bird", "animal-bug", "animal-mammal", "animal-marine", "animal-reptile"),
        "clothing": ("clothing",),
        "face": (
            *("face-affection", "face-concerned", "face-glasses", "face-hand", "face-hat", "face-negative"),
            *("face-neutral-skeptical", "face-sleepy", "face-smiling", "face-tongue", "face-unwell"),
        ),
        "food": ("drink", "food-asian", "food-fruit", "food-marine", "food-prepared", "food-sweet", "food-vegetable"),
        "place": ("place-building", "place-geographic", "place-other", "place-religious"),
        "vehicle": ("transport-air", "transport-ground", "transport-water"),
    }
)

# Members of these subgroups that do not show what the class says: parts, signs, materials, equipment.
_NOT_SHOWN: frozenset[str] = frozenset(
    {  # short names in emoji-data
        *("feather", "wing", "pig_nose", "feet", "spider_web", "microbe", "shell"),
        *("gem", "ring", "lipstick", "prayer_beads", "hair_pick", "folding_hand_fan"),
        *("skull", "skull_and_crossbones", "baby_bottle", "ice_cube"),
        *("bricks", "rock", "wood", "barber", "hotsprings", "playground_slide", "carousel_horse"),
        *("seat", "satellite", "parachute", "ring_buoy", "anchor", "wheel", "oil_drum", "fuelpump"),
        *("station", "busstop", "traffic_light", "vertical_traffic_light", "construction", "rotating_light"),
        *("octagonal_sign", "motorway", "railway_track"),
    }
)


@dataclass(frozen=True)
class Emoji:
    """One emoji that is a single character.

    Attributes:
        code_point: the Unicode code point.
        label: its class, a key of ``CLASSES``.
        version: the emoji version that brought it, a key of ``RELEASED``.
        carriers: per carrier the code point in the private use area by which its phones knew the emoji; absent if they did not.
    """

    code_point: int
    name: str
    label: str
    subgroup: str
    version: str
    carriers: Mapping[str, int]

    @property
    def glyph(self) -> str:
        """The code point in lower-case hex: the same for every drawing of the emoji."""
        return f"{self.code_point:x}"


def read_emojis(path: Path) -> list[Emoji]:
    """Return the emoji of all classes, by code point, from the ``emoji.json`` of iamcal/emoji-data.

    Sequences (genders, families, skin tones, most flags) are left out: a font needs a shaping engine for them.
    """
    label_of = {subgroup: label for label, subgroups in CLASSES.items() for subgroup in subgroups}
    records = json.loads(path.read_text(encoding="utf-8"))
    chosen = [
        _emoji(record, label_of[record["subcategory"]])
        for record in records
        if record["subcategory"] in label_of
        and record["short_name"] not in _NOT_SHOWN
        and "-" not in record["unified"].removesuffix("-FE0F")
    ]
    return sorted(chosen, key=lambda emoji: emoji.code_point)


def _emoji(record: Mapping[str, str | None], label: str) -> Emoji:
    unified, version = str(record["unified"]), str(record["added_in"])
    # A few emoji were two characters on a phone ("E669-E6EF"); the first says which picture it began with.
    codes = {carrier: int(code.split("-")[0], 16) for carrier in CARRIERS if (code := record[carrier])}
    return Emoji(
        code_point=int(unified.removesuffix("-FE0F"), 16),
        name=str(record["name"]),
        label=label,
        subgroup=str(record["subcategory"]),
        version=version,
        carriers=codes,
    )


def read_sentiment(path: Path) -> dict[int, dict[str, str]]:
    """Return by code point what the Emoji Sentiment Ranking counted, as text.

    Source: Kralj Novak, Smailović, Sluban, Mozetič, "Sentiment of Emojis", PLoS ONE 10(12), 2015. ``occurrences`` tweets held the
    emoji, at the mean ``position`` (0 first, 1 last character); people judged so many of them ``negative``, ``neutral`` and
    ``positive``. ``sentiment`` is (positive - negative) / occurrences, in [-1, 1].
    """
    with path.open(encoding="utf-8", newline="") as file:
        return {int(row["Unicode codepoint"], 16): _figures(row) for row in csv.DictReader(file)}


def _figures(row: Mapping[str, str]) -> dict[str, str]:
    names = ("occurrences", "position", "negative", "neutral", "positive")
    figures = {name: row[name.capitalize()] for name in names}
    score = (int(row["Positive"]) - int(row["Negative"])) / int(row["Occurrences"])
    return {**figures, "sentiment": f"{score:.3f}"}


def released(emoji: Emoji) -> str:
    """Return the release date of the emoji's version, as YYYY-MM-DD."""
    return RELEASED[emoji.version].isoformat()
