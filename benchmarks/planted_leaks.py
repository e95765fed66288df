"""Splits with a fault planted in each: how many the audit finds, and by the right name. Lines of :mod:`benchmarks.splitting`.

The corpus is that of the tests, at least one fault for every check. No peer stands beside it: what looks for leaks among images
(cleanlab's Datalab, imagededup) needs the pixels and a model, and checks neither groups nor time, domains or derived images.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from benchmarks.table import Goal, Line, figure
from datatools.split.audit import CHECKS, audit

CORPUS = "tests.datatools.split.planted"


def lines() -> Iterator[Line]:
    """Yield how many faults are found and named, and what is found where nothing was planted."""
    try:
        corpus: Any = import_module(CORPUS)
    except ImportError as error:
        print(f"planted leaks: left out; run from the project's root, with the extra dev ({error})")
        return
    caught = [(case, _caught(corpus, case)) for case in corpus.PLANTED]
    leaks = [(case, found) for case, found in caught if case.severity == "error"]
    for noun, cases in (("leaks and other errors", leaks), ("faults of all kinds", caught)):
        what = f"planted {noun} ({len(cases)}, {len({case.check for case, _ in cases})} checks): caught and named"
        yield Line(what, figure(sum(found for _, found in cases)), goal=Goal("ours", ">=", len(cases)))
    alarms = sum(not finding.passed for finding in audit(corpus.clean(), corpus.STRATIFIED))
    yield Line(
        f"false alarms of {len(CHECKS)} checks on a table without faults", figure(alarms), goal=Goal("ours", "<=", 0)
    )


def _caught(corpus: Any, case: Any) -> bool:
    """Return whether the check that is about the fault passes without it, and with it fails and says what it is."""
    before, rows = case.clean(corpus.clean()), case.plant(corpus.clean())
    calm = [finding for finding in audit(before, case.promise) if finding.check == case.check]
    found = [
        finding for finding in audit(rows, case.promise, evidence=case.evidence(rows)) if finding.check == case.check
    ]
    (one,), (other,) = calm, found
    return bool(one.passed and not other.passed and other.severity == case.severity and case.words in other.detail)
