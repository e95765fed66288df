"""Which images the page shows: those that changed most, those on either side of the gate, and those that may hold what was not found."""

import pandas as pd

from datatools.denoise.estimate import Gate

MOST, ABOVE, BELOW, GRAINY = 12, 6, 12, 8
BEYOND_NOISE = 40.0  # grey levels; drawings in black on white have more, no photo has so much noise
NOISY = ("denoised", "flagged", "untreated", "unchanged")


def most_changed(estimates: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """Return the denoised images that changed most, most first; every method has its turn, so that none fills the page alone."""
    done = estimates[estimates["decision"] == "denoised"].sort_values(["changed", "image_id"], ascending=[False, True])
    turn = done.groupby("method").cumcount()
    chosen = done.assign(turn=turn).sort_values("turn", kind="stable").head(most)
    return chosen.sort_values(["changed", "image_id"], ascending=[False, True]).drop(columns="turn")


def nearest_above(estimates: pd.DataFrame, gate: Gate, most: int = ABOVE) -> pd.DataFrame:
    """Return the noisy images with the least noise, least first."""
    noisy = _with_noise(estimates[estimates["decision"].isin(NOISY)], gate)
    return noisy.sort_values(["noise", "image_id"]).head(most)


def nearest_below(estimates: pd.DataFrame, gate: Gate, most: int = BELOW) -> pd.DataFrame:
    """Return the clean images with the most noise, most first; among those without any, with the most grain."""
    clean = _with_noise(estimates[estimates["decision"] == "clean"], gate)
    return clean.sort_values(["noise", "grain", "image_id"], ascending=[False, False, True]).head(most)


def grainy(estimates: pd.DataFrame, gate: Gate, most: int = GRAINY) -> pd.DataFrame:
    """Return the clean images that would be above the gate if their grain were noise, those first where it is the most even."""
    strong = estimates[(estimates["decision"] == "clean") & estimates["grain"].between(gate.sigma, BEYOND_NOISE)]
    return strong.sort_values(["uneven", "image_id"]).head(most)


def _with_noise(estimates: pd.DataFrame, gate: Gate) -> pd.DataFrame:
    """Add ``noise``: the larger of the two estimates in units of its gate; from 1 on an image is noisy."""
    relative = pd.concat([estimates["sigma"] / gate.sigma, estimates["impulse"] / gate.impulse], axis=1)
    return estimates.assign(noise=relative.max(axis=1))
