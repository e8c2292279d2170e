"""Runs as they lie on disk: listed, opened, merged. Everything is read from segments and rings.

::

    <folder>/nodes/<host>.<boot>/<begin>.<sampler>.seg     what the sensors of a node said, an hour a file
    <folder>/runs/<id>/<host>.<boot>.<pid>.<begin>.seg     a process of a run: since when, until when, its processes
    <folder>/runs/<id>/<host>.<pid>.<begin>.ring           its marks
    <folder>/runs/<id>/summary.json                        its result, see :mod:`.result`

A run is a set of windows on the samples of its nodes, so several runs, ranks or trackers of one node share them.
"""
# Paths are text here: pathlib costs an import 5 ms.
# ruff: noqa: PTH103, PTH105, PTH110, PTH112, PTH116, PTH118, PTH119, PTH202, PTH208

from __future__ import annotations

import os
import time

from thirdwatt.meter import ring, segment
from thirdwatt.meter.clock import boot_id, content, started_ticks
from thirdwatt.meter.run import folder, safe
from thirdwatt.meter.sampler import NODE_SEGMENT_S
from thirdwatt.meter.segment import number_of, whole

from . import attempts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from .spans import Span

FINISHED, KILLED, RUNNING = "finished", "killed", "running"
SLACK_S = 120.0
FRESH_S = 30.0
"""A segment of another machine that was written to so recently is held to be growing."""


class Participant:
    """One process of a run.

    Attributes
    ----------
    begin_ns, end_ns
        Its window, by the monotonic clock of its boot.
    restart
        Which start of the job it belongs to, as its launcher counts; empty where that is not known.
    state
        ``finished``, ``killed`` or ``running``.
    how
        How it ended, in its own words.
    sampled
        Whether all of it was sampled: its sampler may have been killed alone.
    """

    def __init__(self, part: segment.Segment, marks: ring.Marks, age_s: float = 1e9) -> None:
        header: dict[str, Any] = part.headers.get(0) or {}
        self.segment, self.marks, self.header = part, marks, header
        self.host, self.boot = str(header.get("host", "")), str(header.get("boot", ""))
        self.rank = whole(header.get("rank"))
        self.restart = str(header.get("restart") or "")
        times = [each[1] for each in part.samples] + [each[0] for each in part.clocks]
        self.begin_ns = whole(header.get("begin_ns")) or marks.began_ns or min(times, default=0)
        end = part.end or {}
        self.how = str(end.get("how", ""))
        if part.end is not None:
            self.state = FINISHED if self.how.startswith(FINISHED) else KILLED
        elif self._alive("sampler") or self._alive("owner") or (self.boot != boot_id() and age_s < FRESH_S):
            self.state = RUNNING
        else:
            self.state = KILLED
        here = self.state == RUNNING and self.boot == boot_id()
        self.sampled = not end.get("unseen") and (not here or self._alive("sampler"))
        seen = max([self.begin_ns, marks.last_ns, *times])
        self.end_ns = max(whole(end.get("t_ns")) or seen, self.begin_ns)
        if self.state == RUNNING and self.boot == boot_id():
            self.end_ns = max(self.end_ns, time.monotonic_ns())

    def _alive(self, name: str) -> bool:
        started = whole(self.header.get(f"{name}_started"))
        return self.boot == boot_id() and 0 < started == started_ticks(whole(self.header.get(name)))

    @property
    def start_s(self) -> float:
        """When it began, by the wall clock as it stood then; 0 if that is not known."""
        if not self.segment.clocks:
            return 0.0
        monotonic, _, wall = self.segment.clocks[0]
        return float(wall - monotonic + self.begin_ns) * 1e-9


class Nodes:
    """Segments of samples, each read when it is looked at: those of a long run need not be in memory together."""

    def __init__(self, parts: Iterable[str | segment.Segment] = ()) -> None:
        self.parts = list(parts)

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, place: int) -> segment.Segment:
        part = self.parts[place]
        return segment.read(part) if isinstance(part, str) else part

    def __iter__(self) -> Iterator[segment.Segment]:
        return (self[place] for place in range(len(self.parts)))


class Record:
    """A run as it is on disk.

    Attributes
    ----------
    participants
        Its processes, by rank.
    nodes
        Segments of samples that may touch its windows.
    """

    def __init__(self, name: str, where: str, participants: list[Participant], nodes: Nodes) -> None:
        self.id, self.dir = name, where
        self.participants = sorted(participants, key=lambda each: (each.rank, each.host, each.begin_ns))
        self.nodes = nodes

    @property
    def name(self) -> str:
        """What it was called."""
        return next((str(each.header["name"]) for each in self.participants if each.header.get("name")), self.id)

    @property
    def state(self) -> str:
        """``running`` if any of its processes is; else ``killed`` if any of its last attempt was; else ``finished``."""
        states = {each.state for each in attempts.latest(self.participants)}
        return RUNNING if RUNNING in states else FINISHED if states == {FINISHED} else KILLED

    @property
    def finished(self) -> bool:
        """Whether all of it ended by itself."""
        return self.state == FINISHED

    @property
    def start_s(self) -> float:
        """When it began, by the wall clock."""
        return min((each.start_s for each in self.participants if each.start_s), default=0.0)


def ids(where: str | None = None) -> list[str]:
    """Ids of the runs of a folder."""
    try:
        with os.scandir(os.path.join(folder(where), "runs")) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except OSError:
        return []


