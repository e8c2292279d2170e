"""Bars of the meter, in one run on one machine: ``python benchmarks/meter.py [--long]``.

Times of processes are CPU (user and system), the smallest of several runs, since machines are shared. The effect on a
step is an interleaved A/B: a step with marks beside one without, in random order; the bound is of the median of the
pairs, by ranks, since a shared machine has heavy tails. The sampler runs beside both.
"""

from __future__ import annotations

import math
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 9
LONG = "--long" in sys.argv
SAMPLED_S = 240.0 if LONG else 60.0
PAIRS = 4000 if LONG else 1000
KILLS = 50 if LONG else 10

TRAINER = """
import sys, time, thirdwatt
run = thirdwatt.measure("train", dir=sys.argv[1], report="")
print(run.id, flush=True)
while True:
    run.step(tokens=1)
    print(time.monotonic_ns(), flush=True)
    time.sleep(0.002)
"""


def say(what: str, figure: str, bar: str, met: bool) -> None:
    print(f"{'ok  ' if met else 'MISS'} {what:58} {figure:>32}   bar {bar}", flush=True)


def process_cpu_s(code: str) -> float:
    """Least CPU time of a Python process that runs some code."""
    best = math.inf
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def cpu_of_import() -> None:
    code = """
import time
before = time.process_time()
import thirdwatt
thirdwatt.measure
print(time.process_time() - before)
"""
    times = [float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
             for _ in range(RUNS)]  # fmt: skip
    ms = statistics.median(times) * 1e3
    say(
        "import of thirdwatt.measure, CPU, median of 9",
        f"{ms:.1f} ms (max {max(times) * 1e3:.1f})",
        "<= 10 ms",
        ms <= 10,
    )
    whole = (process_cpu_s("import thirdwatt; thirdwatt.measure") - process_cpu_s("pass")) * 1e3
    say("the same as a difference of whole processes, least of 9", f"{whole:.1f} ms", "<= 10 ms", whole <= 10)


def attach(folder: str) -> None:
    code = f"""
import time, thirdwatt
thirdwatt.measure
times = []
for _ in range(5):
    start = time.perf_counter()
    run = thirdwatt.measure("a", dir={folder!r}, report="")
    times.append(time.perf_counter() - start)
    run.close()
print(*times)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    times = [float(each) * 1e3 for each in done.stdout.split()]
    middle = statistics.median(times)
    say("measure() returns, median of 5", f"{middle:.1f} ms (max {max(times):.1f})", "<= 10 ms", middle <= 10)
    from thirdwatt.meter.analysis import store

    first = []
    for record in (store.opened(each, folder) for each in store.ids(folder)):
        begin_ns = record.participants[0].begin_ns
        times = [each[1] for part in record.nodes for each in part.samples if each[1] > begin_ns]
        first.append((min(times) - begin_ns) * 1e-6)
    middle = statistics.median(first)
    say(
        "first sample after it was asked for, median",
        f"{middle:.0f} ms (max {max(first):.0f})",
        "<= 500 ms",
        middle <= 500,
    )


def marks(folder: str) -> None:
    import thirdwatt

    with thirdwatt.measure("marks", folder, report="") as run:

        def phases(count: int) -> None:
            for _ in range(count):
                with run.phase("data"):
                    pass

        def steps(count: int) -> None:
            for _ in range(count):
                run.step(tokens=8192)

        def clock(count: int) -> None:
            for _ in range(count):
                time.perf_counter_ns()

        def empty(count: int) -> None:
            for _ in range(count):
                with nothing:
                    pass

        nothing = Nothing()
        marking = (("with run.phase(name)", phases), ("run.step(tokens)", steps))
        for what, work in (*marking, ("one clock reading", clock), ("with an object that does nothing", empty)):
            times = []
            for _ in range(RUNS):
                start = time.perf_counter_ns()
                work(20_000)
                times.append((time.perf_counter_ns() - start) / 20_000)
            middle = statistics.median(times)
            say(f"{what}, median of 9", f"{middle:.0f} ns (max {max(times):.0f})", "<= 1 us", middle <= 1000)


class Nothing:
    """What a ``with`` costs by itself on this machine."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def cpu_per_hour(folder: str) -> None:
    """What the sampler uses, with four RAPL counters, the account of the node and the processes of the job."""
    import thirdwatt

    root = Path(folder) / "root"
    zones = (("0", "package-0"), ("0:0", "dram"), ("1", "package-1"), ("1:0", "dram"))
    for number, (zone, name) in enumerate(zones):
        place = root / f"sys/class/powercap/intel-rapl:{zone}"
        place.mkdir(parents=True)
        (place / "name").write_text(name)
        (place / "energy_uj").write_text(str(10**6 * (number + 1)))
        (place / "max_energy_range_uj").write_text("262143328850")
    (root / "proc").mkdir()
    for name in ("stat", "meminfo", "cpuinfo"):
        (root / "proc" / name).symlink_to(f"/proc/{name}")
    with thirdwatt.measure("idle", folder, root=str(root), report="") as run:
        time.sleep(1.0)
        first = used_s(run.sampling.pid)
        time.sleep(SAMPLED_S)
        used = used_s(run.sampling.pid) - first
    rate = used / SAMPLED_S * 3600
    said = f"{rate:.2f} s/h, and {first * 1e3:.0f} ms once"
    say(f"CPU of the sampler at 1 s, over {SAMPLED_S:.0f} s", said, "<= 2 s/h", rate + first <= 2)


