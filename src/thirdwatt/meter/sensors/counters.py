"""What can go wrong with a counter, found in its readings alone.

Nothing here reads a device or keeps a state: every function takes readings in the order in which they were made and
says what they amount to. Energy is never negative, and what is not known is ``None``.
"""

from __future__ import annotations

import math
from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .base import Reading

Interval = namedtuple("Interval", ("start_ns", "end_ns", "amount", "event"))
"""What a counter counted between two readings. ``event`` is empty, ``wrap``, ``gap`` (readings without a value lie
within, which loses nothing) or ``reset``: it began anew, so the amount is ``None`` and another segment begins."""

FROZEN_AFTER = 10
"""Refreshes without any energy, while power is drawn, after which a counter is held to have stopped."""

REFRESH_NS = 200_000_000
"""Time within which every counter is refreshed: readings in between show nothing new, however many there are."""

ROUNDS = 3
"""Times that two counters are looked at before they are held to be one."""


def usable(value: float | None) -> bool:
    """Whether a reading has a value that a counter or a gauge can have: finite and not negative."""
    return value is not None and math.isfinite(value) and value >= 0


def intervals(readings: Iterable[Reading], wrap: float = 0.0, most_per_s: float = 0.0) -> list[Interval]:
    """What a counter counted between its readings, one after the other.

    Parameters
    ----------
    readings
        Of one channel, in order. Those without a usable value, or not later than the one before, are passed over.
    wrap
        Value at which the counter starts again; 0 if it never does, so that any decrease is a new beginning.
    most_per_s
        The most that it can count in a second. A decrease that would mean more than this is no wrap. Without it a
        decrease that would mean half a turn or more is none: a counter is read at least twice a turn.
    """
    found: list[Interval] = []
    last: Reading | None = None
    missing = False
    for reading in readings:
        if not usable(reading.value):
            missing = missing or last is not None
            continue
        if last is None:
            last = reading
            continue
        if reading.t_ns <= last.t_ns:
            continue
        amount, event = _amount(last, reading, wrap, most_per_s)
        found.append(Interval(last.t_ns, reading.t_ns, amount, event or ("gap" if missing else "")))
        last, missing = reading, False
    return found


def _amount(last: Reading, reading: Reading, wrap: float, most_per_s: float) -> tuple[float | None, str]:
    amount = reading.value - last.value
    if amount >= 0:
        return amount, ""
    turned = amount + wrap
    most = most_per_s * (reading.t_ns - last.t_ns) * 1e-9 if most_per_s else wrap / 2
    if wrap and last.value <= wrap and turned <= most:
        return turned, "wrap"
    return None, "reset"


def total(readings: Iterable[Reading], wrap: float = 0.0, most_per_s: float = 0.0) -> float:
    """What a counter counted over all its segments; what was lost at a reset is not in it."""
    return math.fsum(each.amount for each in intervals(readings, wrap, most_per_s) if each.amount is not None)


def segments(readings: Iterable[Reading], wrap: float = 0.0, most_per_s: float = 0.0) -> list[list[Interval]]:
    """The intervals between resets, each list a time over which the counter counted without a break."""
    parts: list[list[Interval]] = [[]]
    for each in intervals(readings, wrap, most_per_s):
        if each.event == "reset":
            parts.append([])
        else:
            parts[-1].append(each)
    return [part for part in parts if part]


def frozen(counter: Sequence[Reading], power: Sequence[Reading], refreshes: int = FROZEN_AFTER) -> int | None:
    """The time since which a counter has stood still while power was drawn, if it stood still to the end.

    Parameters
    ----------
    counter, power
        Of one device, each in order. Power counts as drawn where every usable reading within the time is above 0, and
        there is at least one.
    refreshes
        Readings of the counter in a row, each later than the one before, that must show nothing new.
    """
    seen = [each for each in counter if usable(each.value)]
    if not seen:
        return None
    first = len(seen) - 1
    while first > 0 and seen[first - 1].value == seen[-1].value:
        first -= 1
    since = seen[first].t_ns
    if len({each.t_ns for each in seen[first:]}) <= refreshes or seen[-1].t_ns - since < refreshes * REFRESH_NS:
        return None
    drawn = [each.value for each in power if usable(each.value) and since <= each.t_ns <= seen[-1].t_ns]
    return since if drawn and min(drawn) > 0 else None


def vanished(readings: Sequence[Reading], after: int = FROZEN_AFTER) -> int | None:
    """The time since which a channel has given no value, if it gave one before and then ``after`` times none."""
    since: int | None = None
    silent = 0
    for each in reversed(readings):
        if usable(each.value):
            break
        since, silent = each.t_ns, silent + 1
    return since if after <= silent < len(readings) else None


def mirrored(
    read_one: Callable[[], float | None],
    read_other: Callable[[], float | None],
    pause: Callable[[], None] | None = None,
) -> bool:
    """Whether two counters are one: each reading of the other lies between two readings of the first, every time.

    Two dies that each repeat their package's counter do this; two counters of their own do not, since they would have
    to agree to within what is counted in the microseconds between two readings.

    Parameters
    ----------
    read_one, read_other
        Read the counters now.
    pause
        Called between rounds, so that the counters move; nothing is waited for without it.
    """
    for turn in range(ROUNDS):
        if turn and pause is not None:
            pause()
        before, between, after = read_one(), read_other(), read_one()
        if before is None or between is None or after is None or not before <= between <= after:
            return False
    return True