def opened(name: str, where: str | None = None) -> Record:
    """A run; without participants if there is none of that name."""
    place = folder(where)
    here = os.path.join(place, "runs", safe(name))
    participants = []
    used: set[str] = set()
    for entry in _listed(here, ".seg"):
        path = os.path.join(here, entry)
        part = segment.read(path)
        marks_name = os.path.basename(str((part.headers.get(0) or {}).get("ring", "")))
        marks = ring.read(os.path.join(here, marks_name)) if marks_name else ring.Marks()
        used.add(marks_name)
        participants.append(Participant(part, marks, _age_s(path)))
    for entry in _listed(here, ".ring"):
        if entry not in used:  # its sampler wrote nothing
            marks = ring.read(os.path.join(here, entry))
            if marks.ok:
                participants.append(Participant(segment.parsed(b""), marks))
    return Record(name, place, participants, Nodes(node_files(place, windows(participants))))


def of_memory(where: str, name: str, node: bytes, run: bytes, marks: bytes | None) -> Record:
    """A run from what could not be written, and from what could."""
    record = opened(name, where)
    here = segment.parsed(run)
    kept = ring.parsed(marks) if marks else ring.Marks()
    if here.headers or not record.participants:
        record.participants.append(Participant(here, kept))
    elif here.samples or here.end:
        for part in record.participants:
            if not part.segment.end:
                joined = _joined(part.segment, here)
                record.participants[record.participants.index(part)] = Participant(joined, part.marks)
                break
    if node:
        record.nodes.parts.append(_mended(segment.parsed(node), record.nodes))
    return record


def _joined(first: segment.Segment, then: segment.Segment) -> segment.Segment:
    return segment.Segment(
        first.path, {**then.headers, **first.headers}, first.samples + then.samples, first.clocks + then.clocks,
        first.notes + then.notes, then.end or first.end, first.bad + then.bad,
    )  # fmt: skip


def _mended(kept: segment.Segment, nodes: Nodes) -> segment.Segment:
    """Samples whose header is on disk get it from there."""
    return kept._replace(headers=nodes[-1].headers) if not kept.headers and nodes else kept


def windows(participants: Iterable[Participant]) -> dict[str, Span]:
    """From when to when processes of the run were on, by the beginning of the boot's name that folders bear."""
    found: dict[str, Span] = {}
    for each in participants:
        boot = each.boot[:8] or "unknown"
        begin, end = found.get(boot, (each.begin_ns, each.end_ns))
        found[boot] = min(begin, each.begin_ns), max(end, each.end_ns)
    return found


def node_files(place: str, windows: Mapping[str, Span]) -> list[str]:
    """Segments of samples that may touch these windows, those of the shortest intervals first."""
    parts: list[tuple[float, int, str]] = []
    above = os.path.join(place, "nodes")
    for boot, (begin, end) in windows.items():
        first = begin - int((NODE_SEGMENT_S + SLACK_S) * 1e9)
        for machine in _listed(above, f".{boot}"):
            for entry in _listed(os.path.join(above, machine), ".seg"):
                since = entry.partition(".")[0]
                if since.isdigit() and first <= int(since) <= end:
                    path = os.path.join(above, machine, entry)
                    parts.append((number_of(segment.head(path).get("interval_s"), 1.0), int(since), path))
    return [path for *_, path in sorted(parts)]


def merge(sources: Iterable[str], into: str, name: str = "") -> list[str]:
    """Copy what several folders hold into one, and say the ids it has then.

    Files that several folders have are the same ones, the longest copy of which is whole; so merging twice, or what
    was merged before, changes nothing. With a name, all runs become one of that name.

    Parameters
    ----------
    sources
        Folders of runs (as ``.thirdwatt``).
    into
        The folder that holds all of them afterwards.
    name
        Id of the one run that all become; by default runs of one id become one.
    """
    for source in sources:
        for kind in ("nodes", "runs"):
            above = os.path.join(source, kind)
            for group in _listed(above, ""):
                if not os.path.isdir(os.path.join(above, group)):
                    continue
                target = os.path.join(into, kind, safe(name) if name and kind == "runs" else group)
                os.makedirs(target, exist_ok=True)
                for entry in _listed(os.path.join(above, group), ""):
                    if entry.endswith((".seg", ".ring")):
                        _longer(os.path.join(above, group, entry), os.path.join(target, entry))
    return ids(into)


def _longer(source: str, target: str) -> None:
    """Copy a file where it holds more than the one that is there; links and devices are no files of a run."""
    if os.path.islink(target):  # noqa: PTH114
        return
    if os.path.exists(target) and _held(target) >= _held(source):
        return
    aside = f"{target}.{os.getpid()}.part"
    try:
        data = content(source)
    except OSError:
        return
    fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
    os.replace(aside, target)


def _held(path: str) -> int:
    """How much a file holds: marks of a ring, which has its size from the start; bytes of anything else."""
    if not path.endswith(".ring"):
        return os.path.getsize(path)
    return sum(marks for marks, _, _ in ring.read(path).totals.values())


def _listed(where: str, ending: str) -> list[str]:
    try:
        return sorted(entry for entry in os.listdir(where) if entry.endswith(ending))
    except OSError:
        return []


def _age_s(path: str) -> float:
    try:
        return time.time() - os.stat(path).st_mtime
    except OSError:
        return 1e9
