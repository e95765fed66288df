"""In which order the axes of feature maps stand."""

from torch import Tensor


def channels_last(maps: Tensor) -> bool:
    """Return whether maps of four axes look like (N, height, width, channels), as those of Swin and other networks of windows are.

    Images are square here, and so are all maps made of them. A last axis that is as long as the others tells nothing: then the usual
    order, (N, channels, height, width), is taken for granted.
    """
    _, first, second, third = maps.shape
    return first == second != third
