"""The sampler: a small process that reads the sensors of a node and writes down what they say.

It is started by :mod:`thirdwatt.meter.launch` as ``python -I -S``, in a session of its own, as nobody's child. The
process that started it, its *owner*, holds the other end of a pipe: what that says, or the owner's end, finishes the
recording. One sampler a node and folder reads the sensors, see :mod:`.lead`; the others look every few seconds whether
it is their turn, and write down their own processes alone.
"""
# Paths are text here: pathlib costs an import 5 ms.
# ruff: noqa: PTH103, PTH105, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import select
import sys
import time

from . import segment
from .clock import Clock, boot_id, first_line, host_id, lineage, started_ticks
from .launch import FIRST
from .lead import Lead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .sensors.base import Channel, Sensor

HEADER_EVERY_S = 600.0
NODE_SEGMENT_S = 3600.0
"""A new file of a node's samples begins this often, so that a short run needs few of them."""

STEP_NS = 200_000_000
"""A change between two clocks that is written down."""

DESCRIPTORS = NODE_SPARE, RUN_SPARE, RING, DONE, CONTROL = tuple(range(FIRST, FIRST + 5))
"""What the owner shares: files in memory for what the disk does not take, its marks, and the ends of two pipes."""

OUT_OF_SIGHT = "finished out of sight: it closed what the meter had open, or became another program"
"""How a run ended whose owner went on when its pipe had closed."""

LATE = 2.5
"""Samples that are more intervals apart than this leave a gap."""

OWN_S = 5.0
"""Time between two looks at the processes of a run, and of a waiting sampler at the lock."""


class Config:
    """What a sampler is told when it is started; texts alone, as they come on a command line."""

    FIELDS = ("folder", "run", "name", "interval_s", "begin_ns", "pid", "rank", "root", "ring", "command", "owner",
              "restart", "passed")  # fmt: skip

    def __init__(self, **given: str) -> None:
        self.folder = given.get("folder", "")
        self.run = given.get("run", "run")
        self.name = given.get("name", "run")
        self.interval_s = max(0.01, float(given.get("interval_s") or 1.0))
        self.begin_ns = int(given.get("begin_ns") or 0)
        self.pid = int(given.get("pid") or 0)
        self.rank = int(given.get("rank") or 0)
        self.root = given.get("root") or "/"
        self.ring = given.get("ring", "")
        self.command = given.get("command", "")
        self.owner = int(given.get("owner") or self.pid)
        self.restart = given.get("restart", "")
        self.passed = given.get("passed", "")


def machine(host: str, boot: str) -> str:
    """Name of the folder of one boot of one machine."""
    safe = "".join(each if each.isalnum() or each in "-_." else "-" for each in host)[:64] or "host"
    return f"{safe}.{boot[:8] or 'unknown'}"


