"""The data card: what the data are, where they come from and what was done to them.

The questions are those of Gebru et al., Datasheets for datasets, Communications of the ACM 64 (12), 2021, as far as tables can answer
them; purpose, owner, licence and limits are the user's to state.
"""

from collections.abc import Mapping

from datatools.page.numbers import count, counted, percent
from datatools.report import added, markdown
from datatools.report.flow import steps
from datatools.report.inputs import Inputs
from datatools.report.sections import deduplicate, denoise, impute
from datatools.report.sections.split import crossed, spans
from datatools.report.tables import sizes

UNSTATED = "not stated"


def card(inputs: Inputs) -> str:
    """Return the data card in Markdown."""
    return markdown.render(
        "data_card.md",
        title=inputs.title,
        digest=inputs.digest,
        said=said(inputs.card),
        steps=steps(inputs),
        composition=composition(inputs),
        classes=crossed(inputs.rows, "label"),
        domains=crossed(inputs.rows, "domain"),
        spans=spans(inputs.rows),
        done=done(inputs),
        derived=[{"name": added.said(name).name, "n": n} for (name,), n in sizes(inputs.derived, "method")],
        columns=impute.missing(inputs),
    )


def said(card: Mapping[str, str]) -> dict[str, str]:
    """Return what the user stated, and "not stated" for the rest."""
    return {name: text.strip() or UNSTATED for name, text in card.items()}


def composition(inputs: Inputs) -> list[tuple[str, str]]:
    """Return what the data consist of, as pairs of name and value."""
    rows = inputs.ingested
    features = [name for name in rows.columns if name.startswith("x_")]
    doubted = len(inputs.label_errors)
    return [
        ("images", count(len(rows))),
        ("without a label", count(int(rows["label"].isna().sum()))),
        ("classes", count(int(rows["label"].nunique()))),
        ("domains", count(int(rows["domain"].nunique()))),
        ("with a time of capture", count(int(rows["captured_at"].notna().sum()))),
        ("with a group (patient, site, product)", count(int(rows["group_id"].notna().sum()))),
        ("features of the table", count(len(features))),
        ("labels in doubt", f"{count(doubted)} ({percent(doubted / max(1, int(inputs.rows['label'].notna().sum())))})"),
    ]


def done(inputs: Inputs) -> list[tuple[str, str]]:
    """Return what was done to the data, stage by stage, in the words of the page."""
    sections = (deduplicate.view(inputs), denoise.view(inputs), impute.view(inputs))
    refused = f"{counted(len(inputs.quarantine), 'file or row', 'files or rows')} refused"
    return [("Ingest", refused), *((section.title, section.headline) for section in sections)]
