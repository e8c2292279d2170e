"""The meter beside other trackers, in one run on one machine: ``python benchmarks/meter_peers.py [--quick]``.

Every tool has an environment of its own and runs the same jobs, one after the other, in turns. As root the jobs run in
name spaces of their own: without a network, so that nothing is sent, and with a tree of RAPL counters whose energy is
known, at the place where the kernel would show them. Without root the cases that need these are left out, with a word.

A tool is one entry of ``TOOLS``; a case is one function in ``CASES``.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import math
import os
import random
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parents[1] / "src"
PAGE = Path(__file__).parents[1] / "docs" / "meter-compared.md"
BEGIN, END = "<!-- begin -->", "<!-- end -->"

IDLE_W, CORE_W, MEMORY_W = 40.0, 15.0, 4.0
"""The scripted machine: a package at rest, what each busy core adds to it, and its memory."""

MOVE_S = 0.01
"""Time between two steps of the counters."""

LONGEST_S = 90.0
"""A job that takes longer is ended, and said to hang."""

MS = 1e3


# --- tools --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tool:
    """A tracker: what installs it, and code that begins, ends and reads back what it measures.

    The code defines ``begin(folder, name)``, which gives a tracker that measures; ``end(tracker, folder)``, which ends
    it and says ``{"joules", "seconds", …}``; and ``kept(folder)``, the same read back from the files it left, added up
    over all trackers as the tool documents it. Joules are ``None`` where a tool gives none.
    """

    name: str
    packages: tuple[str, ...]
    imports: str
    code: str
    says: str
    """What its console shows of a result, if it does: a regular expression."""
    label: str
    """What its result says of where the energy comes from, if that is always the same."""
    reaches: str
    """What it looks for on the network."""


THIRDWATT = Tool(
    "thirdwatt",
    (),
    "import thirdwatt; thirdwatt.measure",
    """
import os, thirdwatt
def begin(folder, name):
    return thirdwatt.measure(name, dir=os.path.join(folder, "runs.d"))
def figures(found):
    parts = [each["energy_j"] for each in found["devices"] if each["measured_s"]]
    if parts:
        three = [sum(each[key] for each in parts) for key in ("value", "low", "high")]
    else:
        three = [found["modelled_j"][key] if found["modelled_j"] else None for key in ("value", "low", "high")]
    return {"joules": three[0], "low": three[1], "high": three[2], "seconds": found["duration_s"],
            "label": "measured" if parts else "modelled", "node_j": found["energy_j"], "own_cpu_s": found["own_cpu_s"],
            "state": found["state"], "bad_lines": found["bad_lines"]}
def told(record):
    from thirdwatt.meter.analysis import summary
    last = max((each[1] for part in record.nodes for each in part.samples), default=0)
    begin = min(each.begin_ns for each in record.participants)
    return {**figures(summary.summarised(record)), "last_s": (last - begin) * 1e-9}
def end(run, folder):
    run.close()
    return figures(run.result)
def kept(folder):
    import tempfile
    from thirdwatt.meter.analysis import store
    where = os.path.join(folder, "runs.d")
    records = [store.opened(each, where) for each in store.ids(where)]
    added = sum(told(each)["joules"] or 0.0 for each in records)
    if len(records) > 1:
        with tempfile.TemporaryDirectory() as into:
            [one] = store.merge([where], into, "all")
            found = told(store.opened(one, into))
    else:
        found = told(records[0])
    return {**found, "runs": len(records), "added_j": added}
""",
    r"(\d[\d.]* (?:[kM]?J|[kM]Wh)\b.*)",
    "",
    "nothing",
)

CODECARBON = Tool(
    "codecarbon",
    ("codecarbon==3.3.2",),
    "from codecarbon import OfflineEmissionsTracker",
    """
import csv, os
from codecarbon import OfflineEmissionsTracker
def begin(folder, name):
    tracker = OfflineEmissionsTracker(
        country_iso_code="FRA", measure_power_secs=1, output_dir=folder, project_name=name)
    tracker.start()
    return tracker
def end(tracker, folder):
    tracker.stop()
    data = getattr(tracker, "final_emissions_data", None)
    if data is None:
        return {"joules": None, "seconds": None}
    return {"joules": data.energy_consumed * 3.6e6, "seconds": data.duration, "cpu_j": data.cpu_energy * 3.6e6,
            "memory_j": data.ram_energy * 3.6e6, "cpu_w": data.cpu_power, "memory_w": data.ram_power}
def kept(folder):
    with open(os.path.join(folder, "emissions.csv")) as file:
        rows = list(csv.DictReader(file))
    return {"joules": sum(float(each["energy_consumed"]) for each in rows) * 3.6e6,
            "seconds": max(float(each["duration"]) for each in rows)}
""",
    r"(\d[\d.e-]* kWh of electricity)",
    "unlabelled",
    "offline class: nothing; its default class asks a geolocation service",
)

ZEUS = Tool(
    "zeus",
    ("zeus==0.16.0",),
    "from zeus.monitor import ZeusMonitor",
    """
import csv, os
from zeus.monitor import ZeusMonitor
def begin(folder, name):
    monitor = ZeusMonitor(log_file=os.path.join(folder, f"{name}-{os.getpid()}.csv"))
    monitor.begin_window(name)
    return monitor, name
