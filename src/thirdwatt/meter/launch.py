"""The sampler as the measured process holds it: started as nobody's child, told when to end, waited for.

A shell starts it and ends at once, so that whoever waits for all of its children never waits for ours. Two pipes are
all that joins both: one takes how the run ended, the other shows that the sampler has finished its files, or is gone.
"""
# Paths are text here: pathlib costs an import 5 ms.
# ruff: noqa: PTH100, PTH120

from __future__ import annotations

import os
import select
import sys
import time

from .ring import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from thirdwatt.meter.sampler import main; main()"
SAMPLING = "THIRDWATT_SAMPLER"
"""Set where a sampler runs: a program that is its own interpreter would measure itself there, and so on for ever."""

SHELL = "/bin/sh"
BEHIND = '"$@" &'

FIRST = 3
"""Number of the first descriptor of a sampler: two files in memory for what no disk takes, the marks, and the ends of
the pipes that say that it is done and that it should be."""

SHELL_S, END_S = 0.5, 2.0
"""Time that is waited at most: for a process that ends at once, and for the sampler to finish its files."""


class Sampling:
    """A sampler that was started, or the reason why there is none.

    Attributes
    ----------
    spares
        Descriptors of files in memory: samples of the node and of the run that no file could take.
    trouble
        Why there is no sampler; empty if there is one.
    """

    __slots__ = ("_child", "_control", "_done", "_identities", "_said", "spares", "trouble")

    def __init__(self) -> None:
        self.spares = (-1, -1)
        self.trouble = ""
        self._control = self._done = -1
        self._child = 0
        self._said = b""
        self._identities: dict[int, tuple[int, int]] = {}

    def start(self, arguments: Sequence[str], ring: int) -> None:
        """Start it, with the arguments of :class:`~thirdwatt.meter.sampler.Config` and the descriptor of the marks."""
        if not sys.executable or getattr(sys, "frozen", False) or not hasattr(os, "posix_spawn"):
            self.trouble = "no sampler can be started here"
            return
        # No end survives an exec, so no child of the trainer keeps the sampler waiting.
        told, self._control = map(moved, os.pipe())
        self._done, finished = map(moved, os.pipe())
        self.spares = (moved(in_memory("thirdwatt-node")), moved(in_memory("thirdwatt-run")))
        self._identities = {fd: identity(fd) for fd in (self._control, self._done, *self.spares) if fd >= 0}
        passed = [_high(fd) for fd in (*self.spares, ring, finished, told)]
        try:
            self._spawn(arguments, passed)
        except OSError as error:
            self.trouble = f"no sampler can be started: {error.strerror}"
            self._drop("_control")
            self._drop("_done")
        finally:
            for fd in {told, finished, *passed} - {-1, ring, *self.spares}:
                os.close(fd)

    def _spawn(self, arguments: Sequence[str], passed: Sequence[int]) -> None:
        which = "".join("1" if fd >= 0 else "0" for fd in passed)
        command = [sys.executable, "-I", "-S", "-c", START, ROOT,
                   *(each.replace("\0", "") for each in (*arguments, which))]  # fmt: skip
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            *([(os.POSIX_SPAWN_DUP2, 2, 1)] if _is_open(2) else []),
            *((os.POSIX_SPAWN_DUP2, fd, FIRST + place) for place, fd in enumerate(passed) if fd >= 0),
        ]
        environ = {**os.environ, SAMPLING: "1"}
        try:
            shell = _spawned([SHELL, "-c", BEHIND, SHELL, *command], environ, actions)
        except OSError:  # an image without a shell: it is our child then
            self._child = _spawned(command, environ, actions)
            return
        if not _ended(shell, SHELL_S):
            self._child = shell

    @property
    def pid(self) -> int:
        """Number of its process; 0 while it has not said it."""
        self._hear(0.0)
        first = self._said.partition(b"\n")[0]
        return int(first) if first.isdigit() else 0

    def end(self, how: str) -> bool:
        """Say how the run ended, and wait until the files are finished; whether they are."""
        if self._ours(self._control):
            from contextlib import suppress

            with suppress(OSError):  # it is gone already, and SIGPIPE is ignored in Python
                os.write(self._control, how.encode("ascii", "replace")[:200] + b"\n")
        self._drop("_control")
        deadline = time.monotonic() + END_S
        while self._hear(deadline - time.monotonic()):
            pass
        pid, done = self.pid, self._said.endswith(b".")
        self._drop("_done")
        for child in {pid, self._child} - {0}:
            _ended(child, SHELL_S)  # ours where there is no shell, or where this process takes in orphans
        return done

    def forget(self) -> None:
        """Let go of the pipes without a word: in a child of the process, where the sampler is its parent's."""
        self._drop("_control")
        self._drop("_done")
        self.release()

    def kept(self) -> tuple[bytes, bytes]:
        """What no file could take: samples of the node, and of the run."""
        node, run = (_content(fd) if self._ours(fd) else b"" for fd in self.spares)
        return node, run

    def release(self) -> None:
        """Let go of the files in memory."""
        spares, self.spares = self.spares, (-1, -1)
        for fd in spares:
            if self._ours(fd):
                os.close(fd)

    def _hear(self, seconds: float) -> bool:
        """Take in what it says within some time; whether there may be more."""
        if not self._ours(self._done):
            return False
        poll = select.poll()
        poll.register(self._done, select.POLLIN | select.POLLHUP)
        if not poll.poll(max(0.0, seconds * 1e3)):
            return False
        heard = os.read(self._done, 64)
        self._said += heard
        return bool(heard)

    def _drop(self, name: str) -> None:
        fd = getattr(self, name)
        if self._ours(fd):
            os.close(fd)
        setattr(self, name, -1)

    def _ours(self, fd: int) -> bool:
        """Whether a descriptor is still what we opened: who closes all there are leaves its number to others."""
        return fd >= 0 and identity(fd) == self._identities.get(fd)


def _spawned(command: list[str], environ: dict[str, str], actions: Sequence[tuple[object, ...]]) -> int:
    try:
        return os.posix_spawn(command[0], command, environ, file_actions=actions, setsid=True)
    except NotImplementedError:  # this C library cannot begin a session as it spawns: the sampler begins one itself
        return os.posix_spawn(command[0], command, environ, file_actions=actions)


def _ended(pid: int, seconds: float) -> bool:
    """Whether a child has ended, or is none of ours, within some time."""
    deadline, pause = time.monotonic() + seconds, 0.0002
    while True:
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return True
        except OSError:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)


def in_memory(name: str) -> int:
    """A file that lives in memory; -1 where there is no such thing."""
    try:
        return os.memfd_create(name, os.MFD_CLOEXEC)
    except (AttributeError, OSError):
        return -1


def moved(fd: int) -> int:
    """A descriptor under a number that nobody takes for a standard one, and that programs seldom use."""
    if fd < 0:
        return fd
    import fcntl

    try:
        high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64)
    except OSError:
        return fd
    os.close(fd)
    return high


def _high(fd: int) -> int:
    """The same file under a number that no file of the sampler takes."""
    if fd < 0 or fd > 9:
        return fd
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def _content(fd: int) -> bytes:
    try:
        return os.pread(fd, os.fstat(fd).st_size, 0) if fd >= 0 else b""
    except OSError:
        return b""
