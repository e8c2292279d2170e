"""What a run drew: energy by device and component, from its samples alone.

Counters count by difference, wraps and resets handled; watts are integrated by trapezoids. Where there are no samples
there is no energy: such gaps are listed, and the range of a device grows by what it can have drawn there. What has no
sensor is modelled beside it, with its range, and never added to what was measured without saying so.
"""

from __future__ import annotations

import math
from collections import namedtuple

from .attempts import STEP, attempts, duration_s, held
from .node import CARDS, ENDS, machines, spent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .store import Participant, Record


def summarised(record: Record) -> dict[str, Any]:
    """Everything a run has to say; energies in joules, of the nodes it ran on, before any overhead of the facility."""
    those = machines(record)
    busy = [each.busy_s() for each in those.values()]
    devices: list[dict[str, Any]] = []
    modelled: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for machine in those.values():
        part = machine.share()
        here = machine.devices(part)
        guessed = machine.modelled(here, part)
        devices += here
        modelled += guessed
        parts.append({"host": machine.host, "boot": machine.boot, "share": part._asdict(),
                      **machine.energy(here, guessed)})  # fmt: skip
    total, guess, known = (
        {end: sum(each[what][end] for each in parts) for end in ENDS}
        for what in ("energy_j", "modelled_j", "measured_j")
    )
    measured = known["value"]
    counts = {
        name: len({each["device"] for each in devices if each["boot"] == machine.boot and each["component"] in CARDS}
                  | {each["device"] for each in modelled if each["boot"] == machine.boot and "device" in each})
        for name, machine in those.items()
    }  # fmt: skip
    accelerators, accelerator_hours = held(record.participants, counts)
    processor_s = sum(each.used_s for each in those.values())
    busy_s = sum(each or 0.0 for each in busy)
    steps = _steps(record.participants)
    return {
        "id": record.id,
        "name": record.name,
        "state": record.state,
        "start_s": record.start_s,
        "duration_s": duration_s(record.participants),
        "hosts": sorted({each.host for each in record.participants if each.host}),
        "processes": len(record.participants),
        "attempts": max(1, len(attempts(record.participants))),
        "accelerators": accelerators,
        "accelerator_hours": accelerator_hours,
        "boundary": "it",
        "energy_j": total if measured else None,
        "measured_j": measured,
        "modelled_j": guess if modelled else None,
        "measured_share": measured / total["value"] if total["value"] else 0.0,
        "machines": parts,
        "components": _components(devices),
        "devices": devices,
        "modelled": modelled,
        **steps,
        "j_per_token": _ratio(total, steps["tokens"]) if measured else None,
        "phases": _phases(record.participants),
        "processor_s": processor_s,
        "processor_share": min(1.0, processor_s / busy_s) if busy_s and None not in busy else None,
        "own_cpu_s": sum(spent(each, "sampler:cpu", all_of_it=True)[2] for each in record.participants),
        "clock_jumps": sum(max(0, len(each.segment.clocks) - 1) for each in record.participants),
        "slept_s": _slept_s(record.participants),
        "slurm_jobs": sorted(
            {str(each.header["slurm_job"]) for each in record.participants if "slurm_job" in each.header}
        ),
        "notes": _notes(record),
        "bad_lines": sum(each.bad for each in those.values()) + sum(each.segment.bad for each in record.participants),
        "lost_mark_details": sum(each.marks.lost for each in record.participants),
        "how": sorted({each.how or each.state for each in record.participants}),
    }


def _components(devices: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, float] = {}
    for each in devices:
        found[each["component"]] = found.get(each["component"], 0.0) + each["job_j"]["value"]
    return [{"component": name, "energy_j": joules} for name, joules in found.items()]


def _ratio(total: Mapping[str, float], tokens: int) -> dict[str, float] | None:
    return {end: total[end] / tokens for end in ENDS} if tokens and total["value"] else None


def _steps(participants: Sequence[Participant]) -> dict[str, Any]:
    """Steps of the job, tokens of all its processes, and their rate while steps run, without the first of each.

    Processes that ran together made the same steps, and what they took in counts by the time of the longest; attempts
    that followed each other add their steps, and their rates count by the time for which they held.
    """
    steps = tokens = 0
    rates: list[tuple[float, tuple[float, float, float]]] = []
    step_s: list[tuple[float, float]] = []
    for together in attempts(participants):
        those = [_rate(each) for each in together]
        steps += max(each.marks.totals[STEP][0] for each in together)
        tokens += sum(each.marks.totals[STEP][2] for each in together)
        seen = [each for each in those if each.time_s > 0]
        if seen:
            time_s = max(each.time_s for each in seen)
            low, value, high = (sum(each.rate[end] * each.time_s for each in seen) / time_s for end in range(3))
            rates.append((time_s, (low, value, high)))
            step_s.append((time_s, sum(each.step_s for each in seen) / len(seen)))
    whole_s = math.fsum(time_s for time_s, _ in rates)
    rate = [math.fsum(time_s * three[end] for time_s, three in rates) / whole_s for end in range(3)] if rates else []
    return {
        "steps": steps,
        "tokens": tokens,
        "step_s": math.fsum(time_s * each for time_s, each in step_s) / whole_s if rates else None,
        "tokens_per_s": dict(zip(ENDS, rate, strict=True)) if rate and rate[1] else None,
    }


Rate = namedtuple("Rate", ("time_s", "step_s", "rate"))
"""What the steps of a process took, without the first, and tokens a second: low, value, high."""


def _rate(participant: Participant) -> Any:
    marks, ns, taken = participant.marks.totals[STEP]
    records = [mark for mark in participant.marks.records if mark[0] == STEP]
    if marks > 1 and len(records) == marks:
        ns -= records[0][2] - records[0][1]
        taken -= records[0][3]
        marks -= 1
        records = records[1:]
    if ns <= 0:
        return Rate(0.0, 0.0, (0.0, 0.0, 0.0))
    own, mean = taken / (ns * 1e-9), ns / marks
    times = [mark[2] - mark[1] for mark in records]
    variance = sum((time - mean) ** 2 for time in times) / max(1, len(times) - 1)
    error = min(0.9, 1.645 * math.sqrt(variance / max(1, len(times))) / mean) if len(times) > 1 else 0.9
    return Rate(ns * 1e-9, mean * 1e-9, (own / (1 + error), own, own / (1 - error)))


def _phases(participants: Sequence[Participant]) -> list[dict[str, Any]]:
    found: dict[str, list[float]] = {}
    for each in participants:
        for name, (marks, ns, tokens) in each.marks.totals.items():
            if name == STEP:
                continue
            here = found.setdefault(name, [0, 0.0, 0])
            here[0] += marks
            here[1] += ns * 1e-9
            here[2] += tokens
    return [{"phase": name, "count": marks, "time_s": time, "tokens": tokens} for name, (marks, time, tokens) in
            found.items()]  # fmt: skip


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
