"""The page as text: templates filled with views. Every value is escaped, since labels and paths are the user's."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from datatools.report import numbers, verdict
from datatools.report.inputs import Inputs
from datatools.report.sections import SECTIONS

TEMPLATES = Path(__file__).parent / "templates"


def render(inputs: Inputs) -> str:
    """Return the whole page: one HTML document that needs no other file."""
    # The style sheet is the toolkit's own text; nothing of the user's enters it.
    style = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))  # noqa: S704
    return (
        environment()
        .get_template("page.html")
        .render(
            title=inputs.title,
            digest=inputs.digest,
            style=style,
            verdict=verdict.view(inputs),
            sections=[section(inputs) for section in SECTIONS],
        )
    )


def environment() -> Environment:
    """Return the templates: escaping everywhere, and an error for a name that no view gives."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {name: getattr(numbers, name) for name in ("count", "percent", "decimal", "interval")}
    return found