def end(tracker, folder):
    found = tracker[0].end_window(tracker[1])
    parts = [*(found.cpu_energy or {}).values(), *(found.dram_energy or {}).values()]
    return {"joules": sum(parts) if parts else None, "seconds": found.time}
def kept(folder):
    seconds = []
    for name in os.listdir(folder):
        if name.endswith(".csv"):
            with open(os.path.join(folder, name)) as file:
                seconds += [float(each["elapsed_time"]) for each in csv.DictReader(file)]
    return {"joules": None, "seconds": max(seconds)}
""",
    "",
    "unlabelled (it never estimates)",
    "nothing",
)

CARBONTRACKER = Tool(
    "carbontracker",
    ("carbontracker==2.4.7",),
    "from carbontracker.tracker import CarbonTracker",
    """
from carbontracker.tracker import CarbonTracker
def begin(folder, name):
    tracker = CarbonTracker(epochs=1, epochs_before_pred=0, log_dir=folder, log_file_prefix=name)
    tracker.epoch_start()
    return tracker
def end(tracker, folder):
    thread = tracker.tracker
    tracker.epoch_end()
    joules = float(thread.total_energy_per_epoch().sum()) * 3.6e6
    return {"joules": joules, "seconds": sum(thread.epoch_times)}
def kept(folder):
    from carbontracker import parser
    found = [each["actual"] for each in parser.parse_all_logs(folder)]
    return {"joules": sum(each["energy (kWh)"] for each in found) * 3.6e6,
            "seconds": max(each["duration (s)"] for each in found)}
""",
    r"Energy:\s*(-?\d[\d.]* kWh)",
    "unlabelled",
    "a geolocation service, at every start; no option turns it off",
)

ECO2AI = Tool(
    "eco2ai",
    ("eco2ai==0.3.12", "pandas<3"),
    "import eco2ai",
    """
import csv, os, eco2ai
def begin(folder, name):
    tracker = eco2ai.Tracker(project_name=name, experiment_description="job", measure_period=1, alpha_2_code="FR",
                             file_name=os.path.join(folder, "emission.csv"), ignore_warnings=True)
    tracker.start()
    return tracker
def rows(folder):
    with open(os.path.join(folder, "emission.csv")) as file:
        return list(csv.DictReader(file))
def end(tracker, folder):
    mine = tracker.id()
    tracker.stop()
    [row] = [each for each in rows(folder) if each["id"] == mine]
    return {"joules": float(row["power_consumption(kWh)"]) * 3.6e6, "seconds": float(row["duration(s)"]),
            "processor": row["CPU_name"]}
def kept(folder):
    return {"joules": sum(float(each["power_consumption(kWh)"]) for each in rows(folder)) * 3.6e6,
            "seconds": max(float(each["duration(s)"]) for each in rows(folder))}
""",
    "",
    "unlabelled",
    "with a country code: nothing; else a geolocation service",
)

TOOLS = (THIRDWATT, CODECARBON, ZEUS, CARBONTRACKER, ECO2AI)


# --- the job ------------------------------------------------------------------------------------------------------

JOB = """
import json, os, subprocess, sys, time
spec = json.loads(sys.argv[1])
def say(kind, **what):
    os.write(1, ("\\n@" + json.dumps({"is": kind, **what}) + "\\n").encode())
def counted():
    total = 0
    for path in spec["counters"]:
        with open(path) as file:
            total += int(file.read())
    return total * 1e-6
def halfway():
    if spec["halfway"] == "clock":
        open(spec["trigger"], "w").close()
    elif spec["halfway"] == "fill":
        try:
            with open(os.path.join(spec["folder"], "filler"), "wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        except OSError:
            pass
def busy(until):
    while time.monotonic() < until:
        sum(range(1000))
def work():
    until = time.monotonic() + spec["seconds"]
    if spec["work"] == "core":
        busy(until)
    elif spec["work"] == "children":
        code = "import time\\nwhile time.monotonic() < %r: sum(range(1000))" % until
        for each in [subprocess.Popen([sys.executable, "-S", "-c", code]) for _ in range(2)]:
            each.wait()
    else:
        time.sleep(spec["seconds"] / 2)
        halfway()
        time.sleep(max(0.0, until - time.monotonic()))
names = {}
cpu, wall = time.process_time(), time.monotonic()
exec(spec["imports"], names)
say("imported", cpu_s=time.process_time() - cpu, wall_s=time.monotonic() - wall)
exec(spec["code"], names)
trackers, took = [], []
asked = time.monotonic()
for number in range(spec["trackers"]):
    before = time.monotonic()
    trackers.append(names["begin"](spec["folder"], f"job{number}"))
    took.append(time.monotonic() - before)
say("begun", asked=asked, took=took, at=time.monotonic(), pid=os.getpid())
first, began = counted(), time.monotonic()
work()
truth, lasted = counted() - first, time.monotonic() - began
say("worked", truth_j=truth, seconds=lasted)
before = time.monotonic()
results = [names["end"](each, spec["folder"]) for each in trackers]
say("ended", results=results, took=time.monotonic() - before)
"""

READ = """
import json, sys
names = {}
exec(sys.argv[1], names)
sys.stdout.write("\\n@" + json.dumps(names["kept"](sys.argv[2])) + "\\n")
"""

ENTER = """
import json, os, subprocess, sys
spec, command = json.loads(sys.argv[1]), sys.argv[2:]
def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)
here = "/sys/class/powercap"
if os.path.isdir("/sys/devices/virtual/powercap"):
    mount("-t", "tmpfs", "none", "/sys/devices/virtual/powercap")
