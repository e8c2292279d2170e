"""procfs: processor time of the job's processes and of the whole node, for the job's share of it.

The job is a process and all that it started. What its ended processes used is kept: the kernel adds it to their parent
once it has waited for them, and what no parent of the job took over is added here. The total never decreases.
"""

from __future__ import annotations

import os

from . import files
from .base import Channel, Probe, Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

WALK_NS = 5_000_000_000
"""Time between two looks for new processes; those known are read every time, and one that comes and goes in between
is in the time that its parent has waited for."""


DEAR_NS, SHARE = 250_000, 4000
"""Where reading the node's account takes longer than this, as on machines of hundreds of processors, it is read so
rarely that it takes one part in so many of a processor; in between the last reading is told, at its own time."""


class Process:
    """One process of the job, by an open descriptor: a number that another process got later is not mistaken for it."""

    __slots__ = ("fd", "own", "parent", "pid", "waited")

    def __init__(self, pid: int, fd: int) -> None:
        self.pid, self.fd = pid, fd
        self.parent = 0
        self.own = self.waited = 0

    def look(self) -> bool:
        """Read the ticks used by the process and by the children it waited for; false once it is gone."""
        found = files.content(self.fd)
        try:
            fields = (found or b"").rpartition(b")")[2].split()
            self.parent = int(fields[1])
            own, waited = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
        except (IndexError, ValueError):
            return False
        self.own, self.waited = max(self.own, own), max(self.waited, waited)
        return True


