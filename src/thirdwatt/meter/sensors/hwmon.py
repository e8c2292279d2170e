"""hwmon: what drivers of the kernel say of power and energy: ACPI power meters, Grace, Intel and AMD graphics."""

from __future__ import annotations

import os
from collections import namedtuple

from . import files, visible
from .base import Channel, Probe, Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

Found = namedtuple("Found", ("channel", "path", "note"))

SOCKETS = {"module": "module", "grace": "cpu", "total": "cpu", "cpu": "cpu"}
"""Component by the first word of an ACPI meter's ``... Power Socket N``; the rest are rails inside these."""

FIX = "As root, load the driver with modprobe acpi_power_meter, if the firmware has a power meter."


class Hwmon:
    """Power meters and energy counters under ``sys/class/hwmon``."""

    name = "hwmon"

    def __init__(self, root: str = "/", environ: Mapping[str, str] | None = None, pid: int | None = None) -> None:  # noqa: ARG002
        self.notes: list[str] = []
        self._environ = os.environ if environ is None else environ
        self._root = root.rstrip("/")
        self._class = f"{self._root}/sys/class/hwmon"
        self._fds: list[tuple[str, int]] = []

    def probe(self) -> Probe:
        """Whether a meter can be read here."""
        refused = ""
        for found in self._found():
            try:
                fd = os.open(found.path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError as error:
                refused = f"{found.channel.source} cannot be opened: {error.strerror}."
                continue
            value = files.number(fd)
            os.close(fd)
            if value is not None:
                return Probe(True, "", "")
            refused = refused or f"{found.channel.source} gives no number."
        if refused:
            return Probe(False, refused, "As root, give your group the right to read that file (chgrp, chmod g+r).")
        fix = "" if files.virtual(self._root) else FIX
        return Probe(False, "No driver of the kernel gives power or energy here.", fix)

    def open(self) -> list[Channel]:
        """Open every meter, leaving out what is inside another of the same driver."""
        self.close()
        self.notes = []
        channels = []
        for found in self._found():
            fd = files.opened(found.path)
            if fd is None:
                continue
            if files.number(fd) is None:
                os.close(fd)
                continue
            channels.append(found.channel)
            self._fds.append((found.channel.id, fd))
            if found.note and found.note not in self.notes:
                self.notes.append(found.note)
        return channels

    def read(self, now_ns: int) -> list[Reading]:
        """Watts of the meters, joules of the counters."""
        values = ((channel, files.number(fd)) for channel, fd in self._fds)
        return [Reading(channel, None if value is None else value / 1e6, now_ns) for channel, value in values]

    def close(self) -> None:
        """Close the meters."""
        files.shut([fd for _, fd in self._fds])
        self._fds = []

    def _found(self) -> list[Found]:
        folders = [f"{self._class}/{entry}" for entry in files.names(self._class)]
        named = [(_says(folder, "name") or "", folder) for folder in folders]
        return [
            *_meters([folder for name, folder in named if name == "power_meter"]),
            *_intel([(name, folder) for name, folder in named if name in ("i915", "xe")], self._environ),
            *_amd([folder for name, folder in named if name == "amdgpu"], self._environ),
        ]


def _says(folder: str, name: str) -> str | None:
    """A property of a meter, which older drivers keep with the device."""
    for place in (folder, f"{folder}/device"):
        found = files.text(f"{place}/{name}")
        if found is not None:
            return found
    return None


def _path(folder: str, name: str) -> str | None:
    for place in (folder, f"{folder}/device"):
        path = f"{place}/{name}"
        if files.exists(path):
            return path
    return None


def pci(folder: str) -> str:
    """The address of the device behind a meter; the name of its folder where that cannot be told."""
    address = os.path.realpath(f"{folder}/device").rpartition("/")[2]
    return address if address.count(":") >= 1 and "." in address else folder.rpartition("/")[2]


def _power(folder: str) -> tuple[str, str] | None:
    """The file of a device's power and its kind: a mean over the meter's own window, or of the moment."""
    for name, kind in (("power1_average", "average"), ("power1_input", "gauge")):
        path = _path(folder, name)
        if path is not None:
            return path, kind
    return None


def _meters(folders: list[str]) -> list[Found]:
    """ACPI power meters: sockets where they say so, the whole machine where they say nothing."""
    told = []
    for folder in folders:
        power = _power(folder)
        if power is not None:
            words = (_says(folder, "power1_oem_info") or "").lower().split()
            told.append((folder, *power, words))
    whole = {words[-1] for _, _, _, words in told if words[:1] in (["grace"], ["total"])}
    found: list[Found] = []
    others = 0
    for _, path, kind, words in told:
        if "socket" in words and words[-1].isdigit():
            component = SOCKETS.get(words[0])
            if component is None or (words[0] == "cpu" and words[-1] in whole):
                continue
            device = f"{'module' if component == 'module' else 'package'}-{words[-1]}"
            source = f"ACPI power meter, {words[0]} of socket {words[-1]}"
            note = ""
            if words[0] in ("grace", "total"):
                note = "The power meter of a Grace socket holds its memory and its input and output too."
            elif words[0] == "cpu":
                note = "The power meter of a CPU rail leaves out memory, input and output of its socket."
        else:
            component, source, others = "node", "ACPI power meter", others + 1
            device = "node" if others == 1 else f"node-{others}"
            note = "An ACPI power meter without a name is taken to be that of the whole machine."
        found.append(
            Found(Channel(f"hwmon:{device}:power", device, component, "device", kind, "W", 0.0, source), path, note)
        )
    return found


def _intel(named: list[tuple[str, str]], environ: Mapping[str, str]) -> list[Found]:
    """Intel graphics that the job may use: the counter of the card, or of the package where the card has none."""
    found = []
    ordered = sorted(named, key=lambda each: pci(each[1]))
    for place in visible.intel(environ, len(ordered)):
        name, folder = ordered[place]
        paths = {}
        for number in (1, 2):
            path = _path(folder, f"energy{number}_input")
            if path is not None:
                paths[_says(folder, f"energy{number}_label") or "card"] = path
        label = "card" if "card" in paths else "pkg"
        if label in paths:
            device = f"pci-{pci(folder)}"
            source = f"{name} energy of the {'card' if label == 'card' else 'package'}"
            channel = Channel(f"hwmon:{device}:energy", device, "accelerator", "device", "counter", "J", 0.0, source)
            note = "The counter of Intel graphics is 32 bits wide inside: read it every few minutes at the least."
            found.append(Found(channel, paths[label], note))
    return found


def _amd(folders: list[str], environ: Mapping[str, str]) -> list[Found]:
    """AMD graphics: power of each device that the job may use, those with a meter in the order of their addresses."""
    metered = sorted((pci(folder), folder, power) for folder in folders if (power := _power(folder)) is not None)
    found = []
    places = []
    for place in visible.amd(environ, [address for address, _, _ in metered]):
        first = place - 1  # a board of two dies shows its power at the first, and 0 at the second
        two = place % 2 and not files.whole(metered[place][2][0]) and files.whole(metered[first][2][0])
        places.append(first if two else place)
    for place in dict.fromkeys(places):
        address, _, (path, kind) = metered[place]
        source = f"amdgpu {'average' if kind == 'average' else 'instantaneous'} power"
        channel = Channel(
            f"hwmon:pci-{address}:power", f"pci-{address}", "accelerator", "device", kind, "W", 0.0, source
        )
        found.append(Found(channel, path, "The power of AMD graphics in a processor holds that processor too."))
    return found