if os.path.isdir(here):
    mount(*(("--bind", spec["tree"]) if spec["tree"] else ("-t", "tmpfs", "none")), here)
elif spec["tree"]:
    # The kernel lets nobody make a folder in its own: all of them are shown again, by links, with one more.
    shown = [(kind, name, os.path.realpath(f"/sys/class/{kind}/{name}"))
             for kind in os.listdir("/sys/class") for name in os.listdir(f"/sys/class/{kind}")]
    mount("-t", "tmpfs", "none", "/sys/class")
    for kind, name, target in shown:
        os.makedirs(f"/sys/class/{kind}", exist_ok=True)
        os.symlink(target, f"/sys/class/{kind}/{name}")
    os.mkdir(here)
    mount("--bind", spec["tree"], here)
if spec["folder_is"] == "read-only":
    mount("-t", "tmpfs", "-o", "ro", "none", spec["folder"])
elif spec["folder_is"] == "small":
    mount("-t", "tmpfs", "-o", "size=1m" if spec["full"] else "size=8m", "none", spec["folder"])
    if spec["full"]:
        try:
            with open(os.path.join(spec["folder"], "filler"), "wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        except OSError:
            pass
os.execvp(command[0], command)
"""

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift(void) {
    static int over;
    if (!over) {
        const char *path = getenv("CLOCK_TRIGGER");
        over = path && !access(path, F_OK);
    }
    return over ? 3600 : 0;
}
int clock_gettime(clockid_t id, struct timespec *now) {
    int code = (int)syscall(SYS_clock_gettime, id, now);
    if (!code && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) now->tv_sec -= shift();
    return code;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec fine;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &fine)) return -1;
    now->tv_sec = fine.tv_sec;
    now->tv_usec = fine.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *out) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now)) return (time_t)-1;
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
"""


# --- the scripted machine -----------------------------------------------------------------------------------------


class Counters:
    """A package and its memory in a powercap tree, whose joules move on by the watts that are set."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.watts = IDLE_W
        self.reads_s: list[float] = []
        zone = tree / "intel-rapl" / "intel-rapl:0"
        memory = zone / "intel-rapl:0:0"
        memory.mkdir(parents=True)
        for place, name in ((zone, "package-0"), (memory, "dram")):
            (place / "name").write_text(f"{name}\n")
            (place / "max_energy_range_uj").write_text("262143328850\n")
            (place / "enabled").write_text("1\n")
        (tree / "intel-rapl" / "enabled").write_text("1\n")
        (tree / "intel-rapl" / "subsystem").symlink_to("..")
        (tree / "intel-rapl:0").symlink_to("intel-rapl/intel-rapl:0")
        (tree / "intel-rapl:0:0").symlink_to("intel-rapl/intel-rapl:0/intel-rapl:0:0")
        self._files = [os.open(each / "energy_uj", os.O_WRONLY | os.O_CREAT, 0o644) for each in (zone, memory)]
        self.paths = [f"/sys/class/powercap/{each}/energy_uj" for each in ("intel-rapl:0", "intel-rapl:0:0")]
        self._joules = [1000.0, 1000.0]
        self._last_s = time.monotonic()
        self._move()
        self._over = threading.Event()
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._inotify = self._libc.inotify_init1(os.O_CLOEXEC)
        self._libc.inotify_add_watch(self._inotify, os.fsencode(zone / "energy_uj"), 1)  # IN_ACCESS
        threading.Thread(target=self._drive, daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()

    def _move(self) -> None:
        now_s = time.monotonic()
        for place, watts in enumerate((self.watts, MEMORY_W)):
            self._joules[place] += watts * (now_s - self._last_s)
            os.pwrite(self._files[place], b"%020d\n" % int(self._joules[place] * 1e6), 0)
        self._last_s = now_s

    def _drive(self) -> None:
        while not self._over.wait(MOVE_S):
            self._move()

    def _watch(self) -> None:
        """Note when somebody reads the package's counter."""
        while not self._over.is_set():
            os.read(self._inotify, 1 << 16)
            self.reads_s.append(time.monotonic())

    def close(self) -> None:
        self._over.set()


# --- running a job ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where things are while this runs, and how much of it there is."""

    folder: Path
    pythons: Mapping[str, str]
    counters: Counters | None
    repeats: int
    job_repeats: int
    job_s: float
    window_s: float

    @property
    def tools(self) -> list[Tool]:
        return [each for each in TOOLS if each.name in self.pythons]

    def turns(self, repeats: int) -> Iterator[Tool]:
        """Every tool as often as asked, in turns, each time beginning with another."""
        tools = self.tools
        for number in range(repeats):
            yield from (tools[(number + place) % len(tools)] for place in range(len(tools)))


@dataclass(frozen=True)
class Done:
    """A job that has ended: what it said, by kind, and how."""

    said: Mapping[str, Mapping[str, Any]]
    code: int | None
    out: str
    err: str
    folder: Path
    reads_s: tuple[float, ...] = ()

    @property
    def results(self) -> list[dict[str, Any]]:
        return list(self.said.get("ended", {}).get("results", []))

    @property
    def trouble(self) -> str:
        """The last exception on its standard error."""
        lines = [each for each in self.err.splitlines() if re.match(r"\w[\w.]*(Error|Exception|Exit)\b", each)]
        return lines[-1] if lines else ""


class Job:
    """A process that runs one job under one tool."""

    def __init__(
        self,
        place: Place,
        tool: Tool,
        work: str = "idle",
        seconds: float | None = None,
        *,
        trackers: int = 1,
        counters: bool = True,
        truth: bool = True,
        halfway: str = "",
        folder_is: str = "",
        full: bool = False,
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.place, self.tool = place, tool
        self.folder = folder or Path(tempfile.mkdtemp(prefix=f"{tool.name}-", dir=place.folder))
        self.logs = Path(tempfile.mkdtemp(prefix="logs-", dir=place.folder))
        self.seconds = place.job_s if seconds is None else seconds
        scripted = place.counters if counters else None
        spec = {
            "imports": tool.imports, "code": tool.code, "folder": str(self.folder), "work": work,
            "seconds": self.seconds, "trackers": trackers, "halfway": halfway, "trigger": str(self.logs / "trigger"),
            "counters": scripted.paths if scripted and truth else [],
        }  # fmt: skip
        own = {"CLOCK_TRIGGER": str(self.logs / "trigger"), MARK: str(self.logs)}
        environ = {**clean(tool, place), **own, **(environ or {})}
        self.counters = scripted
        if place.counters:
            cores = {"core": 1, "children": 2}.get(work, 0)
            place.counters.watts = IDLE_W + CORE_W * cores
            place.counters.reads_s.clear()
        command = [place.pythons[tool.name], "-c", JOB, json.dumps(spec)]
        if os.geteuid() == 0:
            entering = {"tree": str(scripted.tree) if scripted else "", "folder": str(self.folder),
                        "folder_is": folder_is, "full": full}  # fmt: skip
            command = ["unshare", "-m", "-n", sys.executable, "-S", "-c", ENTER, json.dumps(entering), *command]
        with (self.logs / "out").open("wb") as out, (self.logs / "err").open("wb") as err:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=place.folder,
                start_new_session=True,
                env=environ,
            )

    def said(self) -> dict[str, dict[str, Any]]:
        found = {}
        for line in (self.logs / "out").read_text(errors="replace").splitlines():
            if line.startswith("@{"):
                with contextlib.suppress(json.JSONDecodeError):
                    one = json.loads(line[1:])
                    found[one.pop("is")] = one
        return found

    def until(self, kind: str) -> dict[str, Any] | None:
        """Wait for the job to say something; nothing if it ended or hangs."""
        limit_s = time.monotonic() + LONGEST_S
        while time.monotonic() < limit_s:
            if kind in (said := self.said()):
                return said[kind]
            if self.process.poll() is not None:
                return self.said().get(kind)
            time.sleep(0.02)
        return None

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self) -> Done:
        code: int | None = None
        try:
            code = self.process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            self.kill()
        out, err = ((self.logs / each).read_text(errors="replace") for each in ("out", "err"))
        reads = tuple(self.counters.reads_s) if self.counters else ()
        return Done(self.said(), code, out, err, self.folder, reads)


