"""Energy of one channel: counters by difference, watts by trapezoids, nothing where there are no samples."""

from __future__ import annotations

import math
from collections import deque, namedtuple

from thirdwatt.meter.sampler import LATE
from thirdwatt.meter.sensors import counters
from thirdwatt.meter.sensors.base import Channel, Reading

from .spans import Span, outside, union, within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WRAP_GAP_NS = 120_000_000_000
"""Two samples of a counter that wraps, if further apart than this, do not say what was counted between them."""

STRETCH_S = 0.5
"""Shortest stretch over which the highest draw is taken: counters are refreshed every 20 to 100 ms."""

MOST_W = 200_000.0
"""More than any one machine draws; a counter that went so fast was misread."""

TAIL = 200
"""Readings by which a counter is held to have stopped."""

Part = namedtuple("Part", ("start_ns", "end_ns", "joules"))


class Series:
    """What one channel of one machine said: taken in segment by segment, so that a run of weeks needs little memory.

    Attributes
    ----------
    amount
        Joules (or seconds of processors) within the windows, no time twice.
    measured
        Spans within the windows that have samples on both sides.
    most
        The most of it in a second.
    events
        Wraps and resets.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.amount = self.most = 0.0
        self.measured: list[Span] = []
        self.events: list[str] = []
        self.tail: deque[Reading] = deque(maxlen=TAIL)
        self._covered: list[Span] = []
        self._stretch_j = self._stretch_s = self._short = 0.0
        self._lasts: list[Reading] = []

    def add(self, readings: list[Reading], interval_s: float, windows: Sequence[Span]) -> None:
        """Take in the readings of one segment, behind a track that ended before they begin if there is one."""
        readings = [each for each in readings if counters.usable(each.value)]
        if not readings:
            return
        self.tail += readings
        first, last = readings[0], readings[-1]
        for place, before in enumerate(self._lasts):
            gap_ns = first.t_ns - before.t_ns
            if gap_ns > 0 and not (self.channel.wrap and gap_ns > WRAP_GAP_NS):
                readings = [before, *readings]
                self._lasts[place] = last
                break
        else:
            self._lasts.append(last)
        parts = self._counted(readings) if self.channel.kind == "counter" else trapezoids(readings, interval_s)
        sums = [self.amount]
        measured = []
        for part in parts:
            for free in outside(part[:2], self._covered) if self._covered else (part[:2],):
                for start, end in within(free, windows):
                    joules = part.joules * ((end - start) / (part.end_ns - part.start_ns))
                    sums.append(joules)
                    measured.append((start, end))
                    self._highest(joules, (end - start) * 1e-9)
        self.amount = math.fsum(sums)
        self.measured = union([*self.measured, *measured])
        self._covered = union([*self._covered, *(part[:2] for part in parts)])

    def _highest(self, joules: float, span_s: float) -> None:
        """The most in a second, over stretches that a counter's own refresh does not blur."""
        self._stretch_j += joules
        self._stretch_s += span_s
        if self._stretch_s >= STRETCH_S:
            self.most = max(self.most, self._stretch_j / self._stretch_s)
            self._stretch_j = self._stretch_s = 0.0
        elif not self.most:
            self._short = self._stretch_j / self._stretch_s

    @property
    def highest(self) -> float:
        """The most in a second; the mean of all there is, where that is short."""
        return self.most or self._short

    def _counted(self, readings: list[Reading]) -> list[Part]:
        found = []
        most_per_s = MOST_W if self.channel.unit == "J" else 0.0
        for each in counters.intervals(readings, self.channel.wrap, most_per_s):
            if each.event in ("reset", "wrap"):
                self.events.append(each.event)
            span_s = (each.end_ns - each.start_ns) * 1e-9
            if most_per_s and each.amount is not None and each.amount > most_per_s * span_s:
                self.events.append("reset")  # no device draws so much: the reading before was none
                continue
            if each.amount is not None:
                found.append(Part(each.start_ns, each.end_ns, each.amount))
        return found


def trapezoids(readings: Iterable[Reading], interval_s: float) -> list[Part]:
    """Watts between readings as joules; nothing across a gap."""
    found = []
    last: Reading | None = None
    longest_ns = (LATE * interval_s + 0.1) * 1e9
    for reading in readings:
        if last is not None and 0 < reading.t_ns - last.t_ns <= longest_ns:
            joules = (last.value + reading.value) / 2 * (reading.t_ns - last.t_ns) * 1e-9
            found.append(Part(last.t_ns, reading.t_ns, joules))
        if last is None or reading.t_ns > last.t_ns:
            last = reading
    return found
