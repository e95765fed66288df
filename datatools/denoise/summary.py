"""What was decided about the images, counted and in one sentence."""

from typing import Any

import pandas as pd

from datatools.page.numbers import count, counted

DECISIONS = ("clean", "denoised", "flagged", "untreated", "unchanged", "off")


def counts(estimates: pd.DataFrame) -> dict[str, Any]:
    """Return the metrics of the stage.

    Args:
        estimates: one row per image: sigma, impulse, blockiness, grain, uneven, decision, method, changed.

    Returns:
        ``images``; how many were ``denoised``, ``left_alone`` (their files are used as they are), and why: ``clean``,
        ``flagged``, ``untreated`` (noise that the method does not treat), ``unchanged`` (the method found nothing to change),
        ``off``; ``median_sigma``; ``denoised_share``; ``methods``: images per method, in the order of steps, joined by ``+``.
    """
    found = {name: int((estimates["decision"] == name).sum()) for name in DECISIONS}
    sigma = estimates["sigma"].dropna()
    return {
        "images": len(estimates),
        "denoised": found["denoised"],
        "left_alone": len(estimates) - found["denoised"],
        "flagged": found["flagged"],
        "untreated": found["untreated"],
        "unchanged": found["unchanged"],
        "median_sigma": float(sigma.median()) if len(sigma) else 0.0,
        "denoised_share": found["denoised"] / max(len(estimates), 1),
        "clean": found["clean"],
        "off": found["off"],
        "methods": methods(estimates),
    }


def methods(estimates: pd.DataFrame) -> dict[str, int]:
    """Return how many images each method changed, the most frequent first."""
    changed = estimates.loc[estimates["decision"] == "denoised", "method"].value_counts()
    return {str(name): int(n) for name, n in sorted(changed.items(), key=lambda item: (-item[1], str(item[0])))}


def sentence(estimates: pd.DataFrame, *, by_method: bool = True) -> str:
    """Return the outcome, such as ``12 of 3,781 images denoised (11 dct, 1 median); 3,769 left byte for byte``."""
    found, total = counts(estimates), len(estimates)
    if not total:
        return "there are no images"
    if found["off"]:
        return f"denoising is off: {counted(total, 'image')} not looked at, left byte for byte"
    among = f"of {counted(total, 'image')}"
    if found["flagged"]:
        return f"{count(found['flagged'])} {among} flagged as noisy; none changed"
    if not found["denoised"]:
        left = found["untreated"] + found["unchanged"]
        noisy = f"{count(left)} {among} noisy, and not changed" if left else f"none {among} noisy"
        return f"{noisy}; all left byte for byte"
    used = ", ".join(f"{count(n)} {name}" for name, n in methods(estimates).items())
    rest = count(found["left_alone"]) if found["left_alone"] else "none"
    denoised = f"{count(found['denoised'])} {among} denoised"
    return f"{denoised}{f' ({used})' if by_method else ''}; {rest} left byte for byte"
