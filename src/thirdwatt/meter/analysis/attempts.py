"""Processes of a run in time: which ran together, which came after a restart, which are inside others.

Machines have clocks of their own. They are put on one axis by where their wall clocks stood when their first process
began, so that no later step of a wall clock changes a duration.
"""

from __future__ import annotations

from thirdwatt.meter.segment import whole

from .spans import seconds, union

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .spans import Span
    from .store import Participant

STEP = "step"
APART_NS = 2_000_000_000
"""Clocks of machines may differ by so much: a process may follow one that seems to end so much later elsewhere."""


def key(participant: Participant) -> str:
    """What tells machines apart: their boots, since containers of one machine may bear several names."""
    return participant.boot or participant.host


def _offsets(participants: Iterable[Participant]) -> dict[str, int]:
    """From the clock of each machine to the axis; 0 where no wall clock is known."""
    found: dict[str, int] = {}
    for each in sorted(participants, key=lambda each: each.begin_ns):
        found.setdefault(key(each), int(each.start_s * 1e9) - each.begin_ns if each.start_s else 0)
    return found


def windows(participants: Sequence[Participant]) -> dict[str, list[Span]]:
    """When processes of the run were on, by machine, on one axis."""
    offsets = _offsets(participants)
    found: dict[str, list[Span]] = {}
    for each in participants:
        shift = offsets[key(each)]
        found.setdefault(key(each), []).append((each.begin_ns + shift, each.end_ns + shift))
    return {name: union(spans) for name, spans in found.items()}


def duration_s(participants: Sequence[Participant]) -> float:
    """How long any process of the run was on, anywhere."""
    return seconds(union(span for spans in windows(participants).values() for span in spans))


def held(participants: Sequence[Participant], counts: Mapping[str, int]) -> tuple[int, float]:
    """The most devices that were held at a time, and the hours of all of them, by how many each machine gave."""
    spans = windows(participants)
    changes = sorted(
        change
        for name, count in counts.items()
        for start, end in spans.get(name, ())
        for change in ((start + APART_NS, count), (max(end, start + APART_NS), -count))
    )
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    hours = sum(count * seconds(spans.get(name, ())) for name, count in counts.items()) / 3600
    return max(most, max(counts.values(), default=0)), hours


def attempts(participants: Sequence[Participant]) -> list[list[Participant]]:
    """Processes that mark steps, by attempt.

    What overlaps in time ran together, and a restart begins once all have ended. So does a command that runs one
    training after the other. A rank that was replaced while others ran on is of their attempt, and one that was killed
    before its first step leaves the numbers of the others as they are. Where the launcher says which start this is, its
    word tells attempts apart, and ranks of one start belong together even if one ended before another began.
    """
    offsets = _offsets(participants)
    marking = [each for each in participants if each.marks.totals.get(STEP, (0,))[0]]
    found: list[list[Participant]] = []
    for each in sorted(marking, key=lambda part: part.begin_ns + offsets[key(part)]):
        begin = each.begin_ns + offsets[key(each)]
        last = next((group for group in reversed(found) if group[0].restart == each.restart), [])
        beside = any(
            begin < other.end_ns + offsets[key(other)] - (0 if key(other) == key(each) else APART_NS) for other in last
        )
        late = each.restart and last and each.rank not in {other.rank for other in last}
        if beside or late:
            last.append(each)
        else:
            found.append([each])
    return found


def latest(participants: Sequence[Participant]) -> list[Participant]:
    """Processes that were there when the last attempt began, or came after it; all, where none marks steps."""
    tries = attempts(participants)
    if not tries:
        return list(participants)
    offsets = _offsets(participants)
    began = min(each.begin_ns + offsets[key(each)] for each in tries[-1])
    return [each for each in participants if each.end_ns + offsets[key(each)] > began]


def outermost(participants: Sequence[Participant]) -> list[Participant]:
    """Processes that are inside no other of the run: what a child works, its parent's account has already."""
    known = {_own(each) for each in participants}
    ends: dict[tuple[str, int, int], int] = {}
    found = []
    for each in sorted(participants, key=lambda each: each.begin_ns):
        above = each.header.get("above")
        chain = [(each.boot, *pair) for pair in above if _pair(pair)] if isinstance(above, list) else []
        own = _own(each)
        if any(one in known for one in chain) or (own[1] and ends.get(own, each.begin_ns) > each.begin_ns):
            continue
        ends[own] = each.end_ns
        found.append(each)
    return found


def _own(participant: Participant) -> tuple[str, int, int]:
    pid, started = (whole(participant.header.get(name)) for name in ("pid", "pid_started"))
    return participant.boot, pid, started


def _pair(found: object) -> bool:
    return isinstance(found, list) and len(found) == 2 and all(isinstance(each, int) for each in found)
