"""The page as text: the verdict, and one section per stage."""

from pathlib import Path

from datatools.page import document
from datatools.report import verdict
from datatools.report.inputs import Inputs
from datatools.report.sections import SECTIONS

TEMPLATES = Path(__file__).parent / "templates"


def render(inputs: Inputs) -> str:
    """Return the whole page: one HTML document that needs no other file."""
    return document.render(
        TEMPLATES,
        "page.html",
        script="report.js",
        title=inputs.title,
        digest=inputs.digest,
        verdict=verdict.view(inputs),
        sections=[section(inputs) for section in SECTIONS],
    )
