"""The compiled loops of the repair of impulses. All of them are in this file, since numba's cache notices a change of one file only.

``levels`` is an image of shape (height, width, depth) laid out flat, uint8 or uint16; ``shape`` is that triple, and a place is an index.
``state`` says of each value what is known: sound, suspect (at an end of the range) or bad (an impulse). Beyond the border the image
is mirrored without repeating its edge.
"""

from typing import Any

import numba
import numpy as np

SOUND, SUSPECT, BAD = 0, 1, 2
ROOM = 3  # companions up to which lines are looked for; where more touch by chance, so many face each other that it would miss them
BEYOND = 2  # pixels of a line that are looked for behind a companion
FARTHEST = 8  # radius of the largest window in which a sound value is looked for
CURVATURE = 0.84  # of photos, by least squares; see :func:`_surface`


@numba.njit(cache=True, nogil=True)
def scan(levels: Any, shape: Any, low: Any, high: Any, state: Any, found: Any) -> Any:
    """Mark the values at the ends of the range as suspect, list their places in ``found`` and return how many they are.

    Inside an area that lies at the end of the range no value is: nothing there tells an impulse from what belongs there.
    """
    depth = shape[2]
    row = shape[1] * depth
    count, last = 0, len(levels) - row
    for place in range(len(levels)):
        level = levels[place]
        if low < level < high:
            continue
        if row <= place < last:
            left, right, up, down = (
                levels[place - depth],
                levels[place + depth],
                levels[place - row],
                levels[place + row],
            )
            if level <= low:
                if left <= low and right <= low and up <= low and down <= low:
                    continue
            elif left >= high and right >= high and up >= high and down >= high:
                continue
        state[place] = SUSPECT
        found[count] = place
        count += 1
    return count


@numba.njit(cache=True, nogil=True)
def judge(levels: Any, shape: Any, state: Any, suspects: Any, jump: Any, companions: Any, margin: Any, bad: Any) -> Any:
    """Move the places of impulses from ``suspects`` to the start of ``bad``; return how many stayed and how many went.

    Args:
        jump: levels between an impulse and its neighbours.
        companions: how many of the eight neighbours may be nearer than that. Up to ``ROOM`` of them, lines are spared.
        margin: a value with more companions is an impulse too if it is farther than this, in levels, outside of what its
            neighbours' differences to the other channels allow. Negative: that is not looked at.
    """
    stayed, went = 0, 0
    for suspect in range(len(suspects)):
        place = suspects[suspect]
        near = _around(place, shape)
        if _alone(levels, shape, place, near, jump, companions) or (
            margin >= 0 and shape[2] == 3 and _off_colour(levels, state, place, near, margin)
        ):
            bad[went] = place
            went += 1
        else:
            suspects[stayed] = place
            stayed += 1
    for place in bad[:went]:  # only now: a verdict must not depend on the order
        state[place] = BAD
    return stayed, went


