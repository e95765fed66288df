"""What a setting costs in seconds, though DVC takes from its cache what another run has made."""

from collections.abc import Mapping, Sequence

Seconds = Mapping[str, float]  # by stage; a stage that came from the cache is absent


def whole(own: Sequence[Seconds], baseline: Sequence[Seconds]) -> dict[str, float]:
    """Return the mean seconds of each stage for one value of a lever.

    A stage that came from the cache had the same inputs as in some other run of that value, or as in the baseline; its seconds are taken
    from there. A stage that never ran, because it was cached before the first experiment, is absent.

    Args:
        own: the runs of the value.
        baseline: those of the baseline.
    """
    found = {}
    for stage in _stages([*own, *baseline]):
        ran = [run[stage] for run in own if stage in run] or [run[stage] for run in baseline if stage in run]
        found[stage] = sum(ran) / len(ran)
    return found


def extra(own: Sequence[Seconds], baseline: Sequence[Seconds]) -> float | None:
    """Return by how many seconds a run of the value is longer than one of the baseline; None where that cannot be told.

    Only stages that are known for both count.
    """
    ours, theirs = whole(own, baseline), whole(baseline, [])
    both = ours.keys() & theirs.keys()
    return sum(ours[stage] - theirs[stage] for stage in both) if both else None


def _stages(runs: Sequence[Seconds]) -> list[str]:
    return list(dict.fromkeys(stage for run in runs for stage in run))