MARK = "METER_PEERS_JOB"


def clean(tool: Tool, place: Place) -> dict[str, str]:
    """The environment of a job: nothing of ours, no settings of a user, and no way out where there is a network."""
    environ = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR")}
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    # what the counters show is the job's alone, wherever this runs
    source = {"PYTHONPATH": str(SOURCE), "THIRDWATT_SHARE": "1"} if tool is THIRDWATT else {}
    return {**environ, "HOME": str(place.folder), **({} if os.geteuid() == 0 else nowhere), **source}


def kept(place: Place, tool: Tool, folder: Path) -> dict[str, Any] | None:
    """What a tool's files say after all; nothing if they cannot be read."""
    done = subprocess.run(
        [place.pythons[tool.name], "-c", READ, tool.code, str(folder)],
        env=clean(tool, place), capture_output=True, text=True, cwd=place.folder, check=False,
    )  # fmt: skip
    lines = [each for each in done.stdout.splitlines() if each.startswith("@{")]
    found: dict[str, Any] | None = json.loads(lines[-1][1:]) if done.returncode == 0 and lines else None
    return found


# --- figures ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line of the table: what each tool did, the bar, and whether ours is met (nothing where there is no bar)."""

    case: str
    figures: Mapping[str, str]
    bar: str = ""
    met: bool | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


Values = dict[str, list[float]]


def middle(values: Sequence[float], form: str = "") -> str:
    """A median with the least and the most; three digits of each if no form is given, and never an exponent."""
    fine = [each for each in values if math.isfinite(each)]
    if not fine:
        return "none"
    three = (min(fine), statistics.median(fine), max(fine))
    low, mid, high = (form.format(each) if form else digits(each) for each in three)
    return mid if low == high else f"{mid} [{low} to {high}]"