@numba.njit(cache=True, nogil=True)
def fill(levels: Any, shape: Any, state: Any, bad: Any) -> None:
    """Replace bad values by a mean of the sound ones around, near ones twice; without any, the value is left."""
    for place in bad:
        near = _around(place, shape)
        total, weights = np.int64(0), 0
        for index in range(8):
            if state[near[index]] != BAD:
                weight = 1 if 2 <= index < 6 else 2
                total += weight * np.int64(levels[near[index]])
                weights += weight
        if weights == 0:
            total, weights = _wider(levels, shape, state, place)
        if weights:
            levels[place] = (total + weights // 2) // weights


@numba.njit(cache=True, nogil=True)
def refine(levels: Any, shape: Any, state: Any, bad: Any, top: Any, smoothness: Any) -> None:
    """Replace bad values, filled before, by what their neighbours' curvature and the other channels say, one after the other.

    Args:
        top: highest level.
        smoothness: 0 to trust both fully, 1 for the mean of the four neighbours.
    """
    curvature = CURVATURE * (1.0 - smoothness)
    for place in bad:
        near = _around(place, shape)
        level = _surface(levels, near, 0, curvature)
        if shape[2] == 3:
            level += (1.0 - smoothness) * _detail(levels, state, place, near, curvature)
        levels[place] = min(max(level + 0.5, 0.0), top)


@numba.njit(cache=True, nogil=True)
def count_diagonals(levels: Any, shape: Any, low: Any, high: Any, counts: Any) -> None:
    """Count how often each difference between the two diagonals of a square of four values occurs.

    ``counts[0]`` is of squares within the range, ``counts[1]`` of those that hold a value at one of its ends. Every other square counts,
    in both directions: they have no value in common.
    """
    height, width, depth = shape
    for y in range(0, height - 1, 2):
        for x in range(0, width - 1, 2):
            for place in range((y * width + x) * depth, (y * width + x + 1) * depth):
                one, two = np.int64(levels[place]), np.int64(levels[place + depth])
                three, four = np.int64(levels[place + width * depth]), np.int64(levels[place + (width + 1) * depth])
                at_end = min(one, two, three, four) <= low or max(one, two, three, four) >= high
                counts[1 if at_end else 0, abs(one - two - three + four)] += 1


@numba.njit(cache=True, nogil=True)
def count_lone(levels: Any, shape: Any, mask: Any, low: Any, high: Any, band: Any, jump: Any, bins: Any) -> Any:
    """Count the values within the range that stand alone as an impulse does: all of them, and those within ``band`` of an end.

    The values in ``mask`` do not count. ``bins``, one per grey level, counts the levels of the others.
    """
    lone, near = 0, 0
    step = (low + high) // (len(bins) - 1)
    for place in range(len(levels)):
        level = np.int64(levels[place])
        if level <= low or level >= high or mask[place]:
            continue
        bins[level // step] += 1
        if _lone(levels, place, _around(place, shape), jump):
            lone += 1
            near += level < low + band or level > high - band
    return lone, near


@numba.njit(forceinline=True)
def _around(place: Any, shape: Any) -> Any:
    """Return the places of the eight neighbours: two near ones, the four corners, two near ones; the first faces the last, and so on."""
    height, width, depth = shape
    row = width * depth
    y = place // row
    x = (place - y * row) // depth
    up = -row if y > 0 else row * (height > 1)
    down = row if y < height - 1 else -row * (height > 1)
    left = -depth if x > 0 else depth * (width > 1)
    right = depth if x < width - 1 else -depth * (width > 1)
    return (
        place + up,
        place + left,
        place + up + left,
        place + up + right,
        place + down + left,
        place + down + right,
        place + right,
        place + down,
    )


@numba.njit(forceinline=True)
def _alone(levels: Any, shape: Any, place: Any, near: Any, jump: Any, companions: Any) -> Any:
    """Whether few enough neighbours are like a value, and make no line with it: facing each other, or three in a row."""
    count, across, last = 0, 0, 0
    for index in range(4):
        one, other = _alike(levels, place, near[index], jump), _alike(levels, place, near[7 - index], jump)
        count += one + other
        across += one and other
        last = index if one else 7 - index if other else last
    if count == 0 or count > companions or companions > ROOM:
        return count <= companions
    return across == 0 and not (
        count == 1 and companions < ROOM and _goes_on(levels, shape, place, near[last], last, jump)
    )


@numba.njit(forceinline=True)
def _lone(levels: Any, place: Any, near: Any, jump: Any) -> Any:
    """Whether at most one neighbour is like a value."""
    count = 0
    for other in near:
        count += _alike(levels, place, other, jump)
        if count > 1:
            return False
    return True


@numba.njit(forceinline=True)
def _goes_on(levels: Any, shape: Any, place: Any, other: Any, direction: Any, jump: Any) -> Any:
    """Whether a neighbour has two more beyond it that are like a value: the end of a line of four."""
    for _ in range(BEYOND):
        other = _around(other, shape)[direction]
        if not _alike(levels, place, other, jump):
            return False
    return True


@numba.njit(forceinline=True)
def _alike(levels: Any, place: Any, other: Any, jump: Any) -> Any:
    return abs(np.int64(levels[other]) - np.int64(levels[place])) <= jump


@numba.njit
def _off_colour(levels: Any, state: Any, place: Any, near: Any, margin: Any) -> Any:
    """Whether the differences of a value to the sound ones of the other channels lie outside of its neighbours' differences."""
    looked, off = 0, 0
    for channel in range(1, 3):
        shift = (place % 3 + channel) % 3 - place % 3
        if state[place + shift] == SOUND:
            looked += 1
            difference = np.int64(levels[place]) - np.int64(levels[place + shift])
            least, most = np.int64(1 << 30), np.int64(-(1 << 30))
            for other in near:
                theirs = np.int64(levels[other]) - np.int64(levels[other + shift])
                least, most = min(least, theirs), max(most, theirs)
            off += difference < least - margin or difference > most + margin
    return looked > 0 and off == looked


@numba.njit
def _wider(levels: Any, shape: Any, state: Any, place: Any) -> Any:
    """Return sum and number of the sound values in the smallest window that holds any."""
    height, width, depth = shape
    y, x, channel = place // (width * depth), place // depth % width, place % depth
    total, count = np.int64(0), 0
    for radius in range(2, FARTHEST + 1):
        for above in range(max(0, y - radius), min(height, y + radius + 1)):
            for beside in range(max(0, x - radius), min(width, x + radius + 1)):
                other = (above * width + beside) * depth + channel
                if state[other] != BAD:
                    total += np.int64(levels[other])
                    count += 1
        if count:
            break
    return total, count


@numba.njit(forceinline=True)
def _surface(levels: Any, near: Any, shift: Any, curvature: Any) -> Any:
    """Return the middle of the surface through eight neighbours, ``shift`` channels further.

    With curvature 1 it goes through every image that is a sum of a function of x and one of y, with 0 it is the mean of the nearest four.
    """
    four, corners = 0.0, 0.0
    for index in range(2):
        four += levels[near[index] + shift] + np.float64(levels[near[7 - index] + shift])
        corners += levels[near[index + 2] + shift] + np.float64(levels[near[5 - index] + shift])
    return 0.25 * ((1.0 + curvature) * four - curvature * corners)


@numba.njit(forceinline=True)
def _detail(levels: Any, state: Any, place: Any, near: Any, curvature: Any) -> Any:
    """Return how far the sound other channels lie from their own surface here: fine detail is common to all of them."""
    total, count = 0.0, 0
    for channel in range(1, 3):
        shift = (place % 3 + channel) % 3 - place % 3
        if state[place + shift] != BAD:
            total += levels[place + shift] - _surface(levels, near, shift, curvature)
            count += 1
    return total / max(count, 1)
