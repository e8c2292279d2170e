"""What a run drew: energy by device and component, from its samples alone.

Counters count by difference, wraps and resets handled; watts are integrated by trapezoids. Where there are no samples
there is no energy: such gaps are listed, and the range of a device grows by what it can have drawn there. What has no
sensor is modelled beside it, with its range, and never added to what was measured without saying so.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque, namedtuple

from thirdwatt.quantity import OBSERVATIONS_SCHEMA, Observation, unit

from .sampler import LATE
from .sensors import counters, model, overlap
from .sensors.base import Channel, Reading
from .store import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from .segment import Segment
    from .store import Participant, Record

Span = tuple[int, int]

TOLERANCE = 0.05
"""How far a sensor's energy may be off: the ± 5 % that NVIDIA's documentation of NVML states for its power readings,
taken for all sensors, since few makers state any."""

WRAP_GAP_NS = 120_000_000_000
"""Two samples of a counter that wraps, if further apart than this, do not say what was counted between them."""

REST = (0.05, 0.18, 0.35)
"""Fans, drives, network cards, board and the loss of power supplies, to the processors, memory and accelerators. An
8×H100 server that draws 8.4 kW at its input (Latif et al. 2025) leaves 0.2 to 0.3; a node with one fan less."""

CARDS = ("accelerator", "module")
"""Components that a job is given by number."""

STRETCH_S = 0.5
"""Shortest stretch over which the highest draw is taken: counters are refreshed every 20 to 100 ms."""
MOST_W = 200_000.0
"""More than any one machine draws; a counter that went so fast was misread."""

TAIL = 200
"""Readings by which a counter is held to have stopped."""

Part = namedtuple("Part", ("start_ns", "end_ns", "joules"))


# --- time ---------------------------------------------------------------------------------------------------------


def union(spans: Iterable[Span]) -> list[Span]:
    """Spans put together where they touch.

    Examples
    --------
    >>> union([(5, 9), (0, 2), (1, 3)])
    [(0, 3), (5, 9)]
    """
    whole: list[list[int]] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if whole and start <= whole[-1][1]:
            whole[-1][1] = max(whole[-1][1], end)
        else:
            whole.append([start, end])
    return [(start, end) for start, end in whole]


def within(span: Span, windows: Sequence[Span]) -> list[Span]:
    """What of a span lies in windows that are apart and in order.

    Examples
    --------
    >>> within((2, 8), [(0, 3), (5, 9)])
    [(2, 3), (5, 8)]
    """
    first = max(0, bisect_right(windows, span[0], key=lambda each: each[0]) - 1)
    found = []
    for start, end in windows[first:]:
        if start >= span[1]:
            break
        if min(end, span[1]) > max(start, span[0]):
            found.append((max(start, span[0]), min(end, span[1])))
    return found


def outside(span: Span, windows: Sequence[Span]) -> list[Span]:
    """What of a span lies in none of these windows."""
    found = []
    at = span[0]
    for start, end in within(span, windows):
        if start > at:
            found.append((at, start))
        at = end
    return [*found, (at, span[1])] if at < span[1] else found


def seconds(spans: Iterable[Span]) -> float:
    """Length of spans that are apart."""
    return sum(end - start for start, end in spans) * 1e-9


# --- energy of one channel ----------------------------------------------------------------------------------------


class Series:
    """What one channel of one machine said: taken in segment by segment, so that a run of weeks needs little memory.

    Attributes
    ----------
    amount
        Joules (or seconds of processors) within the windows, no time twice.
    measured
        Spans within the windows that have samples on both sides.
    most
        The most of it in a second.
    events
        Wraps and resets.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.amount = self.most = 0.0
        self.measured: list[Span] = []
        self.events: list[str] = []
        self.tail: deque[Reading] = deque(maxlen=TAIL)
        self._covered: list[Span] = []
        self._stretch_j = self._stretch_s = self._short = 0.0
        self._lasts: list[Reading] = []

    def add(self, readings: list[Reading], interval_s: float, windows: Sequence[Span]) -> None:
        """Take in the readings of one segment, behind a track that ended before they begin if there is one."""
        readings = [each for each in readings if counters.usable(each.value)]
        if not readings:
            return
        self.tail += readings
        first, last = readings[0], readings[-1]
        for place, before in enumerate(self._lasts):
            gap_ns = first.t_ns - before.t_ns
            if gap_ns > 0 and not (self.channel.wrap and gap_ns > WRAP_GAP_NS):
                readings = [before, *readings]
                self._lasts[place] = last
                break
        else:
            self._lasts.append(last)
        parts = self._counted(readings) if self.channel.kind == "counter" else trapezoids(readings, interval_s)
        sums = [self.amount]
        measured = []
        for part in parts:
            for free in outside(part[:2], self._covered) if self._covered else (part[:2],):
                for start, end in within(free, windows):
                    joules = part.joules * ((end - start) / (part.end_ns - part.start_ns))
                    sums.append(joules)
                    measured.append((start, end))
                    self._highest(joules, (end - start) * 1e-9)
        self.amount = math.fsum(sums)
        self.measured = union([*self.measured, *measured])
        self._covered = union([*self._covered, *(part[:2] for part in parts)])

    def _highest(self, joules: float, span_s: float) -> None:
        """The most in a second, over stretches that a counter's own refresh does not blur."""
        self._stretch_j += joules
        self._stretch_s += span_s
        if self._stretch_s >= STRETCH_S:
            self.most = max(self.most, self._stretch_j / self._stretch_s)
            self._stretch_j = self._stretch_s = 0.0
        elif not self.most:
            self._short = self._stretch_j / self._stretch_s

    @property
    def highest(self) -> float:
        """The most in a second; the mean of all there is, where that is short."""
        return self.most or self._short

    def _counted(self, readings: list[Reading]) -> list[Part]:
        found = []
        most_per_s = MOST_W if self.channel.unit == "J" else 0.0
        for each in counters.intervals(readings, self.channel.wrap, most_per_s):
            if each.event in ("reset", "wrap"):
                self.events.append(each.event)
            span_s = (each.end_ns - each.start_ns) * 1e-9
            if most_per_s and each.amount is not None and each.amount > most_per_s * span_s:
                self.events.append("reset")  # no device draws so much: the reading before was none
                continue
            if each.amount is not None:
                found.append(Part(each.start_ns, each.end_ns, each.amount))
        return found