def digits(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def row(case: str, values: Values, unit: str, bar: str, most: float, form: str = "") -> Row:
    """A line whose bar is the median's."""
    ours = values.get(THIRDWATT.name, [])
    figures = {name: f"{middle(each, form)} {unit}".strip() for name, each in values.items()}
    return Row(case, figures, bar, bool(ours) and statistics.median(ours) <= most, values)


def skipped(case: str, why: str) -> list[Row]:
    return [Row(case, {"thirdwatt": f"skipped: {why}"})]


def imports(place: Place) -> list[Row]:
    process_cpu_s([place.pythons[THIRDWATT.name], "-c", THIRDWATT.imports], clean(THIRDWATT, place))  # compiled once
    inside: Values = {each.name: [] for each in place.tools}
    whole: Values = {each.name: [] for each in place.tools}
    for tool in place.turns(place.repeats):
        python = place.pythons[tool.name]
        code = f"import time; t = time.process_time(); {tool.imports}; print('@', time.process_time() - t)"
        spent, said = process_cpu_s([python, "-c", code], clean(tool, place))
        inside[tool.name].append(float(said.split("@")[1]))
        whole[tool.name].append(spent - process_cpu_s([python, "-c", "pass"], clean(tool, place))[0])
    return [
        row("import, CPU around it", inside, "s", "≤ 0.010 s", 0.010, "{:.3f}"),
        row("import, CPU of the process less an empty one", whole, "s", "≤ 0.010 s", 0.010, "{:.3f}"),
    ]


def process_cpu_s(command: Sequence[str], environ: Mapping[str, str]) -> tuple[float, str]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=dict(environ), check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def start(place: Place) -> list[Row]:
    """The call that begins, and when the package's counter is first read after it was made."""
    begun: Values = {each.name: [] for each in place.tools}
    bare: Values = {each.name: [] for each in place.tools}
    first: Values = {each.name: [] for each in place.tools}
    for tool in place.turns(place.repeats):
        said = Job(place, tool, seconds=0.2, counters=False).wait().said
        if "begun" in said:
            bare[tool.name].append(said["begun"]["took"][0] * MS)
        if not place.counters:
            continue
        done = Job(place, tool, seconds=0.6, truth=False).wait()
        if "begun" in done.said:
            one = done.said["begun"]
            begun[tool.name].append(one["took"][0] * MS)
            reads = [each for each in done.reads_s if each >= one["asked"]]
            first[tool.name].append((reads[0] - one["asked"]) * MS if reads else math.inf)
    case = "measuring has begun: the call returns"
    rows = [row(f"{case}, no sensor", bare, "ms", "≤ 10 ms", 10)]
    if not place.counters:
        return rows + skipped("first reading", "it needs root, for a scripted counter")
    rows.append(row(f"{case}, with counters", begun, "ms", "≤ 10 ms", 10))
    last = row("first reading of a counter after the call was made", first, "ms", "≤ 500 ms", 500)
    figures = {name: "reads no counter" if text.startswith("none") else text for name, text in last.figures.items()}
    return [*rows, Row(last.case, figures, last.bar, last.met, last.raw)]


def cpu_per_hour(place: Place) -> list[Row]:
    """All tools at once, each beside a process that sleeps: the same windows for all of them."""
    windows = place.repeats
    jobs = [Job(place, tool, seconds=windows * place.window_s + 12, truth=False) for tool in place.tools]
    rates: Values = {}
    for job in jobs:
        job.until("begun")
    time.sleep(3.0)
    once = {job.tool.name: tree_cpu_s(job.process.pid) for job in jobs}
    before, began = dict(once), time.monotonic()
    for number in range(windows):
        time.sleep(max(0.0, began + (number + 1) * place.window_s - time.monotonic()))
        for job in jobs:
            now = tree_cpu_s(job.process.pid)
            rates.setdefault(job.tool.name, []).append((now - before[job.tool.name]) / place.window_s * 3600)
            before[job.tool.name] = now
    done = {job.tool.name: job.wait() for job in jobs}
    figures = {}
    for name, values in rates.items():
        own = [each.get("own_cpu_s") for each in done[name].results]
        said = f"; says {own[0]:.3f} s of its own in this run" if own and own[0] is not None else "; does not say"
        figures[name] = f"{middle(values)} s/h{said}"
    met = statistics.median(rates[THIRDWATT.name]) <= 2.0
    about = f"CPU an hour at 1 s beside a sleeping process, {windows} windows of {place.window_s:g} s, all at once"
    return [Row(about, figures, "≤ 2 s/h, its own share told", met, {"s/h": rates, "once_s": once})]


def tree(pid: int) -> list[int]:
    """A process and all that it started: its descendants, and what left them but has their environment still."""
    parents: dict[int, int] = {}
    marked: list[int] = []
    mark = _mark(pid)
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(each.name)] = int((each / "stat").read_text().rpartition(")")[2].split()[1])
                if mark and _mark(int(each.name)) == mark:
                    marked.append(int(each.name))
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return list(dict.fromkeys([*found, *marked]))


def _mark(pid: int) -> bytes:
    """What tells the processes of a job from those of others."""
    with contextlib.suppress(OSError):
        for each in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            if each.startswith(MARK.encode()):
                return each
    return b""


