"""A job's part of a machine that others may use too: of its processors, and of what draws power around them.

What a machine draws has two causes. It is there for whoever it was given to, whether they use it or not: that part is
split by what each was allotted. And it works: that part is split by the time of processors that each used.
"""

from __future__ import annotations

from collections import namedtuple

from thirdwatt.meter.sensors.model import IDLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Share = namedtuple("Share", ("low", "value", "high", "how"))
"""Part of a whole, from 0 to 1, with its range and why it is that."""

WHOLE = Share(1.0, 1.0, 1.0, "the whole machine")


UNSEEN = "its part of the work, in a container without a limit"


def stated_share(value: float) -> Any:
    """The part that somebody stated."""
    return WHOLE if value == 1.0 else Share(value, value, value, "as stated")


def at_rest(load: float) -> tuple[float, float]:
    """The least and the most of a processor's energy that it takes for being on, at a load from 0 to 1.

    With idle power as a part :math:`i` of that at full load, and power linear in load :math:`L` between both,
    :math:`i / (i + (1 - i) L)`.

    Examples
    --------
    >>> at_rest(0.0), [round(each, 2) for each in at_rest(1.0)]
    ((1.0, 1.0), [0.05, 0.35])
    """
    load = min(1.0, max(0.0, load))
    least, most = (idle / (idle + (1 - idle) * load) for idle in IDLE)
    return least, most


def share(
    processors: float | None, contained: bool, threads: int, used_s: float, busy_s: float | None, duration_s: float
) -> Any:
    """What of a machine is a job's.

    Parameters
    ----------
    processors
        Those that it was allotted; ``None`` if nothing limits it.
    contained
        Whether others may be on the machine that cannot be seen from where the job is.
    threads
        Processors of the machine.
    used_s, busy_s
        Seconds of processors that the job used and that all of the machine's were busy; ``None`` if not known.
    duration_s
        How long it ran.
    """
    if processors is None and not contained:
        return WHOLE
    most_s = threads * duration_s
    busy_s = max(used_s, most_s if busy_s is None else busy_s)
    used = used_s / busy_s if busy_s > 0 else 0.0
    rest = at_rest(busy_s / most_s if most_s > 0 else 0.0)
    if processors is not None and threads:
        given = min(1.0, processors / threads)
        middle = (rest[0] + rest[1]) / 2
        value = middle * given + (1 - middle) * used
        how = f"{processors:g} of {threads} processors allotted, {100 * used:.0f} % of the work"
        return Share(min(given, used), value, max(given, used), how)
    return Share(used * (1 - rest[1]), used, rest[1] + (1 - rest[1]) * used, UNSEEN)
