"""Cards in Markdown: templates filled with views. What comes from the user is text there, never markup."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from datatools.page import numbers
from datatools.page.document import FILTERS

TEMPLATES = Path(__file__).parent / "templates"
SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def render(name: str, /, **view: object) -> str:
    """Return a card; every value in it is escaped."""
    # It makes no HTML: escape() is what keeps values from being markup here.
    found = Environment(  # noqa: S701
        loader=FileSystemLoader(TEMPLATES),
        finalize=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {each: getattr(numbers, each) for each in FILTERS}
    return found.get_template(name).render(**view)


def escape(value: object) -> object:
    """Return text on one line in which nothing is markup (CommonMark 0.31, 2.4); other values as they are."""
    return SPECIAL.sub(r"\\\1", " ".join(value.splitlines())) if isinstance(value, str) else value