def tree_cpu_s(pid: int) -> float:
    """CPU of a process and all that descend from it: of those alive to the nanosecond, of ended ones in ticks."""
    total = 0.0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            total += time.clock_gettime(~one << 3 | 2)  # the clock of its CPU, as the kernel numbers them
            words = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += (int(words[13]) + int(words[14])) / os.sysconf("SC_CLK_TCK")
    return total


def kills(place: Place) -> list[Row]:
    lost: Values = {each.name: [] for each in place.tools}
    lived: Values = {each.name: [] for each in place.tools}
    readable = dict.fromkeys((each.name for each in place.tools), 0)
    generator = random.Random(7)
    for tool in place.turns(place.repeats):
        job = Job(place, tool, seconds=60.0, truth=False)
        begun = job.until("begun")
        if begun is None:
            job.kill()
            continue
        time.sleep(generator.uniform(0.5, 4.5))
        killed_s = time.monotonic()
        for each in tree(job.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        job.kill()
        found = kept(place, tool, job.folder)
        got = found is not None and found["joules"] is not None
        readable[tool.name] += got
        seconds = (found or {}).get("last_s", (found or {}).get("seconds")) or 0.0
        asked = begun["asked"] if tool is THIRDWATT else begun["at"]
        lived[tool.name].append(killed_s - asked)
        lost[tool.name].append(max(0.0, killed_s - asked - seconds) if got else killed_s - asked)
    figures = {}
    for name, values in lost.items():
        share = f"{readable[name]} of {len(values)} readable"
        everything = all(a == b for a, b in zip(values, lived[name], strict=True))
        figures[name] = f"{'everything: ' if everything else ''}{middle(values, '{:.2f}')} s; {share}"
    ours = lost[THIRDWATT.name]
    met = max(ours) <= 1.1 and readable[THIRDWATT.name] == len(ours)
    return [Row("lost at SIGKILL of all its processes after 0.5 to 4.5 s", figures, "≤ 1.1 s, always readable", met,
                {"lost_s": lost, "lived_s": lived})]  # fmt: skip


@dataclass(frozen=True)
class Sum:
    """What several trackers report in all over what one of them does: as the tool adds up, and by hand."""

    documented: float
    by_hand: float
    lost: int
    """Trackers that gave no result."""


def twice(place: Place) -> list[Row]:
    """Two trackers in a process, and four ranks of a job, over what one of them reports."""
    two: dict[str, list[Sum]] = {each.name: [] for each in place.tools}
    four: dict[str, list[Sum]] = {each.name: [] for each in place.tools}
    for tool in place.turns(place.job_repeats):
        two[tool.name].append(several(place, tool, [Job(place, tool, trackers=2)], 2))
        folder = Path(tempfile.mkdtemp(prefix=f"{tool.name}-", dir=place.folder))
        ranks = [
            Job(place, tool, folder=folder, environ={
                "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4",
                "MASTER_ADDR": "localhost", "MASTER_PORT": "29500", "TORCHELASTIC_RUN_ID": "none",
                "TORCHELASTIC_RESTART_COUNT": "0"})
            for rank in range(4)
        ]  # fmt: skip
        four[tool.name].append(several(place, tool, ranks, 4))
    rows = []
    for case, sums in (("two trackers in one process", two), ("four ranks of one job", four)):
        figures = {}
        for name, found in sums.items():
            text = middle([each.documented for each in found], "{:.2f}")
            lost = sum(each.lost for each in found)
            figures[name] = f"{text} ×{f', and {lost} results lost' if lost else ''}"
        ours = sums[THIRDWATT.name]
        if sums is two:
            by_hand = middle([each.by_hand for each in ours], "{:.2f}")
            figures[THIRDWATT.name] += f" (`runs merge --as`; its two runs added by hand: {by_hand} ×)"
        met = all(abs(each.documented - 1) <= 0.05 and not each.lost for each in ours)
        raw = {name: [asdict(each) for each in found] for name, found in sums.items()}
        rows.append(Row(f"{case}: what is reported in all, over that of one", figures, "1.00 ×", met, raw))
    return rows


def several(place: Place, tool: Tool, jobs: Sequence[Job], trackers: int) -> Sum:
    done = [each.wait() for each in jobs]
    joules = [each["joules"] for one in done for each in one.results if each["joules"] is not None]
    if not joules:
        return Sum(math.nan, math.nan, trackers)
    one = statistics.median(joules)
    found = kept(place, tool, done[0].folder)
    total = found["joules"] if found and found["joules"] is not None else sum(joules)
    return Sum(total / one, sum(joules) / one, trackers - len(joules))


def clock_step(place: Place) -> list[Row]:
    library = place.folder / "clock.so"
    (place.folder / "clock.c").write_text(SHIM)
    if not shutil.which("gcc"):
        return skipped("wall clock set back 1 h", "no compiler")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, place.folder / "clock.c"], check=True)
    times: Values = {each.name: [] for each in place.tools}
    ratios: Values = {each.name: [] for each in place.tools}
    for tool in place.turns(place.job_repeats):
        done = Job(place, tool, halfway="clock", environ={"LD_PRELOAD": str(library)}).wait()
        if not done.results:
            times[tool.name].append(math.nan)
            continue
        result, truth = done.results[0], done.said["worked"]
        if result["seconds"] is not None:
            times[tool.name].append(result["seconds"] - truth["seconds"])
        if result["joules"] is not None and truth["truth_j"]:
            ratios[tool.name].append(result["joules"] / truth["truth_j"])
    figures = {name: f"{middle(times[name], '{:+.2f}')} s" for name in times}
    figures |= {name: f"{figures[name]}; {middle(each, '{:.2f}')} ×" for name, each in ratios.items() if each}
    met = all(abs(each) < 0.3 for each in times[THIRDWATT.name]) and all(
        abs(each - 1) < 0.05 for each in ratios[THIRDWATT.name]
    )
    return [Row("wall clock set back 1 h: reported less true duration, energy over truth", figures, "exact", met,
                {"seconds": times, "energy": ratios})]  # fmt: skip