def trapezoids(readings: Iterable[Reading], interval_s: float) -> list[Part]:
    """Watts between readings as joules; nothing across a gap."""
    found = []
    last: Reading | None = None
    longest_ns = (LATE * interval_s + 0.1) * 1e9
    for reading in readings:
        if last is not None and 0 < reading.t_ns - last.t_ns <= longest_ns:
            joules = (last.value + reading.value) / 2 * (reading.t_ns - last.t_ns) * 1e-9
            found.append(Part(last.t_ns, reading.t_ns, joules))
        if last is None or reading.t_ns > last.t_ns:
            last = reading
    return found


# --- a machine ----------------------------------------------------------------------------------------------------


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
        """Take in a segment of samples; segments come in the order in which they began."""
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


def number_of(value: object, otherwise: float) -> float:
    """A number as a file states it."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value > 0 else otherwise


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


# --- a run --------------------------------------------------------------------------------------------------------


def summarised(record: Record) -> dict[str, Any]:
    """Everything a run has to say; energies in joules, of the nodes it ran on, before any overhead of the facility."""
    those = machines(record)
    busy = [each.busy_s() for each in those]
    processor_s = sum(_spent(each, "procfs:job:cpu", "cgroup:job:cpu") for each in record.participants)
    busy_s = sum(each or 0.0 for each in busy)
    devices: list[dict[str, Any]] = []
    modelled: list[dict[str, Any]] = []
    total = [0.0, 0.0, 0.0]
    guess = [0.0, 0.0, 0.0]
    measured = 0.0
    for machine in those:
        here = machine.devices()
        guessed = machine.modelled(here)
        devices += here
        modelled += guessed
        wholes = [each for each in here if each["whole_node"] and each["measured_s"]]
        counted = wholes[:1] or [each for each in here if not each["whole_node"]]
        measured += sum(each["energy_j"]["value"] for each in counted)
        for place, key in enumerate(("low", "value", "high")):
            total[place] += sum(each["energy_j"][key] for each in [*counted, *guessed])
            guess[place] += sum(each["energy_j"][key] for each in guessed)
    spans = [union((each.begin_ns, each.end_ns) for each in record.participants if (each.boot or each.host) == key)
             for key in {each.boot or each.host for each in record.participants}]  # fmt: skip
    duration_s = max((seconds([(part[0][0], part[-1][1])]) for part in spans if part), default=0.0)
    accelerators = {(each["boot"], each["device"]) for each in devices if each["component"] in CARDS}
    steps = _steps(record.participants)
    return {
        "id": record.id,
        "name": record.name,
        "state": record.state,
        "start_s": record.start_s,
        "duration_s": duration_s,
        "hosts": sorted({each.host for each in record.participants if each.host}),
        "processes": len(record.participants),
        "accelerators": len(accelerators),
        "boundary": "it",
        "energy_j": {"value": total[1], "low": total[0], "high": total[2]} if measured else None,
        "measured_j": measured,
        "modelled_j": {"value": guess[1], "low": guess[0], "high": guess[2]} if modelled else None,
        "measured_share": measured / total[1] if total[1] else 0.0,
        "components": _components(devices),
        "devices": devices,
        "modelled": modelled,
        **steps,
        "j_per_token": _ratio(total, steps["tokens"]) if measured else None,
        "phases": _phases(record.participants),
        "processor_s": processor_s,
        "processor_share": min(1.0, processor_s / busy_s) if busy_s and None not in busy else None,
        "own_cpu_s": sum(_spent(each, "sampler:cpu", all_of_it=True) for each in record.participants),
        "clock_jumps": sum(max(0, len(each.segment.clocks) - 1) for each in record.participants),
        "slept_s": _slept_s(record.participants),
        "notes": _notes(record),
        "bad_lines": sum(each.bad for each in those) + sum(each.segment.bad for each in record.participants),
        "lost_mark_details": sum(each.marks.lost for each in record.participants),
        "how": sorted({each.how or each.state for each in record.participants}),
    }


def _components(devices: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, float] = {}
    for each in devices:
        found[each["component"]] = found.get(each["component"], 0.0) + each["energy_j"]["value"]
    return [{"component": name, "energy_j": joules} for name, joules in found.items()]


def _ratio(total: Sequence[float], tokens: int) -> dict[str, float] | None:
    if not tokens or not total[1]:
        return None
    return {"value": total[1] / tokens, "low": total[0] / tokens, "high": total[2] / tokens}


def _steps(participants: Sequence[Participant]) -> dict[str, Any]:
    """Steps of the job, tokens of all its processes, and their rate while steps run, without the first of each."""
    steps = tokens = 0
    rate = low = high = 0.0
    counted = 0
    step_s: list[float] = []
    for each in participants:
        marks, ns, taken = each.marks.totals.get("step", (0, 0, 0))
        steps = max(steps, marks)
        tokens += taken
        if not marks:
            continue
        records = [mark for mark in each.marks.records if mark[0] == "step"]
        if marks > 1 and len(records) == marks:
            ns -= records[0][2] - records[0][1]
            taken -= records[0][3]
            marks -= 1
            records = records[1:]
        if ns <= 0:
            continue
        counted += 1
        own = taken / (ns * 1e-9)
        mean = ns / marks
        step_s.append(mean * 1e-9)
        times = [mark[2] - mark[1] for mark in records]
        variance = sum((time - mean) ** 2 for time in times) / max(1, len(times) - 1)
        error = min(0.9, 1.645 * math.sqrt(variance / max(1, len(times))) / mean) if len(times) > 1 else 0.9
        rate, low, high = rate + own, low + own / (1 + error), high + own / (1 - error)
    return {
        "steps": steps,
        "tokens": tokens,
        "step_s": sum(step_s) / counted if counted else None,
        "tokens_per_s": {"value": rate, "low": low, "high": high} if rate else None,
    }


def _phases(participants: Sequence[Participant]) -> list[dict[str, Any]]:
    found: dict[str, list[float]] = {}
    for each in participants:
        for name, (marks, ns, tokens) in each.marks.totals.items():
            if name == "step":
                continue
            here = found.setdefault(name, [0, 0.0, 0])
            here[0] += marks
            here[1] += ns * 1e-9
            here[2] += tokens
    return [{"phase": name, "count": marks, "time_s": time, "tokens": tokens} for name, (marks, time, tokens) in
            found.items()]  # fmt: skip


def _spent(participant: Participant, *names: str, all_of_it: bool = False) -> float:
    """What the first of these counters that is there counted in a run; all it shows, where it began with the run."""
    ids = [each.id for each in channels(participant.segment.headers.get(0) or {})]
    for name in names:
        if name in ids:
            place = ids.index(name)
            seen = [values[place] for _, _, values in participant.segment.samples if place < len(values)]
            found = [each[0] for each in seen if each is not None and counters.usable(each[0])]
            if found:
                return float(found[-1] - (0.0 if all_of_it else found[0]))
    return 0.0


def _slept_s(participants: Sequence[Participant]) -> float:
    """Time that machines slept, which is in no duration here."""
    slept: dict[str, float] = {}
    for each in participants:
        offsets = [boot - monotonic for monotonic, boot, _ in each.segment.clocks]
        if offsets:
            slept[each.boot] = max(slept.get(each.boot, 0.0), (max(offsets) - min(offsets)) * 1e-9)
    return sum(each for each in slept.values() if each > 0.2)


def _notes(record: Record) -> list[str]:
    found: list[str] = []
    for part in (each.segment for each in record.participants):
        for note in part.notes:
            text = ": ".join(str(each) for each in note.values())
            if text not in found:
                found.append(text)
    return found


# --- observations -------------------------------------------------------------------------------------------------

J_PER_KWH = 3.6e6


def observations(found: Mapping[str, Any]) -> list[Observation]:
    """What the ledger may rest on: rates that hold for any such run, and what this run came to."""
    rows: list[Observation] = []
    source = f"run {found['id']}"

    def row(name: str, three: tuple[float, float, float], scope: str, kind: str = "measured", by: str = "") -> None:
        low, value, high = three
        if all(map(math.isfinite, three)) and value > 0:
            rows.append(Observation(name, value, min(low, value), max(high, value), unit(name), kind,
                                    f"{source}: {by}" if by else source, scope))  # fmt: skip

    cards = [each for each in found["devices"] if each["component"] == "accelerator" and each["measured_s"]]
    names = ", ".join(sorted({each["source"] for each in cards}))
    only_cards = found["accelerators"] == len(cards)
    if cards and only_cards:
        watts = [each["mean_w"] for each in cards]
        mean = sum(watts) / len(watts)
        row("accelerator_power_w", (mean * (1 - TOLERANCE), mean, mean * (1 + TOLERANCE)), "rate", by=names)
    count, rate = found["accelerators"], found["tokens_per_s"]
    if count and rate:
        low, value, high = (rate[key] / count for key in ("low", "value", "high"))
        row("tokens_per_s_per_accelerator", (low, value, high), "rate", by=f"{found['steps']} steps")
    hours = found["duration_s"] / 3600
    row("wall_time_h", (hours, hours, hours), "run")
    if count:
        row("accelerator_count", (count, count, count), "run")
        row("accelerator_hours", (hours * count,) * 3, "run")
    if found["tokens"]:
        row("trained_token_count", (found["tokens"],) * 3, "run")
    if cards and only_cards:
        row("accelerators_energy_kwh", _kwh(cards), "run", by=names)
    energy = found["energy_j"]
    if energy:
        kind = "measured" if not found["modelled"] else "modelled"
        low, value, high = (energy[key] / J_PER_KWH for key in ("low", "value", "high"))
        row("it_energy_kwh", (low, value, high), "run", kind, by=shares(found))
    return rows


def _kwh(devices: Sequence[Mapping[str, Any]]) -> tuple[float, float, float]:
    low, value, high = (sum(each["energy_j"][key] for each in devices) / J_PER_KWH for key in ("low", "value", "high"))
    return low, value, high


def observed(found: Mapping[str, Any]) -> dict[str, Any]:
    """Observations as a document."""
    return {"schema": OBSERVATIONS_SCHEMA, "observations": [each._asdict() for each in observations(found)]}


# --- words --------------------------------------------------------------------------------------------------------


def shares(found: Mapping[str, Any]) -> str:
    """How much of the energy was measured."""
    if not found["energy_j"] and not found["modelled"]:
        return "nothing was measured"
    percent = round(100 * found["measured_share"])
    percent = min(99, percent) if found["modelled"] else percent
    what = "node" if len(found["hosts"]) < 2 else "nodes"
    return f"measured {percent} % of the {what}, modelled {100 - percent} %"


def energy_text(joules: float) -> str:
    """Joules in the unit that fits them.

    Examples
    --------
    >>> energy_text(12.3), energy_text(45_600.0), energy_text(7.2e6)
    ('12.3 J', '45.6 kJ', '2.00 kWh')
    """
    for limit, size, name in ((1e3, 1.0, "J"), (1e6, 1e3, "kJ"), (3.6e9, 3.6e6, "kWh"), (math.inf, 3.6e9, "MWh")):
        if joules < limit:
            number = joules / size
            return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f} {name}"
    return f"{joules:g} J"


def time_text(duration_s: float) -> str:
    """A duration for people.

    Examples
    --------
    >>> time_text(3.21), time_text(75), time_text(7300)
    ('3.2 s', '1 min 15 s', '2 h 01 min')
    """
    if duration_s < 60:
        return f"{duration_s:.1f} s"
    minutes, rest = divmod(round(duration_s), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def line(found: Mapping[str, Any]) -> str:
    """A run in one line."""
    energy, guess = found["energy_j"], found["modelled_j"]
    said = f"{found['id']}: {time_text(found['duration_s'])}"
    if energy:
        low, high = energy_text(energy["low"]), energy_text(energy["high"])
        said += f", {energy_text(energy['value'])} ({low} to {high}); {shares(found)}"
    elif guess:
        low, high = energy_text(guess["low"]), energy_text(guess["high"])
        said += f"; no energy was measured, a model says {low} to {high}; thirdwatt doctor says what is missing"
    else:
        said += "; no energy was measured, thirdwatt doctor says what is missing"
    return said


def text(found: Mapping[str, Any]) -> str:
    """A run for people."""
    energy, guess = found["energy_j"], found["modelled_j"]
    rows: list[tuple[str, str]] = []
    if energy:
        low, high = energy_text(energy["low"]), energy_text(energy["high"])
        rows.append(("energy", f"{energy_text(energy['value'])} ({low} to {high}) of the node, before the facility"))
    elif guess:
        rows.append(("energy", "not measured: thirdwatt doctor says which sensors are missing, and why"))
        rows.append(("model", f"{energy_text(guess['low'])} to {energy_text(guess['high'])}, a guess and no result"))
    else:
        rows.append(("energy", "not measured"))
    for each in found["devices"]:
        watts = "" if each["mean_w"] is None else f", mean {each['mean_w']:.4g} W"
        gap = f", {time_text(each['gap_s'])} without samples" if each["gap_s"] > 1.0 else ""
        trouble = "".join(f", {count} × {event}" for event, count in each["events"].items() if event != "wrap")
        rows.append((f"  {each['component']}", f"{energy_text(each['energy_j']['value'])} measured{watts}: "
                     f"{each['device']}, {each['source']}{gap}{trouble}"))  # fmt: skip
    for each in found["modelled"]:
        three = each["energy_j"]
        rows.append((f"  {each['component']}", f"{energy_text(three['low'])} to {energy_text(three['high'])} modelled: "
                     f"{each['how']}"))  # fmt: skip
    if found["steps"]:
        rows.append(("steps", f"{found['steps']:,}" + (f" of {found['step_s']:.4g} s" if found["step_s"] else "")))
    if found["tokens_per_s"]:
        each = found["j_per_token"]
        joules = f", {each['value']:.3g} J a token" if each else ""
        rows.append(("tokens", f"{found['tokens']:,}, {found['tokens_per_s']['value']:,.4g} a second{joules}"))
    for each in sorted(found["phases"], key=lambda each: -each["time_s"])[:12]:
        rows.append((f"  {each['phase']}", f"{each['count']:,} times, {time_text(each['time_s'])}"))
    share = "" if found["processor_share"] is None else f" ({found['processor_share']:.0%} of the node's work)"
    own = f"{found['own_cpu_s']:.2g} s of measuring"
    rows.append(("processors", f"{time_text(found['processor_s'])} of the job{share}, {own}"))
    if found["slept_s"]:
        rows.append(("slept", f"{time_text(found['slept_s'])}, which is in no figure here"))
    if found["bad_lines"]:
        rows.append(("files", f"{found['bad_lines']} lines could not be read and were left out"))
    rows += [("note", note) for note in found["notes"]]
    width = max(len(name) for name, _ in rows) + 2
    head = f"{found['id']}  {found['state']}  {time_text(found['duration_s'])}  {', '.join(found['hosts'])}".rstrip()
    return "\n".join([head, *(f"  {name:{width}}{said}" for name, said in rows), f"  {shares(found)}"])
