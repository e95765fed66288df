"""One thread inside torch's operations: test processes run beside each other."""

import torch

torch.set_num_threads(1)
