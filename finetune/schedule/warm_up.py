"""Linear warm-up, which every schedule begins with (Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2)."""

WHAT_FOR = "Share of all steps over which the rate rises from nearly 0. Raise it if the loss jumps in the first epoch."


def ends(warm_up: float, steps: int) -> int:
    """Return the first step at the full rate; at least one step is left at it."""
    return min(round(warm_up * steps), steps - 1)


def rising(step: int, end: int) -> float:
    """Return the factor on the rate during warm-up, ``1 / (end + 1)`` at step 0: a step at rate 0 would be wasted."""
    return (step + 1) / (end + 1)
