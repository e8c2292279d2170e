"""Clocks of a recording, and the names of the machine whose clocks they are.

Durations and energies rest on the monotonic clock alone. The clock since boot also runs while a machine sleeps, and
the wall clock jumps; how far both stand from the monotonic one is written down at the start and whenever it changes.
"""

from __future__ import annotations

import os
import stat
import time

MONOTONIC_NS, WALL_NS = time.monotonic_ns, time.time_ns


def _boot_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


BOOT_NS = _boot_ns if hasattr(time, "CLOCK_BOOTTIME") else MONOTONIC_NS


class Clock:
    """The clocks of this machine; a test puts its own in their place."""

    __slots__ = ("boot_ns", "monotonic_ns", "wall_ns")

    def __init__(self) -> None:
        self.monotonic_ns = MONOTONIC_NS
        self.boot_ns = BOOT_NS
        self.wall_ns = WALL_NS


def host_id() -> str:
    """Name of this host."""
    try:
        return os.uname().nodename or "host"
    except OSError:
        return "host"


def boot_id() -> str:
    """What no other boot of any machine has; empty where the system does not say.

    Containers of one machine share it, whatever their host names, so it is what tells machines apart.
    """
    return first_line("/proc/sys/kernel/random/boot_id")


def first_line(path: str) -> str:
    """First line of a small file; empty if it cannot be read."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(number, 4096).decode("ascii", "replace").partition("\n")[0]
    except OSError:
        return ""
    finally:
        os.close(number)


def started_ticks(pid: int) -> int:
    """When a process started, in ticks since boot; 0 if there is none, or it has ended and nobody has noticed.

    With its number it names one process.
    """
    fields = first_line(f"/proc/{pid}/stat").rpartition(")")[2].split()
    try:
        return 0 if fields[0] in "ZX" else int(fields[19])
    except (IndexError, ValueError):
        return 0


def lineage(pid: int) -> list[list[int]]:
    """The processes above one, from its parent on: number and start of each, which together name it."""
    found: list[list[int]] = []
    while len(found) < DEEPEST:
        fields = first_line(f"/proc/{pid}/stat").rpartition(")")[2].split()
        pid = int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else 0
        started = started_ticks(pid) if pid else 0
        if not started:
            break
        found.append([pid, started])
    return found


DEEPEST = 64
"""Processes above one that are looked at."""

LARGEST = 1 << 32
"""No file of a run is larger; what is, is none."""


def content(path: str, most: int = LARGEST) -> bytes:
    """What a file of a run holds: a plain file, not a link, a pipe or a device, and no more than so many bytes.

    Raises
    ------
    OSError
        If it cannot be read or is something else.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            raise OSError(f"{path} is no file of a run")
        parts, left = [], most
        while left > 0 and (part := os.read(fd, min(left, 1 << 20))):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)
    finally:
        os.close(fd)
