"""What turns gradients into steps: the choice behind ``finetune.optimizer`` in ``params.yaml``.

An optimizer's settings are called on parameter groups (:mod:`finetune.optimizer.groups`) and return torch's optimizer.
"""

from typing import Annotated

from pydantic import Field

from finetune.optimizer.adam import Adam
from finetune.optimizer.adamw import AdamW
from finetune.optimizer.lion import Lion
from finetune.optimizer.rmsprop import RmsProp
from finetune.optimizer.sgd import Sgd

Optimizer = Annotated[AdamW | Sgd | Adam | RmsProp | Lion, Field(discriminator="method")]
