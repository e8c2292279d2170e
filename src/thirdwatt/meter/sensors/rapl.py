"""RAPL: joules of processor packages and their memory, by the kernel's powercap files (Intel and AMD)."""

from __future__ import annotations

import os

from . import files
from .base import Channel, Probe, Reading
from .counters import mirrored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

WAYS = ("intel-rapl", "intel-rapl-mmio")
"""Names under which the kernel shows the domains, AMD's too; the second is another way to what the first shows."""

RULE = (
    'SUBSYSTEM=="powercap", ACTION=="add", KERNEL=="intel-rapl*:*", '
    'RUN+="/usr/bin/chgrp power /sys%p/energy_uj", RUN+="/usr/bin/chmod g+r /sys%p/energy_uj"'
)
"""What lets one group read the counters, and nothing else; it holds over a restart."""

FIX = (
    "As root, make a group power with your user in it, write this line to /etc/udev/rules.d/70-rapl.rules, and run "
    f"udevadm trigger --subsystem-match=powercap --action=add: {RULE}"
)
MOUNT = (
    "Start the container with -v /sys/class/powercap:/sys/class/powercap:ro and "
    "-v /sys/devices/virtual/powercap:/sys/devices/virtual/powercap:ro."
)


class Rapl:
    """Counters of packages, of memory where they have one, and of the platform."""

    name = "rapl"

    def __init__(self, root: str = "/", environ: Mapping[str, str] | None = None, pid: int | None = None) -> None:  # noqa: ARG002
        self.notes: list[str] = []
        self._root = root.rstrip("/")
        self._class = f"{self._root}/sys/class/powercap"
        self._fds: list[tuple[str, int]] = []

    def probe(self) -> Probe:
        """Whether a counter can be read here."""
        zones = self._zones()
        if not zones:
            return self._absent()
        refused = None
        for _, _, folder in zones:
            try:
                fd = os.open(f"{folder}/energy_uj", os.O_RDONLY | os.O_CLOEXEC)
            except PermissionError:
                refused = Probe(False, "The counters are there, but since Linux 5.10 only root may read them.", FIX)
                continue
            except OSError as error:
                refused = refused or Probe(False, f"The counters cannot be opened: {error.strerror}.", MOUNT)
                continue
            value = files.number(fd)
            os.close(fd)
            if value is not None:
                return Probe(True, "", "")
        return refused or Probe(False, "The counters are there, but give no number.", "")

    def open(self) -> list[Channel]:
        """Open every counter that may be read; of two that are one, the first."""
        self.close()
        self.notes = []
        channels: list[Channel] = []
        closed: list[str] = []
        for device, component, folder in self._zones():
            fd = files.opened(f"{folder}/energy_uj")
            if fd is None or files.number(fd) is None:
                files.shut([fd] if fd is not None else [])
                closed.append(f"{component} of {device}")
                continue
            twin = self._twin(fd, component, channels)
            if twin is not None:
                os.close(fd)
                self.notes.append(f"{device} repeats the {component} counter of {twin.device}, so it is read once.")
                continue
            most = files.whole(f"{folder}/max_energy_range_uj")
            if not most:
                self.notes.append(
                    f"{device} does not say where its {component} counter starts again, so what it counted across such "
                    "a moment is lost."
                )
            channel = Channel(
                f"rapl:{device}:{component}", device, component, "device", "counter", "J",
                (most or 0) / 1e6, f"RAPL {'package' if component == 'cpu' else component} energy",
            )  # fmt: skip
            channels.append(channel)
            self._fds.append((channel.id, fd))
        if closed and channels:
            self.notes.append(f"Not readable: {', '.join(closed)}.")
        return channels

    def read(self, now_ns: int) -> list[Reading]:
        """Joules of every counter."""
        found = []
        for channel, fd in self._fds:
            value = files.number(fd)
            found.append(Reading(channel, None if value is None else value / 1e6, now_ns))
        return found

    def close(self) -> None:
        """Close the counters."""
        files.shut([fd for _, fd in self._fds])
        self._fds = []

    def _zones(self) -> list[tuple[str, str, str]]:
        """Device, component and folder of every domain that is not inside another or a second way to the same."""
        found: list[tuple[str, str, str]] = []
        labels: dict[str, str] = {}
        for entry in sorted(files.names(self._class), key=lambda name: "-mmio" in name):
            place = _place(entry)
            if place is None:
                continue
            folder = f"{self._class}/{entry}"
            label = files.text(f"{folder}/name")
            if not label:
                continue
            if len(place) == 1:
                labels[entry] = label
            if label.startswith("package"):
                device, component = label, "cpu"
            elif label == "psys":
                device, component = f"platform-{place[0]}", "platform"
            elif label == "dram":
                device, component = labels.get(entry.rpartition(":")[0], f"package-{place[0]}"), "dram"
            else:
                continue  # core and uncore are inside their package
            if (device, component) not in {(one, two) for one, two, _ in found}:
                found.append((device, component, folder))
        return found

    def _twin(self, fd: int, component: str, channels: list[Channel]) -> Channel | None:
        for channel, (_, other) in zip(channels, self._fds, strict=True):
            if channel.component == component and mirrored(
                lambda other=other: files.number(other),  # type: ignore[misc]
                lambda: files.number(fd),
                _moment,
            ):
                return channel
        return None

    def _absent(self) -> Probe:
        here = files.exists(f"{self._root}/sys/class/powercap")
        linked = [name for name in files.names(self._class) if _place(name)]
        told = files.text(f"{self._root}/proc/cpuinfo") or ""
        makers = [line.rpartition(":")[2].strip() for line in told.splitlines() if line.startswith("vendor_id")]
        if linked:
            return Probe(False, "The counters are named, but hidden: a container masks them.", MOUNT)
        if files.virtual(self._root):
            return Probe(False, "This is a virtual machine, and its host passes no energy counters on.", "")
        if told and not set(makers) & {"GenuineIntel", "AuthenticAMD", "HygonGenuine"}:
            return Probe(False, "The processor is neither Intel nor AMD, so it has no RAPL.", "")
        if files.exists(f"{self._root}/.dockerenv") or files.exists(f"{self._root}/run/.containerenv"):
            return Probe(False, "No counters are visible in this container.", MOUNT)
        fix = "As root, load the driver with modprobe intel_rapl_msr (for Intel and AMD)."
        return Probe(False, "The kernel shows no counters" + ("." if here else ", nor the folder for them."), fix)


def _place(entry: str) -> list[str] | None:
    """Numbers of a domain and of one inside it, by the name of its folder."""
    way, *place = entry.split(":")
    if way in WAYS and 1 <= len(place) <= 2 and all(each.isascii() and each.isdigit() for each in place):
        return place
    return None


def _moment() -> None:
    """Wait until a counter has been refreshed a few times."""
    import time

    time.sleep(0.01)
