"""A machine whose power is known: a tree of powercap files that somebody moves on."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from thirdwatt.meter import clock
from thirdwatt.meter.analysis import store
from thirdwatt.meter.sensors.base import Channel, Probe, Reading

SOURCE = str(Path(__file__).parents[2] / "src")
WRAP_UJ = 262_143_328_850


@contextmanager
def machine(root: Path, watts: float = 100.0, start_uj: int = 1_000_000) -> Iterator[Path]:
    """A package that draws so many watts, as long as the context lasts."""
    zone = root / "sys/class/powercap/intel-rapl:0"
    zone.mkdir(parents=True)
    (zone / "name").write_text("package-0\n")
    (zone / "max_energy_range_uj").write_text(f"{WRAP_UJ}\n")
    (root / "proc").mkdir()
    began = time.monotonic()
    over = threading.Event()

    def move(fd: int) -> None:
        counted = int((time.monotonic() - began) * watts * 1e6) + start_uj
        os.pwrite(fd, b"%020d\n" % (counted % WRAP_UJ), 0)

    fd = os.open(zone / "energy_uj", os.O_WRONLY | os.O_CREAT)
    move(fd)

    def drive() -> None:
        while not over.wait(0.004):
            move(fd)

    thread = threading.Thread(target=drive)
    thread.start()
    try:
        yield root
    finally:
        over.set()
        thread.join()
        os.close(fd)


def box(root: Path, threads: int = 8, memory_kb: int = 64_000_000, files: dict[str, str] | None = None) -> Path:
    """What a machine says of itself, and its files by name with ``__`` for each step down."""
    told = {
        "proc__cpuinfo": "".join(f"processor : {each}\nphysical id : 0\n" for each in range(threads)),
        "proc__meminfo": f"MemTotal: {memory_kb} kB\n",
        **(files or {}),
    }
    for name, text in told.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def recorded(where: Path) -> list[store.Record]:
    """All runs of a folder."""
    return [store.opened(each, str(where)) for each in store.ids(str(where))]


def python(code: str, *arguments: str, environ: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """A process that runs some code with this source tree."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THIRDWATT")}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        env={**environment, "PYTHONPATH": SOURCE, **(environ or {})},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


class Scripted:
    """A sensor that says what a function of time says."""

    name = "scripted"

    def __init__(self, channels: Sequence[Channel], say: Callable[[str, int], float | None]) -> None:
        self.notes: list[str] = []
        self.channels, self.say = channels, say
        self.closed = False

    def probe(self) -> Probe:
        return Probe(True, "", "")

    def open(self) -> Sequence[Channel]:
        return self.channels

    def read(self, now_ns: int) -> list[Reading]:
        return [Reading(each.id, self.say(each.id, now_ns), now_ns) for each in self.channels]

    def close(self) -> None:
        self.closed = True


def channel(name: str, component: str = "accelerator", kind: str = "counter", wrap: float = 0.0) -> Channel:
    unit = "J" if kind == "counter" else "W"
    return Channel(f"fake:{name}:{kind}", name, component, "device", kind, unit, wrap, f"scripted {kind}")


class Clock(clock.Clock):
    """Clocks that go as a test says."""

    def __init__(self) -> None:
        self.now_ns, self.slept_ns, self.wall_offset_ns = 1_000_000_000_000, 0, 1_700_000_000_000_000_000
        self.monotonic_ns = lambda: self.now_ns
        self.boot_ns = lambda: self.now_ns + self.slept_ns
        self.wall_ns = lambda: self.now_ns + self.wall_offset_ns
