"""A page as text: templates filled with views. Every value is escaped, since labels and paths are the user's.

A page is one file and asks for nothing: its policy allows pictures that are part of it, its own style, and a script only where
that has the digest of the toolkit's own.
"""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from datatools.page import numbers

TEMPLATES = Path(__file__).parent / "templates"
FILTERS = ("count", "decimal", "interval", "percent", "size")


def render(templates: Path, name: str, /, script: str | None = None, **view: object) -> str:
    """Return a whole page: one HTML document that needs no other file.

    Args:
        templates: the tool's folder of templates.
        name: the template; it extends ``document.html``.
        script: a file of that folder that the page runs when it has loaded. The page must be of use without it.
        view: the names that the template uses.
    """
    code = (templates / script).read_text(encoding="utf-8").strip() if script else ""
    # The script is the toolkit's own text; nothing of the user's enters it.
    own = Markup(code)  # noqa: S704
    return environment(templates).get_template(name).render(script=own, script_source=_source(code), **view)


def environment(templates: Path) -> Environment:
    """Return the templates of a tool beside the shared ones: escaping everywhere, and an error for a name that no view gives."""
    found = Environment(
        loader=FileSystemLoader([templates, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {name: getattr(numbers, name) for name in FILTERS}
    return found


def _source(code: str) -> str:
    """Return what the policy says of scripts (W3C, Content Security Policy Level 3, 2.3.1): none but this very text."""
    if not code:
        return "'none'"
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
