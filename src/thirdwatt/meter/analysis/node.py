"""A machine within the windows of a run: what its devices drew, what of that is the job's, and a model of the rest."""

from __future__ import annotations

from thirdwatt.meter.segment import number_of, whole
from thirdwatt.meter.sensors import counters, model, overlap
from thirdwatt.meter.sensors.base import Channel, Reading

from .attempts import key, outermost
from .series import Series
from .share import WHOLE, Share, share, stated_share
from .spans import outside, seconds, union

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from thirdwatt.meter.segment import Segment

    from .store import Participant, Record

TOLERANCE = 0.05
"""How far a sensor's energy may be off: the ± 5 % that NVIDIA's documentation of NVML states for its power readings,
taken for all sensors, since few makers state any."""

REST = (0.05, 0.18, 0.35)
"""Fans, drives, network cards, board and the loss of power supplies, to the processors, memory and accelerators. An
8×H100 server that draws 8.4 kW at its input (Latif et al. 2025) leaves 0.2 to 0.3; a node with one fan less."""

CARDS = ("accelerator", "module")
"""Components that a job is given by number, whole."""

ENDS = ("low", "value", "high")
WORK = ("procfs:job:cpu", "cgroup:job:cpu")
"""Channels of the job's processor time, the more exact first."""


class Machine:
    """One boot of one machine within the windows of a run.

    ``ours`` are the accelerators that the run was given, where that is less than the machine has; ``None`` for all.
    """

    def __init__(self, participants: Sequence[Participant]) -> None:
        first = participants[0]
        self.boot, self.host = first.boot, first.host
        self.participants = participants
        self.windows = union((each.begin_ns, each.end_ns) for each in participants)
        self.ours = _given(participants)
        self.series: dict[str, Series] = {}
        self.bad = 0
        self.threads, self.packages, self.memory_byte = (
            max(whole(each.header.get(size)) for each in participants)
            for size in ("threads", "packages", "memory_byte")
        )
        self.virtual = any(each.header.get("virtual") for each in participants)
        self.package_w = max(number_of(each.header.get("package_w"), 0.0) for each in participants)
        self.used_s = sum(_work(participants).values())

    def read(self, part: Segment) -> None:
        """Take in a segment of samples; where two cover the same time the first is taken."""
        self.bad += part.bad
        interval_s = 1.0
        names: dict[int, list[Series]] = {}
        for number, header in part.headers.items():
            interval_s = number_of(header.get("interval_s"), 1.0)
            names[number] = []
            for channel in channels(header):
                name = channel.id if channel.scope == "device" else f"{header.get('host')}/{channel.id}"
                names[number].append(self.series.setdefault(name, Series(channel)))
        found: dict[int, tuple[Series, list[Reading]]] = {}
        for number, _, values in part.samples:
            for series, value in zip(names.get(number, ()), values, strict=False):
                if value is not None:
                    reading = Reading(series.channel.id, value[0], value[1])
                    found.setdefault(id(series), (series, []))[1].append(reading)
        for series, readings in found.values():
            series.add(readings, interval_s, self.windows)

    # --- what is the job's ----------------------------------------------------------------------------------------

    @property
    def duration_s(self) -> float:
        """How long any process of the run was on."""
        return seconds(self.windows)

    def busy_s(self) -> float | None:
        """Seconds that the processors of the machine worked, over all of the windows; ``None`` if none were read."""
        for series in self.series.values():
            channel = series.channel
            if channel.unit == "s" and channel.kind == "counter" and channel.scope == "device" and series.measured:
                return series.amount * self.duration_s / seconds(series.measured)
        return None

    def share(self) -> Any:
        """What of the machine is the run's, apart from the accelerators that it was given."""
        given: dict[str, float | None] = {}
        contained = False
        for each in self.participants:
            told = each.header.get("allotted")
            if not isinstance(told, dict):
                return WHOLE
            if stated := number_of(told.get("stated"), 0.0):
                return stated_share(min(1.0, stated))
            contained = contained or bool(told.get("contained"))
            limit = number_of(told.get("processors"), 0.0) or None
            group = str(told.get("group", ""))
            given[group] = limit if limit is None or group not in given else given[group]
        limits = [each for each in given.values() if each is not None]
        processors = sum(limits) if len(limits) == len(given) and sum(limits) < self.threads else None
        return share(processors, contained, self.threads, self.used_s, self.busy_s(), self.duration_s)

    def memory(self, part: Any) -> Any:
        """What of the memory is the run's: what it was allotted, which takes power used or not; else as of the rest."""
        limits: dict[str, int] = {}
        for each in self.participants:
            told = each.header.get("allotted")
            told = told if isinstance(told, dict) else {}
            limits[str(told.get("group", ""))] = whole(told.get("memory_byte"))
        if part.low == 1 or not self.memory_byte or not all(limits.values()):
            return part
        given = min(1.0, sum(limits.values()) / self.memory_byte)
        return Share(min(given, part.low), given, max(given, part.high), "memory allotted")

    def energy(self, found: Sequence[dict[str, Any]], modelled: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Energy of the run here: of its devices with its share of the others, or of the machine read whole."""
        read = [each for each in found if each["measured_s"]]
        counted = [each for each in read if each["whole_node"]][:1] or [
            each for each in found if not each["whole_node"]
        ]
        measured = {end: sum(each["job_j"][end] for each in counted) for end in ENDS}
        guess = {end: sum(each["energy_j"][end] for each in modelled) for end in ENDS}
        return {
            "measured_j": measured,
            "modelled_j": guess,
            "energy_j": {end: measured[end] + guess[end] for end in ENDS},
            "machine_j": sum(each["energy_j"]["value"] for each in counted),
        }

    # --- devices --------------------------------------------------------------------------------------------------

    def devices(self, part: Any) -> list[dict[str, Any]]:
        """Energy of every device that may be added, and of the node if it is read whole; ``part`` is our share."""
        choice = overlap.chosen(each.channel for each in self.series.values() if self._held(each.channel))
        counted = (*choice.parts, *choice.whole)
        held = [each for each in self.series.values() if each.channel.id in counted]
        found = [self._device(*self._trusted(each), each.channel.id in choice.whole) for each in held]
        cards = [each for each in found if each["component"] in CARDS]
        for each in found:
            each["job_j"] = self._of_the_job(each, part, cards)
        return found

    def _of_the_job(self, device: Mapping[str, Any], part: Any, cards: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """The run's part of a device: all of its cards, its share of the rest of what it does not have alone."""
        joules = device["energy_j"]
        if device["component"] in CARDS:
            return dict(joules)
        if not device["whole_node"]:
            own = self.memory(part) if device["component"] == "dram" else part
            return {end: joules[end] * getattr(own, end) for end in ENDS}
        every = overlap.chosen(each.channel for each in self.series.values())
        all_cards = [each for each in self.series.values() if each.channel.id in every.parts
                     and each.channel.component in CARDS]  # fmt: skip
        shared = max(0.0, joules["value"] - sum(each.amount for each in all_cards))
        ours = sum(each["energy_j"]["value"] for each in cards)
        found = {end: min(joules["value"], ours + shared * getattr(part, end)) for end in ENDS}
        return {
            "value": found["value"],
            "low": found["low"] * (1 - TOLERANCE),
            "high": found["high"] * joules["high"] / joules["value"] if joules["value"] else joules["high"],
        }

    def _held(self, channel: Channel) -> bool:
        """Whether a channel is of a device that the run was given: another job's board is not ours."""
        return self.ours is None or channel.component not in CARDS or channel.device in self.ours

    def _trusted(self, series: Series) -> tuple[Series, list[str]]:
        """A counter that stands still while power is drawn gives way to that power."""
        channel = series.channel
        if channel.kind == "counter":
            for other in self.series.values():
                same = (other.channel.device, other.channel.component) == (channel.device, channel.component)
                power = other.channel.unit == "W" and other.channel.kind != "limit"
                if same and power and counters.frozen(series.tail, other.tail) is not None:
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

    # --- what no sensor reads -------------------------------------------------------------------------------------

    def modelled(self, devices: Sequence[Mapping[str, Any]], part: Any) -> list[dict[str, Any]]:
        """The run's part of what no sensor reads here, with its range."""
        read = {each["component"] for each in devices if each["measured_s"]}
        if "node" in read:
            return []
        found = self._accelerators({each["device"] for each in devices if each["measured_s"]})
        if not read & {"cpu", "platform", "module"} and self.threads:
            found.append(self._processors(part))
        if not read & {"dram", "module", "platform"} and self.memory_byte:
            own = self.memory(part)
            guess = model.dram(self.duration_s, own.high, memory_bytes=self.memory_byte, packages=self.packages)
            low = guess.low * own.low / own.high if own.high else 0.0
            said = f"{self.memory_byte / 1e9:.0f} GB of unknown modules"
            found.append(_modelled("dram", model.between(low, guess.high), said))
        known = [
            sum(each["job_j"][end] for each in devices if each["component"] != "node")
            + sum(each["energy_j"][end] for each in found)
            for end in ENDS
        ]
        rest = [fraction * joules for fraction, joules in zip(REST, known, strict=True)]
        if rest[2] > 0:
            found.append(_modelled("rest of the node", rest, "fans, drives, network cards, loss of power supplies"))
        for each in found:
            each |= {"host": self.host, "boot": self.boot}
        return found

    def _processors(self, part: Any) -> dict[str, Any]:
        """Processors of unknown power: of the whole machine by its load, or our part of it by ours."""
        duration_s, threads, packages = self.duration_s, self.threads, self.packages
        power = model.package_w(threads, packages, self.virtual, self.package_w)
        what = f"{threads} threads of a virtual machine" if self.virtual else f"{packages} of unknown power"
        what = f"{packages} of {self.package_w:g} W, as stated" if self.package_w else what
        busy_s = self.used_s if part.high < 1 else self.busy_s()
        if busy_s is None:
            idle = model.cpu(0.0, duration_s, threads=threads, packages=packages, package_w=power)
            full = model.cpu(threads * duration_s, duration_s, threads=threads, packages=packages, package_w=power)
            return _modelled("cpu", model.between(idle.low, full.high), f"{what}, unknown load")
        guess = model.cpu(busy_s, duration_s, part.high, threads, packages, power)
        load = f"{100 * busy_s / (threads * duration_s):.0f} % load" if duration_s else "no time"
        return _modelled("cpu", guess, f"{what}, {load}")

    def _accelerators(self, read: set[str]) -> list[dict[str, Any]]:
        """Boards of the run that give neither energy nor power, by how long they were busy."""
        found = []
        for series in self.series.values():
            channel = series.channel
            if channel.component != "accelerator" or channel.unit != "1" or channel.device in read:
                continue
            if not self._held(channel):
                continue
            limit = self.series.get(channel.id.replace(":busy", ":limit"))
            top = (limit.highest, limit.highest) if limit is not None and limit.highest else model.BOARD_W
            busy_s = series.amount * self.duration_s / seconds(series.measured) if series.measured else 0.0
            ends = [model.accelerator(busy_s, self.duration_s, each) for each in top]
            power = f"{top[0]:g} W at most" if top[0] == top[1] else "unknown power"
            said = f"{channel.device}: busy {100 * busy_s / self.duration_s:.0f} % of the time, {power}"
            guess = model.between(ends[0].low, ends[1].high)
            found.append({**_modelled("accelerator", guess, said), "device": channel.device})
        return found


def _modelled(component: str, guess: Sequence[float], how: str) -> dict[str, Any]:
    low, value, high = guess
    return {"component": component, "energy_j": {"value": value, "low": low, "high": high}, "how": how}


def _given(participants: Sequence[Participant]) -> frozenset[str] | None:
    """Accelerators that the processes were given; ``None`` if one of them was left all of them."""
    lists = [each.header.get("devices") for each in participants]
    if not all(isinstance(each, list) for each in lists):
        return None
    return frozenset(str(device) for each in lists if isinstance(each, list) for device in each)


def _work(participants: Sequence[Participant]) -> dict[tuple[str, int], float]:
    """Seconds of processors that the processes of a run used: none within another, a group that many share once."""
    found: dict[tuple[str, int], float] = {}
    for number, each in enumerate(outermost(participants)):
        name, device, used_s = spent(each, *WORK)
        place = (device, 0) if name.startswith("cgroup") else (device, number)
        found[place] = max(found.get(place, 0.0), used_s)
    return found


def spent(participant: Participant, *names: str, all_of_it: bool = False) -> tuple[str, str, float]:
    """Channel, device and amount of the first of these counters that a process has; or all that it shows at the end."""
    those = channels(participant.segment.headers.get(0) or {})
    for name in names:
        for place, channel in enumerate(those):
            if channel.id != name:
                continue
            seen = [values[place] for _, _, values in participant.segment.samples if place < len(values)]
            found = [each[0] for each in seen if each is not None and counters.usable(each[0])]
            if found:
                return name, channel.device, float(found[-1] - (0.0 if all_of_it else found[0]))
    return "", "", 0.0


def channels(header: Mapping[str, Any]) -> list[Channel]:
    """Channels that a header names; none of those that it does not name in full."""
    found = []
    for each in header.get("channels") or ():
        if isinstance(each, list) and len(each) == len(Channel._fields):
            found.append(Channel(*each))
        else:
            found.append(Channel("?", "?", "?", "job", "gauge", "1", 0, "?"))
    return found


def machines(record: Record) -> dict[str, Machine]:
    """The machines of a run, by what tells them apart."""
    those: dict[str, list[Participant]] = {}
    for each in record.participants:
        those.setdefault(key(each), []).append(each)
    found = {name: Machine(participants) for name, participants in those.items()}
    for part in record.nodes:
        header: dict[str, Any] = next(iter(part.headers.values()), {})
        owner = found.get(str(header.get("boot") or header.get("host")))
        if owner is not None:
            owner.read(part)
    return found
