"""What a part of a machine may have used where nothing measures it: a range, and never a reading.

The ranges are wide on purpose. A processor of unknown power is anything from a small board's to a server's, and one row
of a table would be one guess. What these functions return must be shown apart from what was measured.
"""

from __future__ import annotations

import math
from collections import namedtuple

from . import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Estimate = namedtuple("Estimate", ("low", "value", "high"))
"""Joules: what is the least and the most that fits, and a central figure between them."""

Host = namedtuple("Host", ("processor", "packages", "threads", "memory_bytes", "virtual"))
"""What a machine says of itself; 0 and an empty name where it says nothing."""

PACKAGE_W = (8.0, 500.0)
"""Power of one whole processor package at work, over all that are in use."""

THREAD_W = (1.0, 25.0)
"""Power of one thread of a virtual machine at work, with its part of the package: from processors of many small cores
(500 W for 384 threads, EPYC 9965) to those of few fast ones without a second thread (320 W for 16, EPYC 9175F)."""

BOARD_W = (30.0, 1400.0)
"""Rated power of an accelerator that does not state it: from an edge board to the largest of its time."""

MODULE_W = (1.5, 5.0)
"""Power of one memory module, idle to busy."""

MODULE_BYTES = (8 * 2**30, 256 * 2**30)
"""Sizes of memory modules in use."""

MOST_MODULES = 16
"""Memory modules of one package at most."""

IDLE = (0.05, 0.35)
"""Power without work over power at work, of processors and accelerators."""


def host(root: str = "/") -> Any:
    """Name and number of processor packages, threads, and memory of this machine."""
    told = files.text(f"{root}/proc/cpuinfo") or ""
    rows = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in told.splitlines())]
    packages = {value for key, value in rows if key == "physical id"}
    threads = sum(key == "processor" for key, _ in rows)
    memory = 0
    for line in (files.text(f"{root}/proc/meminfo") or "").splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "MemTotal:" and words[1].isdigit():
            memory = int(words[1]) * 1024
    name = next((value for key, value in rows if key == "model name"), "")
    return Host(name, len(packages) or (1 if threads else 0), threads, memory, files.virtual(root))


STATED = "THIRDWATT_PACKAGE_W"
"""States the power of a processor package at full work, for machines that do not measure it."""


def package_w(threads: int, packages: int, virtual: bool, stated: float | None = None) -> tuple[float, float]:
    """Power of one package at full work: as stated; else of a virtual machine by its threads, a part of a package."""
    if stated:
        return stated, stated
    if not virtual:
        return PACKAGE_W
    each = threads / max(1, packages)
    return THREAD_W[0] * each, THREAD_W[1] * each


def between(low: float, high: float) -> Any:
    """A range with its geometric mean, which is as many times the least as the most is of it."""
    return Estimate(low, math.sqrt(low) * math.sqrt(high) if low > 0 else (low + high) / 2, high)


def cpu(
    cpu_s: float,
    wall_s: float,
    share: float = 1.0,
    threads: int = 1,
    packages: int = 1,
    package_w: tuple[float, float] = PACKAGE_W,
) -> Any:
    """Processors, by the seconds that they worked for the job.

    Parameters
    ----------
    cpu_s
        Seconds of processors that the job used.
    wall_s
        Seconds that it ran.
    share
        Its part of all the seconds that the machine's processors were busy, from 0 to 1.
    threads, packages
        Of the machine.
    package_w
        Power of one package at full work: a range, both ends equal where it is known.

    Notes
    -----
    The least is the work alone, with nothing for an idling machine; the most is the job's share of packages at full
    power, or what its own seconds take if that is more.
    """
    least, most = (max(0.0, each) * max(1, packages) for each in package_w)
    wall_s, share = max(0.0, wall_s), min(1.0, max(0.0, share))
    load = min(1.0, max(0.0, cpu_s) / (max(1, threads) * wall_s)) if wall_s else 0.0
    low = least * wall_s * load * (1 - IDLE[1])
    high = most * wall_s * max(load, share * (IDLE[1] + (1 - IDLE[1]) * load))
    return between(low, high)


def dram(wall_s: float, share: float = 1.0, memory_bytes: int = 0, packages: int = 1) -> Any:
    """Memory, by the modules that its size may be made of and the job's part of it."""
    small, large = MODULE_BYTES
    most = min(MOST_MODULES * max(1, packages), max(1, math.ceil(memory_bytes / small)))
    least = min(most, max(1, math.ceil(memory_bytes / large)))
    part = max(0.0, wall_s) * min(1.0, max(0.0, share))
    return between(least * MODULE_W[0] * part, most * MODULE_W[1] * part)


def accelerator(busy_s: float, wall_s: float, tdp_w: float) -> Any:
    """An accelerator that gives neither energy nor power: busy time by its rated power, the rest by what idling takes.

    A busy accelerator may draw far less than it is rated for, so the least takes half of that.
    """
    wall_s, tdp_w = max(0.0, wall_s), max(0.0, tdp_w)
    busy_s = min(wall_s, max(0.0, busy_s))
    low = tdp_w * (0.5 * busy_s + IDLE[0] * (wall_s - busy_s))
    high = tdp_w * (busy_s + IDLE[1] * (wall_s - busy_s))
    return between(low, high)


def estimate(
    cpu_s: float,
    wall_s: float,
    share: float = 1.0,
    *,
    threads: int = 1,
    packages: int = 1,
    package_w: tuple[float, float] = PACKAGE_W,
    memory_bytes: int = 0,
    memory_share: float | None = None,
) -> Any:
    """Processors and memory together; the ends of their ranges add, since both may be guessed wrong the same way.

    ``memory_share`` is the job's part of memory, as ``share`` of the processors where it is not known. Without
    ``memory_bytes`` memory is left out.
    """
    parts = [cpu(cpu_s, wall_s, share, threads, packages, package_w)]
    if memory_bytes:
        parts.append(dram(wall_s, share if memory_share is None else memory_share, memory_bytes, packages))
    return Estimate(*(math.fsum(ends) for ends in zip(*parts, strict=True)))