class Procfs:
    """Processor time and memory of the node, and of the job's tree of processes unless a cgroup counts it."""

    name = "procfs"

    def __init__(
        self,
        root: str = "/",
        environ: Mapping[str, str] | None = None,  # noqa: ARG002
        pid: int | None = None,
        tree: bool = True,
    ) -> None:
        self.notes: list[str] = []
        self._proc = f"{root.rstrip('/')}/proc"
        self._pid = os.getpid() if pid is None else pid
        self._tree = tree
        self._second = float(os.sysconf("SC_CLK_TCK"))
        self._job: dict[int, Process] = {}
        self._handed: list[tuple[int, int, int]] = []
        self._lost = self._most = 0
        self._follows = False
        self._walked: int | None = None
        self._every_ns = 0
        self._last: Reading | None = None
        self._stat: int | None = None
        self._memory: int | None = None

    def probe(self) -> Probe:
        """Whether the kernel's account of the node can be read."""
        fd = files.opened(f"{self._proc}/stat")
        value = None if fd is None else self._busy(fd)
        files.shut([] if fd is None else [fd])
        if value is None:
            return Probe(False, "The kernel's account of processor time cannot be read.", "")
        if self._tree and files.text(f"{self._proc}/{self._pid}/stat") is None:
            return Probe(False, f"There is no process {self._pid} here to follow.", "")
        return Probe(True, "", "")

    def open(self) -> list[Channel]:
        """Open the node's account and find the job's processes."""
        self.close()
        self._stat = files.opened(f"{self._proc}/stat")
        self._memory = files.opened(f"{self._proc}/meminfo")
        channels = []
        if self._stat is not None:
            cost_ns = min(self._cost_ns(self._stat) for _ in range(3))
            self._every_ns = cost_ns * SHARE if cost_ns > DEAR_NS else 0
            channels.append(Channel("procfs:node:cpu", "node", "node", "device", "counter", "s", 0.0, "/proc/stat"))
        if self._memory is not None:
            channels.append(Channel("procfs:node:memory", "node", "node", "device", "gauge", "B", 0.0, "/proc/meminfo"))
        if self._tree:
            self._walk()
            self._follows = bool(self._job)
            if self._follows:
                source = "/proc of the process and all it started"
                channels.append(
                    Channel("procfs:job:cpu", f"process-{self._pid}", "process", "job", "counter", "s", 0.0, source)
                )
        return channels

    def read(self, now_ns: int) -> list[Reading]:
        """Seconds that processors were busy, bytes in use, and seconds of the job."""
        found = []
        if self._stat is not None:
            if self._last is None or now_ns - self._last.t_ns >= self._every_ns:
                self._last = Reading("procfs:node:cpu", self._busy(self._stat), now_ns)
            found.append(self._last)
        if self._memory is not None:
            found.append(Reading("procfs:node:memory", _used(self._memory), now_ns))
        if self._follows:
            if self._walked is None:
                self._walked = now_ns
            elif now_ns - self._walked >= WALK_NS:
                self._walk()
                self._walked = now_ns
            found.append(Reading("procfs:job:cpu", self._used_by_job(), now_ns))
        return found

    def close(self) -> None:
        """Close everything; the job's account begins anew with the next opening."""
        files.shut([fd for fd in (self._stat, self._memory) if fd is not None])
        files.shut([process.fd for process in self._job.values()])
        self._stat = self._memory = None
        self._job, self._handed = {}, []
        self._lost = self._most = 0
        self._follows, self._walked, self._last = False, None, None

    def _used_by_job(self) -> float:
        """Seconds of the living, of those they waited for, and of those that nobody of the job took over.

        A parent is read before its children, as they are found in that order. So a child that was alive at the last
        reading is in none of the waited time of that reading, and if it is gone now its parent has it, or has it soon:
        the next reading tells.
        """
        before = {pid: process.waited for pid, process in self._job.items()}
        gone = {pid: process for pid, process in self._job.items() if not process.look()}
        self._lost += sum(self._not_taken(*each) for each in self._handed)
        handed: dict[int, int] = {}
        for process in gone.values():
            heir = process.parent
            while heir in gone:
                heir = gone[heir].parent
            handed[heir] = handed.get(heir, 0) + process.own + process.waited
            files.shut([process.fd])
            del self._job[process.pid]
        self._handed = [(heir, ticks, before.get(heir, 0)) for heir, ticks in handed.items()]
        now = self._lost + sum(self._not_taken(*each) for each in self._handed)
        now += sum(process.own + process.waited for process in self._job.values())
        self._most = max(self._most, now)
        return self._most / self._second

    def _not_taken(self, heir: int, ticks: int, before: int) -> int:
        """Ticks of ended processes that the process to inherit them has not added to its own."""
        living = self._job.get(heir)
        return ticks if living is None else max(0, ticks - (living.waited - before))

    def _walk(self) -> None:
        """Find processes that are new: the children of those known, and theirs. The meter itself is none of the job."""
        pending = [self._pid, *self._job]
        seen: set[int] = set()
        parents: dict[int, list[int]] | None = None
        while pending:
            pid = pending.pop()
            if pid in seen or (pid == os.getpid() and pid != self._pid):
                continue
            seen.add(pid)
            if pid not in self._job:
                fd = files.opened(f"{self._proc}/{pid}/stat")
                if fd is None:
                    continue
                process = Process(pid, fd)
                if not process.look():
                    os.close(fd)
                    continue
                self._job[pid] = process
            children = self._children(pid)
            if children is None:
                parents = self._parents() if parents is None else parents
                children = parents.get(pid, [])
            pending += children

    def _children(self, pid: int) -> list[int] | None:
        """What the threads of a process started; ``None`` where this kernel keeps no such list."""
        threads = f"{self._proc}/{pid}/task"
        found: list[int] = []
        told = False
        for thread in files.names(threads):
            text = files.text(f"{threads}/{thread}/children")
            if text is not None:
                told = True
                found += [int(each) for each in text.split() if each.isdigit()]
        return found if told else None

    def _parents(self) -> dict[int, list[int]]:
        """Children of every process of the node, by its parent."""
        found: dict[int, list[int]] = {}
        for entry in files.names(self._proc):
            if entry.isdigit():
                told = files.text(f"{self._proc}/{entry}/stat")
                fields = (told or "").rpartition(")")[2].split()
                if len(fields) > 1 and fields[1].isdigit():
                    found.setdefault(int(fields[1]), []).append(int(entry))
        return found

    def _cost_ns(self, fd: int) -> int:
        import time

        before = time.thread_time_ns()
        self._busy(fd)
        return time.thread_time_ns() - before

    def _busy(self, fd: int) -> float | None:
        """Seconds that processors worked: for users, the kernel, interrupts; neither idle nor given to others."""
        try:
            fields = os.pread(fd, 512, 0).split(b"\n", 1)[0].split()
            if fields[0] != b"cpu":
                return None
            user, nice, system, _, _, irq, softirq = (int(each) for each in fields[1:8])
        except (OSError, ValueError, IndexError):
            return None
        return (user + nice + system + irq + softirq) / self._second


def _used(fd: int) -> int | None:
    """Bytes of memory that are not available to a new program."""
    try:
        told = os.pread(fd, 512, 0)
    except OSError:
        return None
    lines = dict(line.split(b":", 1) for line in told.splitlines() if b":" in line)
    try:
        total, free = (int(lines[key].split()[0]) for key in (b"MemTotal", b"MemAvailable"))
    except (KeyError, ValueError, IndexError):
        return None
    return max(0, total - free) * 1024