class Sampler:
    """Reads and writes until it is told to end.

    Parameters
    ----------
    config
        What is measured, and where it goes.
    clock
        Clocks; a test gives its own.
    found
        Gives the sensors of this machine.
    spares
        Descriptors that take what the disk does not: of the node's samples, and of the run's;
        and that of the marks, if they are to be copied.
    names
        Host and boot, if not those of this machine.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock | None = None,
        found: Callable[[], Sequence[Sensor]] | None = None,
        spares: tuple[int, int, int] = (-1, -1, -1),
        names: tuple[str, str] | None = None,
    ) -> None:
        self.config, self.clock = config, clock or Clock()
        self.host, self.boot = names or (host_id(), boot_id())
        self.leads = False
        self.samples = 0
        self._started = {pid: started_ticks(pid) for pid in (config.pid, config.owner)}
        self._found, self._spares = found, spares
        self._sensors: list[tuple[Sensor, list[Channel]]] = []
        self._channels: list[Channel] = []
        self._node: segment.Writer | None = None
        self._node_begin_s = self._node_header_s = self._own_s = self._tried_s = 0.0
        self._offsets = (0, 0)
        self._notes: list[dict[str, Any]] = []
        self._said = False
        here = machine(self.host, self.boot)
        if spares[2] >= 0 and not config.ring:
            config.ring = f"{here}.{config.pid}.{config.begin_ns}.ring"
        self._ring_s = 0.0
        self._nodes = os.path.join(config.folder, "nodes", here) if config.folder else ""
        self._place = Lead(self._nodes)
        self._run = segment.Writer(_path(config, here), spares[1])
        self._jobs: list[tuple[Sensor, list[Channel]]] = []
        self._job_channels: list[Channel] = []
        self._machine: dict[str, Any] = {}

    # --- beginning ------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Read for the first time, and write who records what: what is drawn before the first reading is lost."""
        now_ns = self.clock.monotonic_ns()
        try:
            self._open_job()
        except Exception as error:  # a sensor that raises breaks its promise, and must not end a recording
            self._notes.append({"processes": f"{type(error).__name__}: {error}"})
        first = self._own_values(now_ns)
        self._lead(now_ns)
        self._run.write("H", segment.dumped(self._header("run", [*self._job_channels, OWN_CHANNEL])), now_ns * 1e-9)
        self._run.write("S", segment.sample(0, now_ns, first), now_ns * 1e-9)
        self._clocks(now_ns, [self._run], always=True)
        self.sample()
        if not self.leads:
            self._place.ask()

    def _header(self, what: str, channels: Sequence[Sequence[Any]]) -> dict[str, Any]:
        config = self.config
        document: dict[str, Any] = {
            "v": segment.VERSION,
            "n": 0,
            "what": what,
            "run": config.run,
            "host": self.host,
            "boot": self.boot,
            "pid": config.pid,
            "pid_started": self._started[config.pid],
            "owner": config.owner,
            "owner_started": self._started[config.owner],
            "sampler": os.getpid(),
            "sampler_started": started_ticks(os.getpid()),
            "interval_s": config.interval_s,
            "begin_ns": config.begin_ns,
            "channels": [list(each) for each in channels],
        }
        if what == "run":
            document |= {
                "name": config.name,
                "rank": config.rank,
                "restart": config.restart,
                "ring": config.ring,
                "command": config.command,
                "above": lineage(config.pid),
                **self._machine,
            }
        return document

    def _lead(self, now_ns: int) -> None:
        """Become the one that reads the sensors, if nobody else is."""
        self._tried_s = now_ns * 1e-9
        if not self._place.take(self.config.interval_s):
            return
        self.leads = True
        try:
            self._open()
        except Exception as error:  # as above
            self._notes.append({"sensors": f"{type(error).__name__}: {error}"})
        now_ns = self.clock.monotonic_ns()
        first = self._readings(now_ns, self._sensors, self._channels)
        for sensor, _ in self._sensors:
            self._notes += [{"sensor": sensor.name, "note": str(each)} for each in getattr(sensor, "notes", ())]
        self._begin_node(now_ns)
        if self._node is not None:
            self._node.write("S", segment.sample(0, now_ns, first), now_ns * 1e-9)
            self.samples += 1

    def _open(self) -> None:
        if self._found is not None:
            sensors = self._found()
        else:
            from .sensors import available
            from .sensors.visible import whole

            sensors = available(root=self.config.root, environ=whole(os.environ))  # for all ranks, not for this alone
        for sensor in sensors:
            channels = list(sensor.open())
            if channels:
                self._sensors.append((sensor, channels))
                self._channels += channels

    def _open_job(self) -> None:
        """What is of this run alone: its processes, which are those that this kernel knows, wherever sensors are."""
        from .sensors import accelerators, make, model, visible
        from .sensors.allotment import allotment, positive

        told = model.host(self.config.root)
        self._machine = {
            "processor": told.processor,
            "packages": told.packages,
            "threads": told.threads,
            "memory_byte": told.memory_bytes,
            "virtual": told.virtual,
            "package_w": positive(os.environ.get(model.STATED, ""), 1e4),
            "allotted": allotment(self.config.root, os.environ, self.config.pid)._asdict(),
        }
        if os.environ.get("SLURM_JOB_ID", "").isdigit():
            self._machine["slurm_job"] = os.environ["SLURM_JOB_ID"]
        if any(name in os.environ for name in visible.VARIABLES):
            self._machine["devices"] = accelerators(self.config.root, os.environ)
        for name in ("procfs", "cgroup"):
            sensor = make(name, pid=self.config.pid)
            channels = [each for each in (sensor.open() if sensor.probe().ok else ()) if each.scope == "job"]
            if channels:
                self._jobs.append((sensor, channels))
                self._job_channels += channels

    def _begin_node(self, now_ns: int) -> None:
        """A new file of samples."""
        if self._node is not None:
            self._node.close()
        self._node_begin_s = self._node_header_s = now_ns * 1e-9
        path = os.path.join(self._nodes, f"{now_ns:020d}.{os.getpid()}.seg") if self._nodes else ""
        self._node = segment.Writer(path, self._spares[0])
        self._node.write("H", segment.dumped(self._header("node", self._channels)), now_ns * 1e-9)
        self._clocks(now_ns, [self._node], always=True)

    # --- sampling -------------------------------------------------------------------------------------------------

    def sample(self) -> None:
        """Read everything that is due, once."""
        now_ns = self.clock.monotonic_ns()
        now_s = now_ns * 1e-9
        if not self.leads and now_s - self._tried_s >= OWN_S:
            self._lead(now_ns)
        if self.leads and self._node is not None:
            if now_s - self._node_begin_s >= NODE_SEGMENT_S:
                self._begin_node(now_ns)
            elif now_s - self._node_header_s >= HEADER_EVERY_S:
                self._node_header_s = now_s
                self._node.write("H", segment.dumped(self._header("node", self._channels)), now_s)
            self._clocks(now_ns, [self._node, self._run])
            self._node.write(
                "S", segment.sample(0, now_ns, self._readings(now_ns, self._sensors, self._channels)), now_s
            )
            self.samples += 1
        elif not self.leads:
            self._clocks(now_ns, [self._run])
        if now_s - self._own_s >= OWN_S:
            self._own_s = now_s
            self._run.write("S", segment.sample(0, now_ns, self._own_values(now_ns)), now_s)
        for note in self._notes:
            self._run.write("N", segment.dumped(note), now_s)
        self._notes = []
        if self._spares[2] >= 0 and now_s - self._ring_s >= segment.SYNC_S:
            self._copy_ring(now_s)
        self._warn()

    def _readings(
        self, now_ns: int, sensors: Sequence[tuple[Sensor, list[Channel]]], channels: Sequence[Channel]
    ) -> list[tuple[float | None, int] | None]:
        values: dict[str, tuple[float | None, int]] = {}
        for sensor, _ in sensors:
            try:
                for reading in sensor.read(now_ns):
                    values[reading.channel] = (reading.value, reading.t_ns)
            except Exception:  # noqa: S112 - as above; the sample has no value for it, which is what there is to say
                continue
        return [values.get(channel.id) for channel in channels]

    def _own_values(self, now_ns: int) -> list[tuple[float | None, int] | None]:
        """What the processes that are measured used, and what measuring itself took."""
        values = self._readings(now_ns, self._jobs, self._job_channels)
        return [*values, (round(time.process_time(), 6), now_ns)]

    def _copy_ring(self, now_s: float) -> None:
        """Write the marks into the run's folder, whole or not at all, if no file of a name holds them."""
        self._ring_s = now_s
        if not self.config.folder:
            return
        path = os.path.join(self.config.folder, "runs", self.config.run, self.config.ring)
        try:
            if os.fstat(self._spares[2]).st_nlink:
                return
            os.makedirs(os.path.dirname(path), exist_ok=True)
            data = os.pread(self._spares[2], os.fstat(self._spares[2]).st_size, 0)
            with open(path + ".part", "wb") as file:
                file.write(data)
            os.replace(path + ".part", path)
        except OSError:
            return  # the measured process has them still, and says them at its end

    def _clocks(self, now_ns: int, writers: Sequence[segment.Writer], always: bool = False) -> None:
        boot_ns, wall_ns = self.clock.boot_ns(), self.clock.wall_ns()
        offsets = (boot_ns - now_ns, wall_ns - now_ns)
        if always or any(abs(new - old) > STEP_NS for new, old in zip(offsets, self._offsets, strict=True)):
            self._offsets = offsets
            for writer in writers:
                writer.write("C", f"{now_ns} {boot_ns} {wall_ns}", now_ns * 1e-9)

    def _warn(self) -> None:
        """Say once that something cannot be written."""
        trouble = self._run.trouble or (self._node.trouble if self._node else "")
        if trouble and not self._said:
            self._said = True
            if self.config.folder:
                say(f"{trouble}; samples are kept in memory until they can be written")

    # --- end ------------------------------------------------------------------------------------------------------

    def end(self, how: str) -> None:
        """Read for the last time and finish the files; that of the run says how it ended, unless it does already."""
        self._own_s = self._tried_s = self._ring_s = 0.0
        if not self.leads:
            self._tried_s = self.clock.monotonic_ns() * 1e-9  # nobody takes over at the very end
            self._place.answered()
        self.sample()
        now_ns = self.clock.monotonic_ns()
        document = {"how": how, "t_ns": now_ns, "samples": self.samples, "cpu_s": round(time.process_time(), 6)}
        dropped = self._run.dropped + (self._node.dropped if self._node else 0)
        if dropped:
            document["dropped"] = dropped
        if self._node is not None:
            self._node.write("E", segment.dumped(document), now_ns * 1e-9)
            self._node.close()
        if how:
            self._run.write("E", segment.dumped(document), now_ns * 1e-9)
        self._run.close()
        self._warn()
        for sensor, _ in [*self._sensors, *self._jobs]:
            try:
                sensor.close()
            except Exception:  # noqa: S112
                continue
        self._place.close()

    # --- life -----------------------------------------------------------------------------------------------------

    def loop(self, control: int) -> str:
        """Sample until the owner says how the run ended, or has ended itself; the words for it, empty if it said all.

        The pipe also closes where the owner becomes another program or closes all it has open. It is the job still
        then, and is measured until it ends or has written down the end itself.
        """
        interval_ns = int(self.config.interval_s * 1e9)
        os.set_blocking(control, False)
        watched = _watched(self.config.owner)
        said, heard = b"", True
        due_ns = self.clock.monotonic_ns() + interval_ns
        while True:
            wait_ns = due_ns - self.clock.monotonic_ns()
            if not self.leads:
                wait_ns = max(wait_ns, int(OWN_S * 1e9))
            place = self._place
            ready = _ready((control if heard else -1, watched, place.asked, place.asking), wait_ns)
            if place.asked in ready:
                place.heard()
                self.sample()
            elif place.asking in ready:
                self._lead(self.clock.monotonic_ns())
            if control in ready or watched in ready:
                said += (part := _read(control))
                if b"\n" in said:
                    return said.decode("ascii", "replace").strip() or "killed"
                if not part and heard:
                    heard = False
                    if not self._goes_on():
                        return "killed"
            if watched in ready or (watched < 0 and not self._lives()):
                return "killed" if heard else OUT_OF_SIGHT
            if not heard and self._run.grown():
                return ""
            if ready:
                continue
            self.sample()
            now_ns = self.clock.monotonic_ns()
            due_ns += interval_ns
            if due_ns <= now_ns:  # late by whole intervals: they are gone, and the deadlines keep their places
                due_ns += (now_ns - due_ns) // interval_ns * interval_ns + interval_ns

    def _lives(self) -> bool:
        """Whether the owner is there."""
        owner = self.config.owner
        return 0 < started_ticks(owner) == self._started[owner]

    def _goes_on(self) -> bool:
        """Whether the owner runs a program: one that is ending has no command line any more when its files close."""
        return self._lives() and bool(first_line(f"/proc/{self.config.owner}/cmdline"))


