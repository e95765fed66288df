"""What the figures of an entry of the augmentation policy say, in words."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from datatools.page.numbers import count, counted, decimal, percent
from datatools.report.inputs import Json


class Said(NamedTuple):
    """A method in plain words: its name, and what it does to an image."""

    name: str
    does: str


METHODS = {
    "amplitude_mix": Said("Amplitude mix", "FACT: colours, light and texture move towards those of a second image."),
    "augmix": Said("AugMix", "Chains of mild distortions, mixed with the image."),
    "composite": Said("Compositing", "A second image is laid over the first."),
    "copy_paste": Said("Copy-paste", "A cut-out of a second train image is pasted in; labels mix by area."),
    "cutmix": Said("CutMix", "A box is replaced by that of a second train image; labels mix by area."),
    "fda": Said("Fourier adaptation", "FDA: colours and light, the lowest frequencies, come from a second image."),
    "fgsm": Said("FGSM attack", "Each pixel moves a little, so that the probe errs."),
    "geometry": Said("Geometry and colour", "The image is moved, turned and recoloured."),
    "histogram_match": Said("Histogram matching", "Brightness and colours are distributed as in a second image."),
    "mixup": Said("MixUp", "An average of two train images and of their labels."),
    "pgd": Said("PGD attack", "Each pixel moves a little, in many steps, so that the probe errs."),
    "poisson": Said("Poisson paste", "A piece of a second train image without a seam; labels mix by area."),
    "randconv": Said("Random convolutions", "New textures on the same shapes."),
    "reinhard": Said("Colour transfer", "Reinhard: tint and contrast of a second image."),
    "style_mix": Said("Style mixing", "Tint and contrast between those of two images."),
    "whitening": Said("Whitening", "Whitening and colouring: mean colour and spread of colours of a second image."),
}


def said(name: str) -> Said:
    """Return a method in plain words; one that is not known here by its own name."""
    return METHODS.get(name, Said(name.replace("_", " ").capitalize(), ""))


def facts(figures: Json) -> list[str]:
    """Return one sentence for each thing that was measured; a figure that is absent is passed over."""
    parts: Sequence[Callable[[Json], str]] = (_label, _change, _success, _transfer, _gap)
    return [f"{text[:1].upper()}{text[1:]}." for part in parts if (text := part(figures))]


def warnings(figures: Json) -> list[dict[str, str]]:
    """Return what should be looked into, each with what would help."""
    found = []
    if figures.get("label_leaking"):
        found.append(
            {
                "what": "The pattern gives the class away",
                "detail": "A model recognises these images better than their parents, although the attack stepped away from the "
                "true class. Set labels to predicted.",
            }
        )
    if lost := figures.get("lost_by_storing"):
        detail = f"{counted(lost, 'image')} misled the probe before, and no longer as a file. Raise epsilon."
        found.append({"what": "Success lost by rounding to grey levels", "detail": detail})
    if again := figures.get("repeated"):
        detail = f"{counted(again, 'image')} came out as an earlier copy of the same parent, byte for byte. Lower copies or balance."
        found.append({"what": "Copies repeat each other", "detail": detail})
    if figures.get("unchanged") and figures["unchanged"] == figures.get("count"):
        detail = "Every image is its parent, pixel by pixel. Raise the method’s strength, or leave it out."
        found.append({"what": "Nothing changed", "detail": detail})
    return found


def _label(figures: Json) -> str:
    if "agreement_after" not in figures:
        return ""
    before, after = (percent(figures[name], 0) for name in ("agreement_before", "agreement_after"))
    return f"the probe gives their label to {after} of {count(figures['checked'])} of them, and to {before} of their parents"


def _change(figures: Json) -> str:
    parts = []
    if "mean_change" in figures:
        parts.append(f"values change by {decimal(figures['mean_change'], 1)} of 255 levels on average")
    if "largest_change" in figures:
        parts.append(f"none by more than {figures['largest_change']}")
    if figures.get("unchanged"):
        parts.append(f"{count(figures['unchanged'])} of the images are just as their parents")
    return ", ".join(parts)


def _success(figures: Json) -> str:
    if "success_rate" not in figures:
        return ""
    of = f" ({count(figures['right_before'])})" if "right_before" in figures else ""
    if figures.get("target", "none") != "none":
        return f"the attack reaches the class that it aims at for {percent(figures['success_rate'], 0)} of the images that were right{of}"
    return f"the attack changes {percent(figures['success_rate'], 0)} of the probe’s answers that were right{of}"


def _transfer(figures: Json) -> str:
    if "second_success_rate" not in figures:
        return ""
    share, right = percent(figures["second_success_rate"], 0), count(figures["second_right_before"])
    return f"of a second model’s {right} right answers, which the attack did not know, it changes {share}"


def _gap(figures: Json) -> str:
    gap = figures.get("gap")
    if not gap:
        return ""
    distance, mmd = gap["a_distance"], gap["mmd"]
    return (
        f"distance to the target domain: {decimal(distance['before'], 2)} before, {decimal(distance['after'], 2)} after"
        f" (MMD² {decimal(mmd['before'])}, {decimal(mmd['after'])}), {counted(gap['images'], 'image')} against"
        f" {counted(gap['references'], 'reference')}"
    )
