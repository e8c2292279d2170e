"""What a run drew: energy by device and component, from its samples alone.

Counters count by difference, wraps and resets handled; watts are integrated by trapezoids. Where there are no samples
there is no energy: such gaps are listed, and the range of a device grows by what it can have drawn there. What has no
sensor is modelled beside it, with its range, and never added to what was measured without saying so.
"""

from __future__ import annotations

import math

from thirdwatt.meter.sensors import counters

from .node import CARDS, channels, machines
from .spans import seconds, union

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .store import Participant, Record


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
    unseen = [each for each in record.participants if not each.sampled]
    found = [f"{len(unseen)} of {len(record.participants)} samplers ended before what they measured"] if unseen else []
    for part in (each.segment for each in record.participants):
        for note in part.notes:
            text = ": ".join(str(each) for each in note.values())
            if text not in found:
                found.append(text)
    return found
