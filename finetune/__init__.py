"""Everything that needs torch: backbones, the probe, attacks and the training loop."""
