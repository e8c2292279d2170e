"""cgroup v2: processor time and memory of the job's own group, ended processes included."""

from __future__ import annotations

import os

from . import files
from .base import Channel, Probe, Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CONTAINERS = (
    "kubepods",
    "docker-",
    "/docker/",
    "libpod",
    "cri-containerd",
    "crio-",
    "/lxc",
    "garden",
    "/machine.slice/",
)
"""Parts of the paths of groups by which one knows a container."""

UNITS = ("run-", "thirdwatt")
"""Beginnings of the names of units that systemd-run makes for one command."""

FIX = "Start the job in a group of its own: systemd-run --user --scope COMMAND, a container, or a scheduler."


class Cgroup:
    """``cpu.stat`` and ``memory.current`` of the group that holds the job and nothing else."""

    name = "cgroup"

    def __init__(self, root: str = "/", environ: Mapping[str, str] | None = None, pid: int | None = None) -> None:  # noqa: ARG002
        self.notes: list[str] = []
        self._root = root.rstrip("/")
        self._pid = os.getpid() if pid is None else pid
        self._cpu: int | None = None
        self._memory: int | None = None

    def probe(self) -> Probe:
        """Whether the job has a group of its own whose time can be read."""
        folder, reason = self._folder()
        if folder is None:
            return Probe(False, reason, FIX if "own" in reason else "")
        fd = files.opened(f"{folder}/cpu.stat")
        value = None if fd is None else _seconds(fd)
        files.shut([] if fd is None else [fd])
        if value is None:
            return Probe(False, "The group of the job does not say what processor time it used.", "")
        return Probe(True, "", "")

    def open(self) -> list[Channel]:
        """Open the group's files."""
        self.close()
        self.notes = []
        folder, _ = self._folder()
        if folder is None:
            return []
        self._cpu = files.opened(f"{folder}/cpu.stat")
        self._memory = files.opened(f"{folder}/memory.current")
        device = f"cgroup-{folder.removeprefix(f'{self._root}/sys/fs/cgroup').strip('/')}"
        channels = []
        if self._cpu is not None:
            channels.append(
                Channel("cgroup:job:cpu", device, "process", "job", "counter", "s", 0.0, "cgroup v2 usage_usec")
            )
        if self._memory is not None:
            channels.append(
                Channel("cgroup:job:memory", device, "process", "job", "gauge", "B", 0.0, "cgroup v2 memory.current")
            )
            self.notes.append("The memory of a group holds the pages of files that it read.")
        return channels

    def read(self, now_ns: int) -> list[Reading]:
        """Seconds of processors since the group was made, and bytes now."""
        found = []
        if self._cpu is not None:
            found.append(Reading("cgroup:job:cpu", _seconds(self._cpu), now_ns))
        if self._memory is not None:
            found.append(Reading("cgroup:job:memory", files.number(self._memory), now_ns))
        return found

    def close(self) -> None:
        """Close the group's files."""
        files.shut([fd for fd in (self._cpu, self._memory) if fd is not None])
        self._cpu = self._memory = None

    def _folder(self) -> tuple[str | None, str]:
        """The folder of the job's own group; or why there is none."""
        told = files.text(f"{self._root}/proc/{self._pid}/cgroup")
        if told is None:
            return None, "The group of the job cannot be read."
        path = next((line[3:] for line in told.splitlines() if line.startswith("0::/")), None)
        mount = f"{self._root}/sys/fs/cgroup"
        if path is None or not files.exists(f"{mount}/cgroup.controllers"):
            return None, "This machine does not use cgroup v2."
        path = "/" + path.strip("/")
        path = of_job(path)
        folder = f"{mount}/{path.lstrip('/')}".rstrip("/")
        if not files.exists(f"{folder}/cpu.stat"):
            return None, "The group of the job is not visible from here."
        if path == "/":
            if files.exists(f"{folder}/cgroup.events"):
                return folder, ""
            return None, "The job has no group of its own, but is in that of the whole machine."
        if made_for_one(path) or self._alone(folder):
            return folder, ""
        return None, "The job has no group of its own: other programs share it."

    def _alone(self, folder: str) -> bool:
        """Whether a group holds nothing but the job and what it started."""
        told = files.text(f"{folder}/cgroup.procs")
        if not told or any(files.exists(f"{folder}/{entry}/cgroup.procs") for entry in files.names(folder)):
            return False
        ours = {self._pid, os.getpid()}
        for entry in told.split():
            chain = []
            pid = int(entry)
            while pid not in ours:
                chain.append(pid)
                parent = self._parent(pid)
                if parent is None or parent in chain:
                    return False
                pid = parent
            ours.update(chain)
        return True

    def _parent(self, pid: int) -> int | None:
        told = files.text(f"{self._root}/proc/{pid}/stat")
        try:
            return None if told is None else int(told.rpartition(")")[2].split()[1])
        except (IndexError, ValueError):
            return None


def of_job(path: str) -> str:
    """The group of a whole job of Slurm on a node, where a path leads to one of its steps or tasks."""
    steps = path.split("/")
    for place, step in enumerate(steps):
        if step.startswith("job_") and step[4:].isdigit():
            return "/".join(steps[: place + 1])
    return path


def made_for_one(path: str) -> bool:
    """Whether a group was made for one job: by a scheduler, an engine of containers or systemd-run."""
    if any(each in path for each in CONTAINERS) or of_job(path) != path or path.rpartition("/")[2].startswith("job_"):
        return True
    return any(step.startswith(UNITS) and step.endswith((".scope", ".service")) for step in path.split("/"))


def _seconds(fd: int) -> float | None:
    found = files.content(fd)
    for line in (found or b"").splitlines():
        key, _, value = line.partition(b" ")
        if key == b"usage_usec" and value.strip().isdigit():
            return int(value) / 1e6
    return None
