"""One figure with everything that lets somebody trust or doubt it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its spread, kind and source.

    ``low`` and ``high`` are the 5 % and 95 % quantiles and ``value`` the median, in the unit that the quantity's name
    declares. ``stream`` names the random stream: two figures of one stream are one uncertainty. ``retrieved`` is the
    year or month in which the source was read, ``confidence`` high, medium or low; both are empty for what a scenario
    states.
    """

    value: float
    low: float
    high: float
    kind: str
    source: str
    stream: str
    note: str = ""
    retrieved: str = ""
    confidence: str = ""

    @property
    def spread(self) -> bool:
        """Whether the figure is uncertain at all."""
        return self.low != self.high