def trouble(place: Place) -> list[Row]:
    cases = (
        ("folder that cannot be written", "read-only", ""),
        ("disk that is full from the start", "small", ""),
        ("disk that fills up half-way", "small", "fill"),
    )
    if os.geteuid():
        return [each for case, _, _ in cases for each in skipped(case, "it needs root, to mount a small file system")]
    rows = []
    for case, folder_is, halfway in cases:
        said: dict[str, list[str]] = {each.name: [] for each in place.tools}
        for tool in place.turns(place.job_repeats):
            full = folder_is == "small" and not halfway
            job = Job(place, tool, halfway=halfway, folder_is=folder_is, full=full)
            said[tool.name].append(fate(tool, job.wait()))
        figures = {name: "; ".join(sorted(set(each))) for name, each in said.items()}
        met = all(each.startswith("ran on, result printed") for each in said[THIRDWATT.name])
        rows.append(Row(case, figures, "training unaffected, summary printed", met, said))
    return rows


def fate(tool: Tool, done: Done) -> str:
    """How a job fared, and whether anything tells what it drew."""
    if done.code is None:
        return "hangs"
    why = done.trouble.partition(":")[0] or f"exit code {done.code}"
    if "worked" not in done.said:
        return f"training does not start: {why}"
    if "ended" not in done.said:
        return f"dies at its end: {why}"
    later = f", exit code {done.code}" if done.code else ""
    returned = any(each["joules"] is not None for each in done.results)
    printed = bool(tool.says) and bool(re.search(tool.says, done.out + done.err))
    errors = f", {why} on its console" if done.trouble else ""
    if not returned and not printed:
        return f"ran on, energy lost{errors}{later}"
    how = "printed and returned" if printed and returned else "printed" if printed else "returned only"
    return f"ran on, result {how}{errors}{later}"


WORKS = (("idle", "a process that sleeps"), ("core", "one busy core"), ("children", "two busy children"))


def jobs_with_counter(place: Place) -> list[Row]:
    if not place.counters:
        return skipped("scripted counter", "it needs root, to show a tree of counters to all tools")
    return [one_job(place, work, about, counters=True) for work, about in WORKS]


def jobs_without(place: Place) -> list[Row]:
    return [one_job(place, work, about, counters=False) for work, about in WORKS]


def one_job(place: Place, work: str, about: str, counters: bool) -> Row:
    found: dict[str, list[tuple[dict[str, Any], Mapping[str, Any]]]] = {each.name: [] for each in place.tools}
    for tool in place.turns(place.job_repeats):
        done = Job(place, tool, work, counters=counters).wait()
        if done.results:
            found[tool.name].append((done.results[0], done.said["worked"]))
    shown = over_truth if counters else in_watts
    figures = {tool.name: shown(found[tool.name], tool.label) for tool in place.tools}
    ours = found[THIRDWATT.name]
    raw = {name: [{**result, **truth} for result, truth in each] for name, each in found.items()}
    if counters:
        met = bool(ours) and all(result["low"] <= truth["truth_j"] <= result["high"] for result, truth in ours)
        watts = IDLE_W + MEMORY_W + CORE_W * {"core": 1, "children": 2}.get(work, 0)
        return Row(f"{about}, counters at {watts:g} W", figures, "range holds the counters' truth", met, raw)
    met = bool(ours) and all(result["label"] == "modelled" for result, _ in ours)
    return Row(f"{about}, no sensor", figures, "labelled as a model, with its range", met, raw)


def over_truth(found: Sequence[tuple[dict[str, Any], Mapping[str, Any]]], label: str) -> str:
    """Joules over the truth, with what is said of them."""
    shown = [(result, truth["truth_j"]) for result, truth in found if result["joules"] is not None]
    if not shown:
        return "no energy"
    joules = middle([result["joules"] for result, _ in shown], "{:.0f}")
    ratio = middle([result["joules"] / truth for result, truth in shown], "{:.3f}")
    text = f"{joules} J, {ratio} ×, {label or shown[0][0]['label']}"
    if "low" in shown[0][0]:
        holds = sum(result["low"] <= truth <= result["high"] for result, truth in shown)
        return f"{text}, range holds it {holds} of {len(shown)}"
    return f"{text}, no range"


def in_watts(found: Sequence[tuple[dict[str, Any], Mapping[str, Any]]], label: str) -> str:
    shown = [(result, truth["seconds"]) for result, truth in found if result["joules"] is not None]
    if not shown:
        return "no energy, and says so" if found else "failed"
    text = f"{middle([result['joules'] / seconds for result, seconds in shown])} W"
    if "low" not in shown[0][0]:
        return f"{text}, {label}, no range"
    low, high = (statistics.median(result[key] / seconds for result, seconds in shown) for key in ("low", "high"))
    return f"{low:.3g} to {high:.3g} W, {shown[0][0]['label']}"


