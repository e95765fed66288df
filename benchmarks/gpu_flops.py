"""How much arithmetic a training step is, and how much a GPU could do."""

import timm
import torch
from torch.utils.flop_counter import FlopCounterMode

# Dense bfloat16 with float32 sums, in FLOP/s, as the makers' data sheets state it without sparsity; the first name that fits counts.
PEAKS = {
    "B200": 2250e12,
    "H200": 989e12,
    "H100 PCIe": 756e12,
    "H100 NVL": 835e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "L4": 121e12,
    "A10": 125e12,
    "RTX 4090": 165e12,
}


def per_image(network: str, size: int) -> int:
    """Return the FLOP of a forward and a backward pass of one image; a multiplication with its addition counts as two."""
    with torch.device("meta"):
        model = timm.create_model(network, num_classes=10)
        image = torch.empty(1, 3, size, size)
    with FlopCounterMode(display=False) as counter:
        model(image).sum().backward()
    return int(counter.get_total_flops())


def peak(device: str) -> float | None:
    """Return what a GPU of this name could do at most, in FLOP/s; None where it is not known here."""
    return next((most for name, most in PEAKS.items() if name.lower() in device.lower()), None)
