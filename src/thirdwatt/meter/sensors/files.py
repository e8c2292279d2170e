"""Small files of the kernel, read without ever raising."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 65536
"""Bytes read of a file at most; those of a number are few, those of a list of processes many."""


def text(path: str) -> str | None:
    """A file's text without the blanks around it; ``None`` where it cannot be read."""
    fd = opened(path)
    if fd is None:
        return None
    found = content(fd)
    os.close(fd)
    return None if found is None else found.decode("utf-8", "replace").strip("\0 \t\r\n")


def opened(path: str) -> int | None:
    """A descriptor to read from and to keep; ``None`` where there is none to be had."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None


def content(fd: int) -> bytes | None:
    """All that a descriptor holds, from its beginning."""
    try:
        found = os.pread(fd, LONGEST, 0)
        while found and len(found) % LONGEST == 0:
            more = os.pread(fd, LONGEST, len(found))
            if not more:
                break
            found += more
    except OSError:
        return None
    return found


def number(fd: int) -> int | None:
    """The whole number that a descriptor holds."""
    try:
        return int(os.pread(fd, 64, 0))
    except (OSError, ValueError):
        return None


def whole(path: str) -> int | None:
    """The whole number that a file holds."""
    found = text(path)
    try:
        return None if found is None else int(found)
    except ValueError:
        return None


def exists(path: str) -> bool:
    """Whether there is such a file or folder."""
    return os.access(path, os.F_OK)


def names(folder: str) -> list[str]:
    """What a folder holds, in order; nothing where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries)
    except OSError:
        return []


def virtual(root: str) -> bool:
    """Whether this is a virtual machine, as its processors say."""
    told = text(f"{root}/proc/cpuinfo") or ""
    return any(line.startswith("flags") and " hypervisor" in line for line in told.splitlines())


def shut(fds: Iterator[int] | list[int]) -> None:
    """Close descriptors, those too that are closed already."""
    for fd in fds:
        try:
            os.close(fd)
        except OSError:
            continue
