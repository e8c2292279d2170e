"""Which of a node's samplers reads its sensors: the one that holds a lock, which the system lets go of when it dies.

The others hold the other end of a pipe beside the lock. Through it they ask for a sample at their beginning and end, so
that every run has one at both of its ends, and by it they learn at once that the place is free. Where there can be
neither, two may read, and what two have read is counted once.
"""
# Paths are text here: pathlib costs an import 5 ms.
# ruff: noqa: PTH103, PTH110, PTH116, PTH118, PTH208

from __future__ import annotations

import os
import time

LOCK, ASK = "lock", "ask"

ANSWER_S = 0.5
"""Time that is waited for a sample that was asked for, at most."""

FINER = 0.75
"""Who wants samples so much more often than they are taken takes its own beside."""


class Lead:
    """The place of the one that reads the sensors, taken or not.

    Attributes
    ----------
    asked
        Descriptor that is ready when another asks for a sample; -1 where nobody can, or the place is not ours.
    asking
        Descriptor that is ready, with an error, once the place is free; -1 where that cannot be seen, or it is ours.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.asked = self.asking = -1
        self._lock = -1

    def take(self, interval_s: float) -> bool:
        """Whether we read the sensors, every so often: nobody does, or too seldom for us, or there can be no lock."""
        if not self.folder:
            return True
        try:
            import fcntl

            os.makedirs(self.folder, exist_ok=True)
            self._lock = os.open(os.path.join(self.folder, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, b"%r\n" % interval_s, 0)
        except BlockingIOError:
            taken_every_s = _number(os.pread(self._lock, 64, 0))
            os.close(self._lock)
            self._lock = -1
            if interval_s < FINER * taken_every_s:
                return True
            self._attend()
            return False
        except (ImportError, OSError):
            return True
        if self.asking >= 0:
            os.close(self.asking)
            self.asking = -1
        self._listen()
        return True

    def _listen(self) -> None:
        path = os.path.join(self.folder, ASK)
        try:
            if not os.path.exists(path):
                os.mkfifo(path)
            self.asked = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            self.asked = -1

    def heard(self) -> None:
        """Take in what was asked, however often."""
        try:
            os.read(self.asked, 4096)
        except OSError:
            return

    def _attend(self) -> None:
        """Open our end of the pipe, anew: whoever holds the place may be another by now."""
        if self.asking >= 0:
            os.close(self.asking)
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self.asking = os.open(os.path.join(self.folder, ASK), flags)
        except OSError:  # nobody listens yet
            self.asking = -1

    def ask(self) -> bool:
        """Ask for a sample now; whether there was anybody to be asked."""
        if self.asking < 0:
            self._attend()
        try:
            return self.asking >= 0 and os.write(self.asking, b"?") > 0
        except OSError:
            return False

    def answered(self) -> bool:
        """Ask for a sample, and wait until it is there; whether it is."""
        before, deadline = self._newest(), time.monotonic() + ANSWER_S
        if not self.ask():
            return False
        while self._newest() == before:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.003)
        return True

    def _newest(self) -> tuple[str, int]:
        """The newest file of samples, and its size."""
        try:
            name = max(each for each in os.listdir(self.folder) if each.endswith(".seg"))
            return name, os.stat(os.path.join(self.folder, name)).st_size
        except (OSError, ValueError):
            return "", 0

    def close(self) -> None:
        """Leave the place to the next."""
        for fd in (self._lock, self.asked, self.asking):
            if fd >= 0:
                os.close(fd)
        self._lock = self.asked = self.asking = -1


def _number(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