def _path(config: Config, here: str) -> str:
    """The file of a process of a run; empty if there is no folder for it."""
    name = f"{here}.{config.pid}.{config.begin_ns}.seg"
    return os.path.join(config.folder, "runs", config.run, name) if config.folder else ""


def ended(config: Config, how: str) -> None:
    """Write down how a run ended whose sampler does not: it was killed, or can no longer be told."""
    own = Sampler(config)
    now_ns = own.clock.monotonic_ns()
    path = _path(config, machine(own.host, own.boot))
    if not segment.head(path):
        own._run.write("H", segment.dumped(own._header("run", [])), now_ns * 1e-9)
    own._run.torn()
    own._run.write("E", segment.dumped({"how": how, "t_ns": now_ns, "unseen": True}), now_ns * 1e-9)
    own._run.close()


def _ready(descriptors: Sequence[int], wait_ns: int) -> set[int]:
    """Which of these have something to say, or are closed at their other end, within some time."""
    poll = select.poll()
    for fd in descriptors:
        if fd >= 0:
            poll.register(fd, select.POLLIN)
    return {fd for fd, _ in poll.poll(max(0, wait_ns // 1_000_000 + 1))}


def _watched(pid: int) -> int:
    """A descriptor that is ready once a process has ended; -1 where this system has none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 256)
    except OSError:
        return b""


OWN_CHANNEL = ("sampler:cpu", "thirdwatt", "process", "job", "counter", "s", 0, "processor time of the sampler itself")
"""What measuring takes, in the form of a channel of a sensor."""


def say(text: str) -> None:
    """One line for a person, where errors go; nothing if there is no such place."""
    try:
        os.write(2, f"thirdwatt: {text}\n".encode("utf-8", "replace"))
    except OSError:
        return


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a sampler: arguments are the fields of :class:`Config`, in order."""
    given: Mapping[str, str] = dict(zip(Config.FIELDS, sys.argv[1:] if arguments is None else arguments, strict=False))
    import signal
    from contextlib import suppress

    with suppress(OSError):  # it was started in one
        os.setsid()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(each, signal.SIG_IGN)  # this process is ours; it ends with what it measures
    passed = given.get("passed", "")
    ours = [fd if passed[place : place + 1] == "1" else -1 for place, fd in enumerate(DESCRIPTORS)]
    for fd in {*DESCRIPTORS} - {*ours}:
        with suppress(OSError):  # whatever it is, it is the trainer's and not ours
            os.close(fd)
    os.closerange(DESCRIPTORS[-1] + 1, 1 << 16)
    try:
        os.chdir("/")
        with suppress(OSError):
            os.write(DONE, b"%d\n" % os.getpid())
        sampler = Sampler(Config(**given), spares=(ours[0], ours[1], ours[2]))
        sampler.begin()
        sampler.end(sampler.loop(CONTROL))
        with suppress(OSError):
            os.write(DONE, b".")
    except Exception as error:  # whatever it is, the measured process is none the worse
        say(f"the recording stopped: {type(error).__name__}: {error}")
