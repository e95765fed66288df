"""How the learning rate goes over the steps: the choice behind ``finetune.schedule`` in ``params.yaml``.

A schedule is called as ``schedule(step, steps)`` and returns the factor on every rate, in [0, 1]: a pure function, so that a resumed run
needs no memory of it.
"""

from typing import Annotated

from pydantic import Field

from finetune.schedule.constant import Constant
from finetune.schedule.cosine import Cosine

Schedule = Annotated[Cosine | Constant, Field(discriminator="method")]
