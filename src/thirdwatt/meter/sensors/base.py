"""What a sensor is: something that can be asked whether it works here, and then read.

A *channel* is one number that a sensor gives of one device. Cumulative channels count joules (or seconds of processors)
since some moment; they are preferred, since a late reading loses nothing. Instantaneous channels give watts and must
be integrated.
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

Probe = namedtuple("Probe", ("ok", "reason", "fix"))
"""Whether a sensor works here; if not, why, and the least that would make it work. Texts are single lines."""

Channel = namedtuple("Channel", ("id", "device", "component", "scope", "kind", "unit", "wrap", "source"))
"""One number of a sensor.

id          unique on this host: ``nvml:GPU-1234:energy``
device      stable name of what it measures: an NVML UUID, ``package-0``, ``pci-0000:c1:00.0``, ``node``; two trackers
            of one device agree on it
component   accelerator, module, cpu, dram, node, process; platform for a counter of a board whose extent is not stated.
            A module is an accelerator with its processor and their memory: see :mod:`.overlap` before adding any of it
scope       device (all of it), slice (a part that is ours alone), job (our processes' share)
kind        counter (cumulative), gauge (instantaneous), average (a mean over the sensor's own window); limit for power
            that a device may not exceed, which is none that it draws
unit        J, W, s, B or 1
wrap        value at which a counter starts again; 0 if it never does
source      what gave it, as people know it: ``NVML total energy``
"""

Reading = namedtuple("Reading", ("channel", "value", "t_ns"))
"""A value of a channel (by its id) at a monotonic time; ``None`` where it could not be read this time."""

if TYPE_CHECKING:

    class Sensor(Protocol):
        """A source of channels. ``open`` is called once, ``read`` at every sample, ``close`` at the end.

        None of them raises: what goes wrong is a probe that is not ok, or a reading without a value.
        """

        name: str
        notes: list[str]
        """What a reader of the channels has to know, one sentence each; complete once ``open`` has returned."""

        def probe(self) -> Probe:
            """Whether it works here, without leaving anything open."""

        def open(self) -> Sequence[Channel]:
            """Open what it reads, and keep it open; empty if there is nothing."""

        def read(self, now_ns: int) -> Sequence[Reading]:
            """Every channel, now."""

        def close(self) -> None:
            """Let go of what is open."""