CASES: tuple[tuple[str, Callable[[Place], list[Row]]], ...] = (
    ("import", imports),
    ("start", start),
    ("cpu", cpu_per_hour),
    ("kill", kills),
    ("twice", twice),
    ("clock", clock_step),
    ("trouble", trouble),
    ("counter", jobs_with_counter),
    ("estimate", jobs_without),
)


# --- environments -------------------------------------------------------------------------------------------------


def install(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Pythons of the tools by name, and why the others are not there."""
    pythons, missing = {THIRDWATT.name: sys.executable}, {}
    for tool in TOOLS:
        if tool is THIRDWATT:
            continue
        python = folder / tool.name / "bin" / "python"
        try:
            if not python.exists():
                subprocess.run([sys.executable, "-m", "venv", folder / tool.name], check=True, capture_output=True)
            pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *tool.packages]
            done = subprocess.run(pip, check=False, capture_output=True, text=True, timeout=600)
            if done.returncode:
                raise RuntimeError(next(iter(reversed(done.stderr.strip().splitlines())), "pip failed"))
            subprocess.run([python, "-c", tool.imports], check=True, capture_output=True, timeout=120)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            missing[tool.name] = f"{type(error).__name__}: {error}"[:300]
            continue
        pythons[tool.name] = str(python)
    return pythons, missing


# --- the table ----------------------------------------------------------------------------------------------------


def verdict(each: Row) -> str:
    return "–" if each.met is None else "yes" if each.met else "MISS"


def table(rows: Sequence[Row], tools: Sequence[Tool]) -> str:
    names = [each.name for each in tools]
    lines = [
        f"| case | {' | '.join(names)} | bar | met |",
        f"|---{'|---' * len(names)}|---|---|",
    ]
    for each in rows:
        cells = [each.figures.get(name, "–") for name in names]
        lines.append(f"| {each.case} | {' | '.join(cells)} | {each.bar or '–'} | {verdict(each)} |")
    return "\n".join(lines)


def versions(pythons: Mapping[str, str]) -> str:
    code = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
    found = []
    for name, python in pythons.items():
        if name == THIRDWATT.name:
            continue
        done = subprocess.run([python, "-c", code, name], check=False, capture_output=True, text=True)
        found.append(f"{name} {done.stdout.strip()}")
    return ", ".join(found)


def about(place: Place, seconds: float, missing: Mapping[str, str]) -> str:
    memory_gb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    absent = "".join(f" {name} did not install." for name in missing)
    return (
        f"{time.strftime('%Y-%m-%d')}, Python {sys.version.split()[0]}, {os.cpu_count()} cores, {memory_gb:.0f} GiB, "
        f"{'a' if Path('/dev/nvidiactl').exists() else 'no'} GPU; {versions(place.pythons)}; timings and kills "
        f"{place.repeats} times, whole jobs of {place.job_s:g} s {place.job_repeats} times, in turns; "
        f"medians [least to most]; {seconds / 60:.0f} min in all.{absent}"
    )


def write(text: str) -> None:
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, metavar="DIR", help="where the tools' environments are, or are made")
    parser.add_argument("--quick", action="store_true", help="one of each, and short windows")
    parser.add_argument("--repeats", type=int, default=7, metavar="N", help="of timings and kills")
    parser.add_argument("--job-repeats", type=int, default=3, metavar="N", help="of whole jobs")
    parser.add_argument("--only", default="", metavar="CASES", help=f"of {', '.join(name for name, _ in CASES)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--markdown", action="store_true", help=f"write the table into {PAGE.name}")
    given = parser.parse_args()
    wanted = set(given.only.split(",")) if given.only else {name for name, _ in CASES}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="meter-peers-") as scratch:
        peers = given.peers.resolve() if given.peers else Path(scratch) / "peers"
        peers.mkdir(parents=True, exist_ok=True)
        pythons, missing = install(peers)
        for name, why in missing.items():
            print(f"{name} is left out: {why}", flush=True)
        counters = Counters(Path(scratch) / "powercap") if os.geteuid() == 0 else None
        repeats, job_repeats = (1, 1) if given.quick else (given.repeats, given.job_repeats)
        place = Place(Path(scratch), pythons, counters, repeats, job_repeats, 3.0, 3.0 if given.quick else 10.0)
        rows: list[Row] = []
        for name, case in CASES:
            if name in wanted:
                since = time.monotonic()
                for each in case(place):
                    rows.append(each)
                    print(f"{verdict(each):4} {each.case}   bar {each.bar or '–'}", flush=True)
                    for tool, figure in each.figures.items():
                        print(f"         {tool:14} {figure}", flush=True)
                print(f"     ({name}: {time.monotonic() - since:.0f} s)", flush=True)
        if counters:
            counters.close()
        said = about(place, time.monotonic() - began, missing)
    print(said)
    if given.json:
        given.json.write_text(json.dumps({"about": said, "rows": [asdict(each) for each in rows]}, indent=1))
    if given.markdown:
        write(f"{said}\n\n{table(rows, place.tools)}")


if __name__ == "__main__":
    main()
