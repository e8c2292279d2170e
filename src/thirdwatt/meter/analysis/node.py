"""A machine within the windows of a run: what its devices drew, and a model of what no sensor reads."""

from __future__ import annotations

from thirdwatt.meter.sensors import counters, model, overlap
from thirdwatt.meter.sensors.base import Channel, Reading

from .series import Series
from .spans import Span, outside, seconds, union
from .store import number_of, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from thirdwatt.meter.segment import Segment

    from .store import Record

TOLERANCE = 0.05
"""How far a sensor's energy may be off: the ± 5 % that NVIDIA's documentation of NVML states for its power readings,
taken for all sensors, since few makers state any."""

REST = (0.05, 0.18, 0.35)
"""Fans, drives, network cards, board and the loss of power supplies, to the processors, memory and accelerators. An
8×H100 server that draws 8.4 kW at its input (Latif et al. 2025) leaves 0.2 to 0.3; a node with one fan less."""

CARDS = ("accelerator", "module")
"""Components that a job is given by number."""


class Machine:
    """One boot of one machine within the windows of a run.

    ``ours`` are the accelerators that the run was given, where that is less than the machine has; ``None`` for all.
    """

    def __init__(self, boot: str, host: str) -> None:
        self.boot, self.host = boot, host
        self.ours: frozenset[str] | None = None
        self.windows: list[Span] = []
        self.series: dict[str, Series] = {}
        self.bad = 0
        self.threads = self.packages = self.memory_byte = 0

    def read(self, part: Segment) -> None:
        """Take in a segment of samples; where two cover the same time the first is taken."""
        self.bad += part.bad
        interval_s = 1.0
        names: dict[int, list[Series]] = {}
        for number, header in part.headers.items():
            interval_s = number_of(header.get("interval_s"), 1.0)
            names[number] = []
            for channel in channels(header):
                key = channel.id if channel.scope == "device" else f"{header.get('host')}/{channel.id}"
                names[number].append(self.series.setdefault(key, Series(channel)))
        found: dict[int, tuple[Series, list[Reading]]] = {}
        for number, _, values in part.samples:
            for series, value in zip(names.get(number, ()), values, strict=False):
                if value is not None:
                    reading = Reading(series.channel.id, value[0], value[1])
                    found.setdefault(id(series), (series, []))[1].append(reading)
        for series, readings in found.values():
            series.add(readings, interval_s, self.windows)

    def devices(self) -> list[dict[str, Any]]:
        """Energy of every device that may be added, and of the node if it is read whole."""
        held = [each for each in self.series.values() if self._held(each.channel)]
        choice = overlap.chosen(each.channel for each in held)
        return [
            self._device(*self._trusted(series), series.channel.id in choice.whole)
            for series in held
            if series.channel.id in (*choice.parts, *choice.whole)
        ]

    def _held(self, channel: Channel) -> bool:
        """Whether a channel is of a device that the run was given: another job's board is not ours."""
        return self.ours is None or channel.component not in CARDS or channel.device in self.ours

    def _trusted(self, series: Series) -> tuple[Series, list[str]]:
        """A counter that stands still while power is drawn gives way to that power."""
        channel = series.channel
        if channel.kind == "counter":
            for other in self.series.values():
                same = (other.channel.device, other.channel.component) == (channel.device, channel.component)
                if same and other.channel.unit == "W" and counters.frozen(series.tail, other.tail) is not None:
                    return other, ["frozen"]
        return series, []

    def _device(self, series: Series, events: list[str], whole: bool) -> dict[str, Any]:
        channel, joules = series.channel, series.amount
        gaps = [gap for window in self.windows for gap in outside(window, series.measured)]
        measured_s, gap_s = seconds(series.measured), seconds(gaps)
        seen = [*events, *series.events]
        return {
            "host": self.host,
            "boot": self.boot,
            "device": channel.device,
            "component": channel.component,
            "scope": channel.scope,
            "source": channel.source,
            "method": {"counter": "counter", "average": "integrated averages"}.get(channel.kind, "integrated power"),
            "whole_node": whole,
            "energy_j": {
                "value": joules,
                "low": joules * (1 - TOLERANCE),
                "high": (joules + series.highest * gap_s) * (1 + TOLERANCE),
            },
            "mean_w": joules / measured_s if measured_s else None,
            "max_w": series.highest if measured_s else None,
            "measured_s": measured_s,
            "gap_s": gap_s,
            "gaps": [
                {"begin_s": (start - self.windows[0][0]) * 1e-9, "duration_s": (end - start) * 1e-9}
                for start, end in gaps
                if end - start > 1e9
            ][:100],
            "events": {each: seen.count(each) for each in sorted(set(seen))},
        }

    def modelled(self, devices: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What no sensor reads here, with its range."""
        read = {each["component"] for each in devices if each["measured_s"]}
        if "node" in read:
            return []
        duration_s = seconds(self.windows)
        found = []
        if not read & {"cpu", "platform", "module"} and self.threads:
            busy_s = self.busy_s()
            threads, packages = self.threads, self.packages
            if busy_s is None:
                idle = model.cpu(0.0, duration_s, threads=threads, packages=packages)
                full = model.cpu(threads * duration_s, duration_s, threads=threads, packages=packages)
                guess, said = model.between(idle.low, full.high), "unknown load"
            else:
                guess = model.cpu(busy_s, duration_s, threads=threads, packages=packages)
                said = f"{busy_s / (self.threads * duration_s):.0%} load" if duration_s else "no time"
            found.append(_modelled("cpu", guess, f"{self.packages} of unknown power, {said}"))
        if not read & {"dram", "module", "platform"} and self.memory_byte:
            guess = model.dram(duration_s, memory_bytes=self.memory_byte, packages=self.packages)
            found.append(_modelled("dram", guess, f"{self.memory_byte / 1e9:.0f} GB of unknown modules"))
        known = [
            sum(each["energy_j"][key] for each in [*devices, *found] if each["component"] != "node")
            for key in ("low", "value", "high")
        ]
        rest = [share * joules for share, joules in zip(REST, known, strict=True)]
        if rest[2] > 0:
            found.append(_modelled("rest of the node", rest, "fans, drives, network cards, loss of power supplies"))
        for each in found:
            each |= {"host": self.host, "boot": self.boot}
        return found

    def busy_s(self) -> float | None:
        """Seconds that the processors of the node worked, over all of the windows; ``None`` where none were read."""
        for series in self.series.values():
            channel = series.channel
            if channel.unit == "s" and channel.kind == "counter" and channel.scope == "device" and series.measured:
                return series.amount * seconds(self.windows) / seconds(series.measured)
        return None


def _modelled(component: str, guess: Sequence[float], how: str) -> dict[str, Any]:
    low, value, high = guess
    return {"component": component, "energy_j": {"value": value, "low": low, "high": high}, "how": how}


def channels(header: Mapping[str, Any]) -> list[Channel]:
    """Channels that a header names; none of those that it does not name in full."""
    found = []
    for each in header.get("channels") or ():
        if isinstance(each, list) and len(each) == len(Channel._fields):
            found.append(Channel(*each))
        else:
            found.append(Channel("?", "?", "?", "job", "gauge", "1", 0, "?"))
    return found


def machines(record: Record) -> list[Machine]:
    """The machines of a run: boots, since containers of one machine may bear several names."""
    found: dict[str, Machine] = {}
    windows: dict[str, list[Span]] = {}
    for each in record.participants:
        key = each.boot or each.host
        machine = found.setdefault(key, Machine(each.boot, each.host))
        windows.setdefault(key, []).append((each.begin_ns, each.end_ns))
        for size in ("threads", "packages", "memory_byte"):
            setattr(machine, size, max(getattr(machine, size), whole(each.header.get(size))))
    for key, machine in found.items():
        machine.windows = union(windows[key])
        given = [each.header.get("devices") for each in record.participants if (each.boot or each.host) == key]
        lists = [each for each in given if isinstance(each, list)]
        if len(lists) == len(given):
            machine.ours = frozenset(str(device) for each in lists for device in each)
    for part in record.nodes:
        header: dict[str, Any] = next(iter(part.headers.values()), {})
        owner = found.get(str(header.get("boot") or header.get("host")))
        if owner is not None:
            owner.read(part)
    return list(found.values())
