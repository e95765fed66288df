"""All checks, what of their results is beyond chance, and in which order a person should read them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.augmentation_hurts import augmentation_hurts
from datatools.diagnose.findings.calibration import calibration
from datatools.diagnose.findings.chance import holm
from datatools.diagnose.findings.class_imbalance import class_imbalance
from datatools.diagnose.findings.conflicting_labels import conflicting_labels
from datatools.diagnose.findings.confounded import confounded_split
from datatools.diagnose.findings.domain_gap import domain_gap
from datatools.diagnose.findings.finding import Check, Finding, Severity
from datatools.diagnose.findings.fusion import fusion
from datatools.diagnose.findings.gain import no_gain
from datatools.diagnose.findings.label_noise import label_noise
from datatools.diagnose.findings.leak import leak
from datatools.diagnose.findings.learning_rate import learning_rate
from datatools.diagnose.findings.majority import majority_not_beaten
from datatools.diagnose.findings.missing_values import missing_values
from datatools.diagnose.findings.negative_transfer import negative_transfer
from datatools.diagnose.findings.no_pretraining import no_pretraining
from datatools.diagnose.findings.over_fitting import over_fitting
from datatools.diagnose.findings.preprocessing import wrong_preprocessing
from datatools.diagnose.findings.quarantine import quarantine
from datatools.diagnose.findings.robustness import robustness
from datatools.diagnose.findings.shift import shift
from datatools.diagnose.findings.too_little_data import too_little_data
from datatools.diagnose.findings.too_small import test_too_small, val_too_small
from datatools.diagnose.findings.under_fitting import under_fitting
from datatools.diagnose.findings.weak_class import weak_class

CERTAIN = 0.01  # chance of any finding among all tests where nothing is wrong
ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
CHECKS: tuple[Check, ...] = (
    leak,
    wrong_preprocessing,
    confounded_split,
    majority_not_beaten,
    label_noise,
    conflicting_labels,
    negative_transfer,
    no_gain,
    no_pretraining,
    under_fitting,
    over_fitting,
    learning_rate,
    domain_gap,
    shift,
    class_imbalance,
    weak_class,
    too_little_data,
    augmentation_hurts,
    calibration,
    val_too_small,
    test_too_small,
    quarantine,
    missing_values,
    fusion,
    robustness,
)


def judge(evidence: Evidence) -> dict[str, list[dict[str, Any]]]:
    """Run all checks.

    Returns:
        ``findings``: what was found, errors first, then what probably costs most accuracy; ``passed``: all other checks.
    """
    results = beyond_chance([_new(check(evidence), evidence) for check in CHECKS])
    found = sorted(
        (item for item in results if item.found), key=lambda item: (ORDER[item.severity], -item.effect, item.kind)
    )
    passed = [item for item in results if not item.found]
    return {"findings": [item.plain() for item in found], "passed": [item.plain() for item in passed]}


def _new(item: Finding, evidence: Evidence) -> Finding:
    """Return the finding without suggestions that are set already."""
    return replace(
        item, suggests=[change for change in item.suggests if not _set(evidence.setting(change.key), change.value)]
    )


def _set(now: Any, wanted: Any) -> bool:
    """Return whether a setting has this value; a method is written with all of its defaults, and suggested without them."""
    if isinstance(now, Mapping) and isinstance(wanted, Mapping):
        return all(key in now and _set(now[key], value) for key, value in wanted.items())
    return bool(now == wanted)


def beyond_chance(results: Sequence[Finding]) -> list[Finding]:
    """Return the results with those withdrawn that are not beyond chance; many tests are made, so their p-values are adjusted together.

    The surer a finding, the more of its effect counts in the ranking.
    """
    tested = [number for number, item in enumerate(results) if item.p is not None]
    adjusted = dict(zip(tested, holm([results[number].p or 0.0 for number in tested]), strict=True))
    return [_settled(item, adjusted.get(number)) for number, item in enumerate(results)]


def _settled(item: Finding, p: float | None) -> Finding:
    if p is None or not item.found:
        return item
    if p < CERTAIN:
        return replace(item, effect=item.effect * (1 - p))
    return replace(
        item, found=False, severity="info", title=item.passed or item.title, means="", suggests=(), text="", images=()
    )
