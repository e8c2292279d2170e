"""What part of a machine a job was given: by its control groups, by its scheduler; and whether it is in a container."""

from __future__ import annotations

import os
from collections import namedtuple

from . import files
from .cgroup import CONTAINERS, of_job

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

Allotment = namedtuple("Allotment", ("group", "processors", "memory_byte", "contained", "stated"), defaults=(None,))
"""What a job was given of a machine.

group        the control group that says so: those who share it share what it allots; empty if there is none
processors   how many processors it may keep busy; ``None`` if nothing limits it
memory_byte  memory that it may use; ``None`` if nothing limits it
contained    whether it is in a container, so that others may be on the machine that cannot be seen from inside
stated       its part of the machine as somebody stated it, from 0 to 1; ``None`` if nobody did
"""

STATED = "THIRDWATT_SHARE"
"""States the job's part of its machine: 1 where it is all its own, though it runs in a container."""

MARKS = ("/.dockerenv", "/run/.containerenv")
"""Files by which engines of containers say that one is inside."""


def allotment(root: str = "/", environ: Mapping[str, str] | None = None, pid: int | None = None) -> Allotment:
    """What the groups of a process leave it, from its own up to the whole machine.

    A group limits a job by its set of processors (``cpuset.cpus.effective``) or by its time (``cpu.max``), the least
    of which holds. A job of Slurm without either has what Slurm says, unless that is every core or thread there is.
    """
    environ, root = os.environ if environ is None else environ, root.rstrip("/")
    told = files.text(f"{root}/proc/{os.getpid() if pid is None else pid}/cgroup")
    told = files.text(f"{root}/proc/self/cgroup") if told is None else told
    path = next((line[3:] for line in (told or "").splitlines() if line.startswith("0::/")), "")
    processors, memory_byte = _limits(f"{root}/sys/fs/cgroup", path)
    contained = any(each in (told or "") for each in CONTAINERS) or (
        path == "/" and files.exists(f"{root}/sys/fs/cgroup/cgroup.events")  # the top of a machine has none
    )
    if not root:
        contained = contained or "KUBERNETES_SERVICE_HOST" in environ or any(map(files.exists, MARKS))
    stated = environ.get("SLURM_CPUS_ON_NODE", "")
    group = of_job(path)
    if processors is None and stated.isascii() and stated.isdigit() and int(stated):
        processors, group = float(stated), f"slurm-{environ.get('SLURM_JOB_ID', '')}"
    if processors is not None and processors in _counts(root):
        processors = None
    group = group if processors is not None or contained else ""
    return Allotment(group, processors, memory_byte, contained, positive(environ.get(STATED, ""), 1.0))


def positive(text: str, most: float) -> float | None:
    """A number above 0, and no greater than it may be; ``None`` for anything else."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if 0 < found <= most else None


def _limits(mount: str, path: str) -> tuple[float | None, int | None]:
    """Processors and bytes that the groups on a path allow, the least of each."""
    processors: list[float] = []
    memory_byte: list[int] = []
    steps = [each for each in of_job(path).split("/") if each]
    for depth in range(len(steps) + 1):
        folder = "/".join([mount, *steps[:depth]])
        quota, _, period = (files.text(f"{folder}/cpu.max") or "").partition(" ")
        if quota.isdigit() and period.isdigit() and int(period):
            processors.append(int(quota) / int(period))
        if depth == len(steps):
            allowed = listed(files.text(f"{folder}/cpuset.cpus.effective") or "")
            processors += [float(allowed)] if allowed else []
        most = files.text(f"{folder}/memory.max") or ""
        memory_byte += [int(most)] if most.isdigit() else []
    return min(processors, default=None), min(memory_byte, default=None)


def listed(text: str) -> int:
    """How many processors a list of them names.

    Examples
    --------
    >>> listed("0-3,8,10-11"), listed(""), listed("x")
    (7, 0, 0)
    """
    count = 0
    for part in text.split(","):
        first, to, last = part.partition("-")
        last = last if to else first
        if not first.isdigit() or not last.isdigit():
            return 0
        count += int(last) - int(first) + 1
    return count


def _counts(root: str) -> tuple[int, int]:
    """Threads and cores of the machine: a job that has either number of processors has all of it."""
    told = files.text(f"{root}/proc/cpuinfo") or ""
    rows = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in told.splitlines())]
    threads = sum(key == "processor" for key, _ in rows)
    packages = len({value for key, value in rows if key == "physical id"}) or 1
    cores = [int(value) for key, value in rows if key == "cpu cores" and value.isdigit()]
    return threads, cores[0] * packages if cores else threads