def used_s(pid: int) -> float:
    """CPU of a process from its scheduler's account, which is finer than ticks."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) * 1e-9


def effect_on_steps(folder: str) -> None:
    """Steps of 10 ms of arithmetic, each beside one that is measured, in random order."""
    import thirdwatt

    def step() -> float:
        total = 0.0
        for number in range(rounds):
            total += number * 0.5
        return total

    rounds = 100_000
    for _ in range(4):
        start = time.perf_counter()
        step()
        rounds = max(1, int(rounds * 0.010 / (time.perf_counter() - start)))

    def plain() -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.thread_time()
        step()
        return time.perf_counter() - wall, time.thread_time() - cpu

    def measured() -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.thread_time()
        with run.phase("data"):
            pass
        with run.phase("forward"):
            pass
        with run.phase("backward"):
            step()
        with run.phase("optimizer"):
            pass
        run.step(tokens=8192)
        return time.perf_counter() - wall, time.thread_time() - cpu

    pairs = []
    generator = random.Random(0)
    with thirdwatt.measure("steps", folder, report="") as run:
        for _ in range(PAIRS):
            if generator.random() < 0.5:
                one, other = plain(), measured()
            else:
                other, one = measured(), plain()
            pairs.append((other[0] / one[0] - 1, other[1] / one[1] - 1))
    for place, what in enumerate(("wall", "CPU")):
        ratios = sorted(pair[place] for pair in pairs)
        middle = statistics.median(ratios)
        bound = ratios[min(len(ratios) - 1, math.ceil(len(ratios) / 2 + 1.96 * math.sqrt(len(ratios)) / 2))]
        said = f"{middle:+.2%}, upper 95 % bound {bound:+.2%}"
        say(f"effect of 5 marks on a 10 ms step, {what}, {PAIRS} pairs", said, "<= 0.5 %", bound <= 0.005)


def kills(folder: str) -> None:
    from thirdwatt.meter.analysis import store, summary

    generator = random.Random(1)
    lost_s, lost_marks, unreadable = [], 0, 0
    for _ in range(KILLS):
        process = subprocess.Popen([sys.executable, "-c", TRAINER, folder], stdout=subprocess.PIPE, text=True,
                                   start_new_session=True)  # fmt: skip
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        time.sleep(generator.uniform(0.1, 3.0))
        killed_ns = time.monotonic_ns()
        os.killpg(process.pid, signal.SIGKILL)
        steps = len(process.stdout.read().splitlines())
        process.wait()
        time.sleep(0.2)
        record = store.opened(name, folder)
        found = summary.summarised(record)
        unreadable += found["state"] != "killed" or found["bad_lines"] > 0
        lost_marks += max(0, steps - found["steps"])
        times = [each[1] for part in record.nodes for each in part.samples if each[1] <= killed_ns]
        lost_s.append((killed_ns - max(times)) * 1e-9 if times else math.inf)
    said = f"{statistics.median(lost_s):.2f} s (max {max(lost_s):.2f})"
    say(f"last sample before {KILLS} kills of the group, median", said, "<= 1.1 s", max(lost_s) <= 1.1)
    say(
        "marks lost, runs that cannot be read", f"{lost_marks}, {unreadable}", "0, 0", not lost_marks and not unreadable
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cpu_of_import()
        attach(f"{folder}/attach")
        marks(f"{folder}/marks")
        effect_on_steps(f"{folder}/steps")
        kills(f"{folder}/kills")
        cpu_per_hour(f"{folder}/idle")


if __name__ == "__main__":
    main()
