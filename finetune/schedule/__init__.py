"""How the learning rate goes over the steps: the choice behind ``finetune.schedule`` in ``params.yaml``.

A schedule is called as ``schedule(step, steps, history)`` and returns the factor on every rate, in [0, 1]. ``history`` holds the validation
losses of the epochs ended so far, that of the first one first. It is a pure function, so that a resumed run needs no memory of it.
"""

from typing import Annotated

from pydantic import Field

from finetune.schedule.constant import Constant
from finetune.schedule.cosine import Cosine
from finetune.schedule.one_cycle import OneCycle
from finetune.schedule.plateau import Plateau
from finetune.schedule.step import Step

Schedule = Annotated[Cosine | Constant | OneCycle | Step | Plateau, Field(discriminator="method")]
